"""What the retention job reads and removes. Each removal is on condition that the item is as it was read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jianbiao.aws import dynamo, open_lists
from jianbiao.aws.clients import SDK_ERRORS, error_code, translated
from jianbiao.aws.dynamo import Item, Table, number, text
from jianbiao.aws.launches import DynamoLaunches
from jianbiao.aws.shares import list_key, share_of
from jianbiao.citizen_records import OpenList, Share
from jianbiao.errors import Unavailable
from jianbiao.services.launches import Launch
from jianbiao.services.retention import Rule


def _delete(client: Any, table: str, key: Item, condition: str, values: Item, names: dict[str, str]) -> bool:
    try:
        with translated("retention"):
            client.delete_item(
                TableName=table,
                Key=key,
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
                ExpressionAttributeNames=names,
            )
    except Unavailable as error:
        if dynamo.condition_failed(error):
            return False
        raise
    return True


class ExpiringShares:
    """Port `KeptShares`."""

    def __init__(self, client: Any, table: str) -> None:
        self._client, self._table = client, Table(client, table)

    def all(self) -> Iterator[Share | OpenList]:
        request: dict[str, Any] = {"TableName": self._table.name}
        while True:
            with translated("shares"):
                answer = self._client.scan(**request)
            for item in answer["Items"]:
                key = text(item, "token_hash")
                if key.startswith(open_lists.CERTIFICATE):
                    keys = tuple(item["open"]["SS"]) if "open" in item else ()
                    yield OpenList(key.removeprefix(open_lists.CERTIFICATE), keys, number(item, "version"))
                else:
                    yield share_of(item)
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def remove(self, share: Share) -> bool:
        return _delete(
            self._client,
            self._table.name,
            {"token_hash": {"S": share.token_hash}},
            "#e = :e",
            {":e": {"N": str(share.expires_at)}},
            {"#e": "expires_at"},
        )

    def remove_list(self, listed: OpenList) -> bool:
        if self._table.get_many({"token_hash": {"S": key}} for key in listed.keys):
            return False
        # Whoever has read it meanwhile writes on condition of its version and has to read again.
        return _delete(
            self._client,
            self._table.name,
            list_key(listed.of),
            "#v = :v",
            {":v": {"N": str(listed.version)}},
            {"#v": "version"},
        )


class EndedLaunches:
    """Port `KeptLaunches`."""

    def __init__(self, client: Any, table: str) -> None:
        self._client, self._table = client, table
        self._launches = DynamoLaunches(client, table)

    def all(self) -> Iterator[Launch]:
        after: str | None = None
        while True:
            found, after = self._launches.page(limit=100, after=after)
            yield from found
            if after is None:
                return

    def remove(self, launch: Launch) -> bool:
        return _delete(
            self._client,
            self._table,
            {"backfill_id": {"S": launch.launch_id}},
            "#r = :r",
            {":r": {"N": str(launch.revision)}},
            {"#r": "revision"},
        )


class S3Lifecycle:
    """Port `Lifecycle`."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def set(self, rules: tuple[Rule, ...]) -> bool:
        wanted = [_stored(rule) for rule in rules]
        wanted.append(
            {
                "ID": "parts",
                "Status": "Enabled",
                "Filter": {"Prefix": ""},
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
            }
        )
        if _comparable(self._present()) == _comparable(wanted):
            return False
        with translated("lifecycle"):
            self._s3.put_bucket_lifecycle_configuration(
                Bucket=self._bucket, LifecycleConfiguration={"Rules": wanted}
            )
        return True

    def _present(self) -> list[dict[str, Any]]:
        try:
            found = self._s3.get_bucket_lifecycle_configuration(Bucket=self._bucket)
        except SDK_ERRORS as error:
            if error_code(error) == "NoSuchLifecycleConfiguration":
                return []
            with translated("lifecycle"):
                raise
        return list(found.get("Rules", ()))


def _stored(rule: Rule) -> dict[str, Any]:
    made: dict[str, Any] = {
        "ID": rule.name,
        "Status": "Enabled",
        "Filter": {"Prefix": rule.prefix},
        "Expiration": {"Days": rule.days},
    }
    if rule.noncurrent_days is not None:
        made["NoncurrentVersionExpiration"] = {"NoncurrentDays": rule.noncurrent_days}
    return made


def _comparable(rules: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """What counts of rules, in whatever order and form S3 gives them back."""
    return sorted(
        (
            rule.get("ID", ""),
            rule.get("Status", ""),
            rule.get("Filter", {}).get("Prefix", rule.get("Prefix", "")),
            rule.get("Expiration", {}).get("Days", 0),
            rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays", 0),
            rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation", 0),
        )
        for rule in rules
    )
