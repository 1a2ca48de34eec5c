"""Accepted registry events, and their queue."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from jianbiao.aws import dynamo
from jianbiao.aws.clients import translated
from jianbiao.aws.dynamo import Item, Table, number, text
from jianbiao.errors import Unavailable
from jianbiao.services.registry import VEHICLE_UNKNOWN, EventState, Outcome, StoredEvent

SEND_LIMIT = 10
"""Messages of one SendMessageBatch."""


def event_item(event: StoredEvent) -> Item:
    """An event as stored. It has no time to live before it has ended."""
    item = {
        "event_id": {"S": event.event_id},
        "body": {"S": json.dumps(event.body, ensure_ascii=False, separators=(",", ":"))},
        "digest": {"S": event.digest},
        "sent_by": {"S": event.sent_by},
        "received_at": {"N": str(event.received_at)},
        "keep": {"N": str(event.keep)},
        "event_state": {"S": str(event.outcome.state)},
    }
    if event.outcome.certificate_id:
        item["certificate_id"] = {"S": event.outcome.certificate_id}
    if event.outcome.reason:
        item["reason"] = {"S": event.outcome.reason}
    return item


def event_of(item: Item) -> StoredEvent:
    """Inverse of `event_item`."""
    return StoredEvent(
        event_id=text(item, "event_id"),
        body=json.loads(text(item, "body")),
        digest=text(item, "digest"),
        sent_by=text(item, "sent_by"),
        received_at=number(item, "received_at"),
        keep=number(item, "keep"),
        outcome=Outcome(
            EventState(text(item, "event_state")),
            text(item, "certificate_id") or None,
            text(item, "reason") or None,
        ),
    )


class DynamoEvents:
    """Port `EventStore`."""

    def __init__(self, client: Any, table: str) -> None:
        self._client, self._table = client, Table(client, table)

    def insert_many(self, received: Sequence[StoredEvent]) -> dict[str, StoredEvent]:
        there = self._table.insert_many([event_item(event) for event in received])
        if not there:
            return {}
        found = self._table.get_many({"event_id": {"S": received[i].event_id}} for i in there)
        return {text(item, "event_id"): event_of(item) for item in found}

    def get(self, event_id: str) -> StoredEvent | None:
        item = self._table.get({"event_id": {"S": event_id}})
        return event_of(item) if item else None

    def finish(self, event_id: str, outcome: Outcome, at: int) -> None:
        values: Item = {
            ":state": {"S": str(outcome.state)},
            ":queued": {"S": str(EventState.QUEUED)},
            ":unknown": {"S": VEHICLE_UNKNOWN},
            ":at": {"N": str(at)},
        }
        sets, removes = ["event_state = :state", "ended_at = :at", "forget_at = keep + :at"], []
        for name, value in (("certificate_id", outcome.certificate_id), ("reason", outcome.reason)):
            if value:
                values[f":{name}"] = {"S": value}
                sets.append(f"{name} = :{name}")
            else:
                removes.append(name)
        remove = f" REMOVE {', '.join(removes)}" if removes else ""
        try:
            with translated("events"):
                self._client.update_item(
                    TableName=self._table.name,
                    Key={"event_id": {"S": event_id}},
                    UpdateExpression=f"SET {', '.join(sets)}{remove}",
                    ConditionExpression="event_state = :queued OR reason = :unknown",
                    ExpressionAttributeValues=values,
                )
        except Unavailable as error:
            # Ended already, or no longer there.
            if not dynamo.condition_failed(error):
                raise

    def queued_before(self, at: int) -> Iterator[str]:
        """Ids of events that were accepted before an epoch second and are still to be applied. Reads the whole
        table: for operators, not for functions."""
        request: dict[str, Any] = {
            "TableName": self._table.name,
            "ProjectionExpression": "event_id",
            "FilterExpression": "event_state = :queued AND received_at < :at",
            "ExpressionAttributeValues": {":queued": {"S": str(EventState.QUEUED)}, ":at": {"N": str(at)}},
        }
        while True:
            with translated("events"):
                answer = self._client.scan(**request)
            yield from (text(item, "event_id") for item in answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


class SqsEvents:
    """Sends a message for each event: its id alone, for what it says is in the table."""

    def __init__(self, client: Any, queue_url: str) -> None:
        self._client, self._queue_url = client, queue_url

    def send(self, ids: Sequence[str]) -> None:
        """One message for each id. Raises Unavailable unless all of them were taken."""
        for part in dynamo.batches(ids, SEND_LIMIT):
            entries = [
                {"Id": str(i), "MessageBody": json.dumps({"event_id": id_})} for i, id_ in enumerate(part)
            ]
            with translated("queue"):
                answer = self._client.send_message_batch(QueueUrl=self._queue_url, Entries=entries)
            if answer.get("Failed"):
                raise Unavailable("queue: messages refused")
