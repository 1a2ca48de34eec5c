"""Requests under an Idempotency-Key. The table's time to live removes them some day; what counts is `forget_at`."""

from __future__ import annotations

import dataclasses
from typing import Any

from jianbiao.aws import dynamo
from jianbiao.aws.clients import translated
from jianbiao.aws.dynamo import Item, Table, number, text
from jianbiao.citizen_records import Replay
from jianbiao.errors import Unavailable
from jianbiao.ports import Stale


def replay_item(replay: Replay) -> Item:
    """A request as stored."""
    item = {
        "application": {"S": replay.key},
        "fingerprint": {"S": replay.fingerprint},
        "application_id": {"S": replay.application_id},
        "begun_at": {"N": str(replay.begun_at)},
        "locked_until": {"N": str(replay.locked_until)},
        "forget_at": {"N": str(replay.forget_at)},
    }
    if replay.answer is not None:
        item["answer"] = {"S": replay.answer}
    return item


def replay_of(item: Item) -> Replay:
    """Inverse of `replay_item`."""
    return Replay(
        key=text(item, "application"),
        fingerprint=text(item, "fingerprint"),
        application_id=text(item, "application_id"),
        begun_at=number(item, "begun_at"),
        locked_until=number(item, "locked_until"),
        forget_at=number(item, "forget_at"),
        answer=text(item, "answer") if "answer" in item else None,
    )


class DynamoReplays:
    """Port `Replays`."""

    def __init__(self, client: Any, table: str) -> None:
        self._client, self._table = client, Table(client, table)

    def begin(self, replay: Replay, now: int) -> Replay | None:
        condition = {
            "ConditionExpression": "attribute_not_exists(application) OR forget_at <= :now",
            "ExpressionAttributeValues": {":now": {"N": str(now)}},
        }
        if self._put(replay, condition):
            return None
        item = self._table.get({"application": {"S": replay.key}})
        if item is None:
            raise Unavailable("idempotency record is just being removed", retry_after=1)
        return replay_of(item)

    def take_over(self, replay: Replay, locked_until: int) -> Replay:
        mine = dataclasses.replace(replay, locked_until=locked_until)
        if not self._put(mine, _as(replay)):
            raise Stale("somebody else has taken the request over")
        return mine

    def finish(self, replay: Replay, answer: str) -> None:
        self._put(dataclasses.replace(replay, answer=answer), _as(replay))

    def release(self, replay: Replay) -> None:
        self._put(dataclasses.replace(replay, locked_until=0), _as(replay))

    def _put(self, replay: Replay, condition: dict[str, Any]) -> bool:
        try:
            with translated("idempotency"):
                self._client.put_item(TableName=self._table.name, Item=replay_item(replay), **condition)
        except Unavailable as error:
            if dynamo.condition_failed(error):
                return False
            raise
        return True


def _as(replay: Replay) -> dict[str, Any]:
    """Condition: the request is as read, and has no answer yet."""
    return {
        "ConditionExpression": "application_id = :id AND locked_until = :lock AND attribute_not_exists(answer)",
        "ExpressionAttributeValues": {
            ":id": {"S": replay.application_id},
            ":lock": {"N": str(replay.locked_until)},
        },
    }
