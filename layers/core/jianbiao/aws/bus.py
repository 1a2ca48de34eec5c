"""The event bus, and the change stream that feeds it."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jianbiao.aws.certificates import certificate_of
from jianbiao.aws.clients import translated
from jianbiao.aws.dynamo import Table, batches, text
from jianbiao.errors import Unavailable
from jianbiao.records import Certificate
from jianbiao.services.publish import Notice

SOURCE = "jianbiao"
PUT_LIMIT = 10
"""Entries of one PutEvents."""
ROUNDS = 5
"""Rounds in which entries that the bus refused are put again, with doubling pauses from 100 ms."""


def changed_certificates(event: Mapping[str, Any]) -> list[Certificate]:
    """The certificates in an event of the certificate table's stream, as they are after each change."""
    images = (record["dynamodb"].get("NewImage") for record in event["Records"])
    return [certificate_of(_item(image)) for image in images if image]


def _item(image: Mapping[str, Any]) -> dict[str, Any]:
    """Lambda hands over JSON, in which binary values are base64."""
    return {
        name: {"B": base64.b64decode(value["B"])} if "B" in value else value for name, value in image.items()
    }


class VehicleOwners:
    """Port `Owners`."""

    def __init__(self, client: Any, table: str) -> None:
        self._table = Table(client, table)

    def owners_of(self, vins: Sequence[str]) -> dict[str, str]:
        items = self._table.get_many({"vin": {"S": vin}} for vin in vins)
        return {text(item, "vin"): text(item, "owner_ref") for item in items if "owner_ref" in item}


class EventBridgeBus:
    """Port `Bus`."""

    def __init__(self, client: Any, name: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client, self._name, self._sleep = client, name, sleep

    def put(self, notices: Sequence[Notice]) -> None:
        entries = [
            {
                "Source": SOURCE,
                "DetailType": notice.kind,
                "Detail": json.dumps(notice.detail),
                "EventBusName": self._name,
            }
            for notice in notices
        ]
        for part in batches(entries, PUT_LIMIT):
            left = part
            for round_ in range(ROUNDS):
                if round_:
                    self._sleep(0.1 * 2 ** (round_ - 1))
                with translated("bus"):
                    answers = self._client.put_events(Entries=left)["Entries"]
                # By position, as PutEvents answers: those with an error code were not taken.
                left = [entry for entry, answer in zip(left, answers, strict=True) if answer.get("ErrorCode")]
                if not left:
                    break
            else:
                raise Unavailable("bus: entries refused")
