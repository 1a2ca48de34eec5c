"""Rendered certificates in S3: kept by key, handed out by URLs that live minutes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from jianbiao.aws.files import URL_SECONDS, S3Files

BUCKET, REGION = "files", "ap-east-1"
KEY = "certificates/0123/design-1.pdf"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr("jianbiao.aws.files.client", _client)
    with mock_aws():
        s3 = _client("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield s3


def _client(service: str, *, endpoint_url: str | None = None, **options: Any) -> Any:
    """As jianbiao.aws.clients makes it, with credentials of nobody."""
    session = boto3.Session("testing", "testing", region_name=REGION)
    return session.client(service, endpoint_url=endpoint_url, config=Config(**options))


def test_a_file_is_there_once_it_is_put(s3: Any) -> None:
    files = S3Files(s3, BUCKET)
    assert not files.exists(KEY)
    files.put(KEY, b"%PDF", content_type="application/pdf", file_name="检验标志 黑A12345.pdf")
    assert files.exists(KEY)
    stored = s3.get_object(Bucket=BUCKET, Key=KEY)
    assert (stored["Body"].read(), stored["ContentType"]) == (b"%PDF", "application/pdf")
    assert stored["CacheControl"] == "private, no-store"
    kind, _, name = stored["ContentDisposition"].partition("; filename*=UTF-8''")
    assert (kind, unquote(name)) == ("attachment", "检验标志 黑A12345.pdf")
    assert stored["ContentDisposition"].isascii()


def test_a_name_cannot_break_out_of_its_header(s3: Any) -> None:
    S3Files(s3, BUCKET).put(KEY, b"x", content_type="image/png", file_name='a"; filename=b.exe\r\nX: y')
    name = s3.get_object(Bucket=BUCKET, Key=KEY)["ContentDisposition"].partition("UTF-8''")[2]
    assert not set(name) & set('"; \r\n')


@pytest.mark.parametrize("endpoint", ["", "http://127.0.0.1:8080"])
def test_a_url_is_signed_for_the_host_that_clients_reach_and_for_five_minutes(s3: Any, endpoint: str) -> None:
    url = urlsplit(S3Files(s3, BUCKET, endpoint).url(KEY))
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert query["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256"
    assert int(query["X-Amz-Expires"]) == URL_SECONDS <= 300
    if endpoint:
        assert (url.netloc, url.path) == ("127.0.0.1:8080", f"/{BUCKET}/{KEY}")
    else:
        assert url.netloc.endswith(f"{REGION}.amazonaws.com")
