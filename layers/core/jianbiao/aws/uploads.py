"""Signed URLs to upload a ledger with, straight to the inbox bucket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jianbiao.aws.clients import client, translated

URL_SECONDS = 3600
"""A ledger of gigabytes takes a while; an upload that has begun may go on after the end."""
TYPE = "application/x-ndjson"

_REGIONAL = {"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"}


class S3Uploads:
    """Signs uploads to one bucket."""

    def __init__(self, bucket: str, presign_endpoint: str = "") -> None:
        self._bucket = bucket
        style = {"addressing_style": "path"} if presign_endpoint else _REGIONAL
        self._presigner = client(
            "s3", endpoint_url=presign_endpoint or None, s3=style, signature_version="s3v4"
        )

    def __call__(self, key: str, metadata: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        """The URL to PUT to, and the headers that have to be sent with it."""
        params: dict[str, Any] = {
            "Bucket": self._bucket,
            "Key": key,
            "ContentType": TYPE,
            "Metadata": dict(metadata),
        }
        with translated("uploads"):
            url = self._presigner.generate_presigned_url("put_object", Params=params, ExpiresIn=URL_SECONDS)
        headers = {"content-type": TYPE} | {f"x-amz-meta-{name}": value for name, value in metadata.items()}
        return str(url), headers
