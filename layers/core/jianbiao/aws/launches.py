"""Records of launches in DynamoDB, and the engine that works them off: Step Functions."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from jianbiao.aws import dynamo
from jianbiao.aws.clients import SDK_ERRORS, error_code, translated
from jianbiao.aws.dynamo import Item, Table, number, text
from jianbiao.errors import Unavailable
from jianbiao.ports import Stale
from jianbiao.services.launches import Change, Launch
from jianbiao.services.ledger_run import COUNTED, LedgerObject

_PROGRESS = ("bytes", *COUNTED)


def launch_item(launch: Launch) -> Item:
    """A record as stored, without its progress."""
    document = dataclasses.asdict(launch)
    for name in ("launch_id", "revision", "progress"):
        del document[name]
    return {
        "backfill_id": {"S": launch.launch_id},
        "revision": {"N": str(launch.revision)},
        "document": {"S": json.dumps(document, ensure_ascii=False, separators=(",", ":"))},
    }


def launch_of(item: Item) -> Launch:
    """Inverse of `launch_item`, with the progress that was added since."""
    document: dict[str, Any] = json.loads(text(item, "document"))
    document["ledger"] = LedgerObject(**document["ledger"])
    document["changes"] = tuple(Change(**change) for change in document["changes"])
    progress = {name: number(item, f"done_{name}") for name in _PROGRESS if f"done_{name}" in item}
    return Launch(
        launch_id=text(item, "backfill_id"), revision=number(item, "revision"), progress=progress, **document
    )


class DynamoLaunches:
    """Port `Launches`."""

    def __init__(self, client: Any, table: str) -> None:
        self._client, self._table = client, Table(client, table)

    def create(self, launch: Launch) -> None:
        try:
            with translated("launches"):
                self._client.put_item(
                    TableName=self._table.name,
                    Item=launch_item(launch),
                    ConditionExpression="attribute_not_exists(backfill_id)",
                )
        except Unavailable as error:
            if not dynamo.condition_failed(error):
                raise

    def get(self, launch_id: str) -> Launch | None:
        item = self._table.get({"backfill_id": {"S": launch_id}})
        return launch_of(item) if item else None

    def page(self, *, limit: int, after: str | None) -> tuple[list[Launch], str | None]:
        start = {"ExclusiveStartKey": {"backfill_id": {"S": after}}} if after else {}
        with translated("launches"):
            answer = self._client.scan(TableName=self._table.name, Limit=limit, **start)
        found = [launch_of(item) for item in answer["Items"]]
        last = answer.get("LastEvaluatedKey")
        return found, text(last, "backfill_id") if last else None

    def change(self, before: Launch, after: Launch) -> Launch:
        changed = dataclasses.replace(after, revision=before.revision + 1)
        item = launch_item(changed)
        try:
            with translated("launches"):
                self._client.update_item(
                    TableName=self._table.name,
                    Key={"backfill_id": item["backfill_id"]},
                    UpdateExpression="SET #document = :document, #revision = :after",
                    ConditionExpression="#revision = :before",
                    ExpressionAttributeNames={"#document": "document", "#revision": "revision"},
                    ExpressionAttributeValues={
                        ":document": item["document"],
                        ":after": item["revision"],
                        ":before": {"N": str(before.revision)},
                    },
                )
        except Unavailable as error:
            if dynamo.condition_failed(error):
                raise Stale("the launch has changed") from error
            raise
        return changed

    def add(self, launch_id: str, counts: Mapping[str, int]) -> None:
        given = {name: count for name, count in counts.items() if count}
        if not given:
            return
        with translated("launches"):
            self._client.update_item(
                TableName=self._table.name,
                Key={"backfill_id": {"S": launch_id}},
                UpdateExpression="ADD " + ", ".join(f"#done_{name} :{name}" for name in given),
                ExpressionAttributeNames={f"#done_{name}": f"done_{name}" for name in given},
                ExpressionAttributeValues={f":{name}": {"N": str(count)} for name, count in given.items()},
            )


class StepFunctions:
    """`Start`: one state machine."""

    def __init__(self, client: Any, state_machine: str) -> None:
        self._client, self._state_machine = client, state_machine

    def __call__(self, name: str, given: Mapping[str, Any]) -> bool:
        """Start an execution; False where the name has been used."""
        try:
            self._client.start_execution(
                stateMachineArn=self._state_machine, name=name, input=json.dumps(given)
            )
        except SDK_ERRORS as error:
            if error_code(error) == "ExecutionAlreadyExists":
                return False
            with translated("engine"):
                raise
        return True
