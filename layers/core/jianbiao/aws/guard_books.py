"""Port `Books` of the issue guard: segmented scans and batch reads, nothing that writes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from jianbiao.aws.certificates import certificate_of
from jianbiao.aws.clients import translated
from jianbiao.aws.dynamo import Item, Table, text
from jianbiao.aws.issuances import stored_issuance
from jianbiao.aws.launches import DynamoLaunches
from jianbiao.domain import vin as vins_of
from jianbiao.records import Certificate, Issuance
from jianbiao.services.leftovers import Unreadable

_T = TypeVar("_T")


class DynamoBooks:
    """The tables, by client and names."""

    def __init__(
        self,
        client: Any,
        *,
        certificates: str,
        issuances: str,
        vehicles: str,
        events: str = "",
        decisions: str = "",
        backfills: str = "",
    ) -> None:
        """The last three have causes, which only the guard asks for."""
        self._client = client
        self._certificates, self._issuances = Table(client, certificates), Table(client, issuances)
        self._events, self._vehicles = Table(client, events), Table(client, vehicles)
        self._decisions = decisions
        self._launches = DynamoLaunches(client, backfills)

    def certificates(self, segment: int, segments: int) -> Iterator[Sequence[Certificate | Unreadable]]:
        for page in self._scan(self._certificates.name, segment, segments):
            yield [_read(item, certificate_of) for item in page]

    def issuances(self, segment: int, segments: int) -> Iterator[Sequence[Issuance | Unreadable]]:
        for page in self._scan(self._issuances.name, segment, segments):
            yield [_read(item, stored_issuance) for item in page]

    def issuances_of(self, ids: Sequence[str]) -> Mapping[str, Issuance | Unreadable]:
        found = self._issuances.get_many({"certificate_id": {"S": id_}} for id_ in ids)
        return {text(item, "certificate_id"): _read(item, stored_issuance) for item in found}

    def certified(self, ids: Sequence[str]) -> Mapping[str, bool]:
        found = self._certificates.get_many({"certificate_id": {"S": id_}} for id_ in ids)
        return {text(item, "certificate_id"): "data" in item for item in found}

    def vins_of_events(self, ids: Sequence[str]) -> Mapping[str, str]:
        found = self._events.get_many({"event_id": {"S": id_}} for id_ in dict.fromkeys(ids))
        return {text(item, "event_id"): _vin_of_event(item) for item in found}

    def vehicles(self, vins: Sequence[str]) -> Mapping[str, str | None]:
        found = self._vehicles.get_many({"vin": {"S": vin}} for vin in vins)
        return {text(item, "vin"): text(item, "current") or None for item in found}

    def ledger_size(self, launch_id: str) -> int | None:
        launch = self._launches.get(launch_id)
        return launch.ledger.size if launch else None

    def granted_claims(self, vin: str) -> set[str]:
        request: dict[str, Any] = {
            "TableName": self._decisions,
            "KeyConditionExpression": "vin = :v",
            "ExpressionAttributeValues": {":v": {"S": vin}},
            "ConsistentRead": True,
        }
        granted: set[str] = set()
        while True:
            with translated("decisions"):
                answer = self._client.query(**request)
            granted |= {text(item, "application_id") for item in answer["Items"] if item["granted"]["BOOL"]}
            if "LastEvaluatedKey" not in answer:
                return granted
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _scan(self, table: str, segment: int, segments: int) -> Iterator[list[Item]]:
        """Pages of up to 1 MB. Read eventually: whatever a page does not have yet is in the next pass."""
        request: dict[str, Any] = {"TableName": table, "Segment": segment, "TotalSegments": segments}
        while True:
            with translated("scan"):
                answer = self._client.scan(**request)
            if answer["Items"]:
                yield answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _read(item: Item, inverse: Callable[[Item], _T]) -> _T | Unreadable:
    """The record in an item. Whatever is in it that we have not written must not end the look."""
    id_ = text(item, "certificate_id")
    try:
        record = inverse(item)
    except Exception:  # noqa: BLE001
        return Unreadable(id_)
    return record if getattr(record, "certificate_id", None) == id_ else Unreadable(id_)


def _vin_of_event(item: Item) -> str:
    try:
        return vins_of.normalise(str(json.loads(text(item, "body"))["vehicle"]["vin"]))
    except (ValueError, KeyError, TypeError):
        return ""
