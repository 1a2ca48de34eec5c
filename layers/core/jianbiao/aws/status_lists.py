"""Status lists in S3, the rows they are made from in DynamoDB, and the list key in KMS."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jianbiao.aws import dynamo
from jianbiao.aws.clients import SDK_ERRORS, error_code, translated
from jianbiao.aws.config import DynamoKeys
from jianbiao.aws.dynamo import Table
from jianbiao.aws.indices import BLOCK, LIST
from jianbiao.errors import Unavailable
from jianbiao.ports import Stale
from jianbiao.services.cached_lists import Stored
from jianbiao.wire.status_list import MAX_TOKEN, MEDIA_TYPE

PREFIX = "status-lists/"
_KEY = re.compile(re.escape(PREFIX) + "(0|[1-9][0-9]{0,6})", re.ASCII)
_GONE = {"404", "NoSuchKey", "NotFound"}
_TAKEN = {"412", "409", "PreconditionFailed", "ConditionalRequestConflict"}


class S3Lists:
    """Port `Lists`, and what the public function serves of it."""

    def __init__(self, s3: Callable[[], Any], bucket: str) -> None:
        """`s3` makes the client when it is first needed: a verifier seldom does."""
        self._s3, self._bucket = s3, bucket

    def get(self, number: int) -> Stored | None:
        try:
            answer = self._s3().get_object(Bucket=self._bucket, Key=f"{PREFIX}{number}")
        except SDK_ERRORS as error:
            if error_code(error) in _GONE:
                return None
            with translated("status lists"):
                raise
        with translated("status lists"):
            token: bytes = answer["Body"].read(MAX_TOKEN + 1)
        return Stored(token, answer["ETag"])

    def put(self, number: int, token: bytes, *, replaces: str | None) -> None:
        condition = {"IfMatch": replaces} if replaces else {"IfNoneMatch": "*"}
        try:
            self._s3().put_object(
                Bucket=self._bucket,
                Key=f"{PREFIX}{number}",
                Body=token,
                ContentType=MEDIA_TYPE,
                **condition,
            )
        except SDK_ERRORS as error:
            if error_code(error) in _TAKEN | _GONE:
                raise Stale("another list is published by now") from error
            with translated("status lists"):
                raise

    def published(self) -> Mapping[int, int]:
        found: dict[int, int] = {}
        with translated("status lists"):
            pages = self._s3().get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=PREFIX)
            for page in pages:
                for entry in page.get("Contents", ()):
                    if named := _KEY.fullmatch(entry["Key"]):
                        found[int(named[1])] = int(entry["LastModified"].timestamp())
        return found


class DynamoStatuses:
    """Port `Statuses`."""

    def __init__(self, client: Any, table: str) -> None:
        self._client, self._table = client, Table(client, table)

    def all(self, number: int) -> Iterator[tuple[int, int]]:
        request: dict[str, Any] = {
            "TableName": self._table.name,
            "KeyConditionExpression": "#l = :l",
            "ProjectionExpression": "idx, #s",
            "ExpressionAttributeNames": {"#l": "list", "#s": "status"},
            "ExpressionAttributeValues": {":l": {"N": str(number)}},
            "ConsistentRead": True,
        }
        while True:
            with translated("statuses"):
                answer = self._client.query(**request)
            yield from (
                (dynamo.number(item, "idx"), dynamo.number(item, "status")) for item in answer["Items"]
            )
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def some(self, number: int, indices: Collection[int]) -> Iterator[tuple[int, int]]:
        keys = [{"list": {"N": str(number)}, "idx": {"N": str(index)}} for index in set(indices)]
        yield from (
            (dynamo.number(item, "idx"), dynamo.number(item, "status")) for item in self._table.get_many(keys)
        )


def highest_list(client: Any, table: str) -> int | None:
    """Number of the highest status list of which a block of indices was opened (aws.indices); None: none was."""
    blocks: list[int] = []
    with translated("allocations"):
        for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
            blocks += [dynamo.number(item, "block") for item in page["Items"]]
    return max(blocks) * BLOCK // LIST if blocks else None


@dataclass(frozen=True, slots=True)
class KmsListSigner:
    """Port `SignsLists`. The message is larger than the 4,096 bytes that KMS takes RAW, so it takes a DIGEST."""

    client: Any
    keys: DynamoKeys

    def sign_digest(self, kid: bytes, digest: bytes) -> bytes:
        """Signature in DER. Raises Unavailable."""
        arn = self.keys.key_arns().get(kid)
        if arn is None:
            raise Unavailable("no signing key with this kid")
        with translated("signing"):
            answer = self.client.sign(
                KeyId=arn, Message=digest, MessageType="DIGEST", SigningAlgorithm="ECDSA_SHA_256"
            )
        return bytes(answer["Signature"])


def changed_indices(event: Mapping[str, Any]) -> dict[int, set[int]]:
    """List number → indices, from a batch of the statuses table's stream."""
    changed: dict[int, set[int]] = {}
    for record in event["Records"]:
        keys = record["dynamodb"]["Keys"]
        changed.setdefault(dynamo.number(keys, "list"), set()).add(dynamo.number(keys, "idx"))
    return changed
