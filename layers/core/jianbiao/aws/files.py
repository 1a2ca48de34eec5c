"""Rendered certificates in S3, and the signed URLs that lead to them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from jianbiao.aws.clients import SDK_ERRORS, client, error_code, translated

URL_SECONDS = 300
"""A withdrawn share's file can be fetched at most this long by whoever clicked just before."""

_REGIONAL = {"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"}


class S3Files:
    """Port `Files`."""

    def __init__(self, s3: Any, bucket: str, presign_endpoint: str = "") -> None:
        self._s3, self._bucket = s3, bucket
        # A signature covers the host, so the URL is made for the one that clients reach: the region's own (by default
        # botocore signs for the global one in most regions, which redirects, and a redirected signature is void), or
        # the one given.
        style = {"addressing_style": "path"} if presign_endpoint else _REGIONAL
        self._presigner = client(
            "s3", endpoint_url=presign_endpoint or None, s3=style, signature_version="s3v4"
        )

    def exists(self, key: str) -> bool:
        try:
            self._s3.head_object(Bucket=self._bucket, Key=key)
        except SDK_ERRORS as error:
            if error_code(error) in {"404", "NoSuchKey", "NotFound"}:
                return False
            with translated("files"):
                raise
        return True

    def put(self, key: str, body: bytes, *, content_type: str, file_name: str) -> None:
        with translated("files"):
            self._s3.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=body,
                ContentType=content_type,
                ContentDisposition=f"attachment; filename*=UTF-8''{quote(file_name)}",
                CacheControl="private, no-store",
            )

    def url(self, key: str) -> str:
        with translated("files"):
            return str(
                self._presigner.generate_presigned_url(
                    "get_object", Params={"Bucket": self._bucket, "Key": key}, ExpiresIn=URL_SECONDS
                )
            )
