"""The inbox bucket: ledgers under `ledger/`, what became of them under `results/`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from jianbiao.aws.clients import SDK_ERRORS, error_code, translated
from jianbiao.domain.ledger_lines import ReadRange
from jianbiao.domain.times import parse_rfc3339
from jianbiao.services.ledger_run import LedgerObject

BLOCK = 64 * 1024
GZIP = b"\x1f\x8b"
"""How a gzip file begins (RFC 1952, 2.3.1)."""
READERS = 8
"""Objects read at a time where many are."""
_GONE = {"404", "NoSuchKey", "NoSuchVersion", "NotFound", "405"}


class S3Inbox:
    """Port `Inbox`."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def find(self, key: str, version: str | None) -> LedgerObject | None:
        which = {"VersionId": version} if version else {}
        try:
            head = self._s3.head_object(Bucket=self._bucket, Key=key, **which)
        except SDK_ERRORS as error:
            if error_code(error) in _GONE:
                return None
            with translated("inbox"):
                raise
        modified = int(head["LastModified"].timestamp())
        try:
            as_of = parse_rfc3339(given) if (given := head["Metadata"].get("as-of")) else modified
            undated = False
        except ValueError:
            as_of, undated = modified, True
        return LedgerObject(
            key=key,
            version=head.get("VersionId") or "null",
            etag=head["ETag"],
            size=head["ContentLength"],
            as_of=as_of,
            packed=key.endswith((".gz", ".gzip")) or self._begins(key, which, head) == GZIP,
            undated=undated,
        )

    def _begins(self, key: str, which: Mapping[str, str], head: Mapping[str, Any]) -> bytes:
        """The first two bytes: a name says little."""
        if head["ContentLength"] < len(GZIP):
            return b""
        with translated("inbox"):
            answer = self._s3.get_object(
                Bucket=self._bucket, Key=key, Range=f"bytes=0-{len(GZIP) - 1}", **which
            )
            return bytes(answer["Body"].read(len(GZIP)))

    def reader(self, ledger: LedgerObject) -> ReadRange:
        def read(first: int, stop: int) -> Iterator[bytes]:
            with translated("inbox"):
                answer = self._s3.get_object(
                    Bucket=self._bucket,
                    Key=ledger.key,
                    IfMatch=ledger.etag,
                    Range=f"bytes={first}-{stop - 1}",
                )
                yield from answer["Body"].iter_chunks(BLOCK)

        return read

    def write_once(self, key: str, document: Mapping[str, Any]) -> bool:
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        try:
            self._s3.put_object(
                Bucket=self._bucket, Key=key, Body=body, ContentType="application/json", IfNoneMatch="*"
            )
        except SDK_ERRORS as error:
            if error_code(error) in {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}:
                return False
            with translated("inbox"):
                raise
        return True

    def read(self, key: str) -> dict[str, Any] | None:
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=key)
        except SDK_ERRORS as error:
            if error_code(error) in _GONE:
                return None
            with translated("inbox"):
                raise
        with translated("inbox"):
            document: dict[str, Any] = json.loads(answer["Body"].read())
        return document

    def read_all(self, prefix: str) -> Iterator[dict[str, Any]]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        with ThreadPoolExecutor(READERS) as pool, translated("inbox"):
            for page in pages:
                keys = [entry["Key"] for entry in page.get("Contents", ())]
                for start in range(0, len(keys), 10 * READERS):
                    # A few at a time: an iterator that reads ahead would keep all of them.
                    for document in pool.map(self.read, keys[start : start + 10 * READERS]):
                        if document is not None:
                            yield document

    def write_page(self, key: str, html: str) -> None:
        with translated("inbox"):
            self._s3.put_object(
                Bucket=self._bucket, Key=key, Body=html.encode(), ContentType="text/html; charset=utf-8"
            )

    def write_lines(self, key: str, documents: Iterable[Mapping[str, Any]]) -> None:
        lines = [json.dumps(d, ensure_ascii=False, separators=(",", ":")) + "\n" for d in documents]
        with translated("inbox"):
            self._s3.put_object(
                Bucket=self._bucket, Key=key, Body="".join(lines).encode(), ContentType="application/json"
            )
