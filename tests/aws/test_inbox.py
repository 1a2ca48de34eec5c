"""The inbox bucket: which version of a ledger, its bytes by range, and results that are written once."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from jianbiao.aws.inbox import S3Inbox
from jianbiao.domain.ledger_lines import lines_of_range
from jianbiao.domain.times import parse_rfc3339
from jianbiao.errors import Unavailable

BUCKET, REGION = "inbox", "ap-east-1"
KEY = "ledger/a.jsonl"


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        s3 = boto3.client(
            "s3", region_name=REGION, aws_access_key_id="testing", aws_secret_access_key="testing"
        )
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        yield s3


def put(s3: Any, data: bytes, **metadata: str) -> str:
    answer = s3.put_object(Bucket=BUCKET, Key=KEY, Body=data, Metadata=metadata)
    return str(answer["VersionId"])


def test_each_version_of_an_object_is_a_ledger_of_its_own(s3: Any) -> None:
    inbox = S3Inbox(s3, BUCKET)
    first, second = put(s3, b"one\n"), put(s3, b"other\n")
    found = [inbox.find(KEY, version) for version in (first, second)]
    assert [ledger.size for ledger in found if ledger] == [4, 6]
    assert len({ledger.file_id for ledger in found if ledger}) == 2
    assert inbox.find(KEY, first) == found[0]
    newest = inbox.find(KEY, None)
    assert newest == found[1]


def test_a_packed_file_is_known_by_its_first_bytes_or_its_name(s3: Any) -> None:
    inbox = S3Inbox(s3, BUCKET)
    for data, packed in ((gzip.compress(b"{}"), True), (b"{}", False), (b"", False), (b"\x1f", False)):
        found = inbox.find(KEY, put(s3, data))
        assert found
        assert found.packed is packed
    s3.put_object(Bucket=BUCKET, Key=f"{KEY}.gz", Body=b"")
    named = inbox.find(f"{KEY}.gz", None)
    assert named
    assert named.packed


@pytest.mark.parametrize(
    "said",
    [
        "2026-11-22",
        "2026-11-22T00:00:00",
        "yesterday",
        "2026-11-22T25:00:00+08:00",
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_a_ledger_that_says_no_time_is_not_taken_for_one_of_its_upload(s3: Any, said: str) -> None:
    found = S3Inbox(s3, BUCKET).find(KEY, put(s3, b"x", **{"as-of": said}))
    assert found
    assert found.undated


def test_what_is_gone_is_none(s3: Any) -> None:
    inbox = S3Inbox(s3, BUCKET)
    assert inbox.find(KEY, None) is None
    version = put(s3, b"x")
    s3.delete_object(Bucket=BUCKET, Key=KEY, VersionId=version)
    assert inbox.find(KEY, version) is None
    assert inbox.read("results/none.json") is None


def test_a_ledger_is_as_of_what_it_says_or_of_its_upload(s3: Any) -> None:
    inbox = S3Inbox(s3, BUCKET)
    said = inbox.find(KEY, put(s3, b"x", **{"as-of": "2026-11-22T00:00:00+08:00"}))
    assert said
    assert not said.undated
    assert said.as_of == parse_rfc3339("2026-11-22T00:00:00+08:00") == 1_795_276_800
    version = put(s3, b"x")
    modified = s3.head_object(Bucket=BUCKET, Key=KEY, VersionId=version)["LastModified"]
    unsaid = inbox.find(KEY, version)
    assert unsaid
    assert unsaid.as_of == int(modified.timestamp())


@pytest.mark.parametrize("cut", [1, 5, 7, 1000])
def test_ranges_read_the_bytes_they_name(s3: Any, cut: int) -> None:
    data = b"".join(b"line %d\n" % n for n in range(40))
    inbox = S3Inbox(s3, BUCKET)
    ledger = inbox.find(KEY, put(s3, data))
    assert ledger
    read = inbox.reader(ledger)
    assert b"".join(read(3, 20)) == data[3:20]
    seen = []
    for start in range(0, len(data), cut * 10):
        seen += [
            line.data for line in lines_of_range(read, start, min(start + cut * 10, len(data)), len(data))
        ]
    assert seen == data.splitlines()


def test_a_ledger_that_another_lies_over_by_now_is_not_read(s3: Any) -> None:
    inbox = S3Inbox(s3, BUCKET)
    ledger = inbox.find(KEY, put(s3, b"one\n"))
    put(s3, b"two\n")
    assert ledger
    with pytest.raises(Unavailable, match="inbox: "):
        list(inbox.reader(ledger)(0, 4))


def test_a_result_is_written_once(s3: Any) -> None:
    inbox = S3Inbox(s3, BUCKET)
    assert inbox.write_once("results/a/0.json", {"原因": 1})
    assert not inbox.write_once("results/a/0.json", {"原因": 2})
    assert inbox.read("results/a/0.json") == {"原因": 1}
