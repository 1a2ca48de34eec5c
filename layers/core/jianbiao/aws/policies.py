"""Versions of the policy in the Config table.

A version is two items, written together: `policy` has the compiled form, which every function reads, `policy-source`
what people have written. Neither is ever changed.
"""

from __future__ import annotations

import json
from typing import Any

from jianbiao.aws import dynamo
from jianbiao.aws.clients import translated
from jianbiao.aws.dynamo import Item, Table, number, text
from jianbiao.ports import Stale
from jianbiao.services.policy_desk import PublishedPolicy

COMPILED, SOURCE = "policy", "policy-source"


def policy_items(policy: PublishedPolicy) -> tuple[Item, Item]:
    """The compiled and the source item."""
    key = {"version": {"N": str(policy.version)}}
    compiled = {"name": {"S": COMPILED}, **key, "compiled": {"S": _json(policy.compiled)}}
    source = {
        "name": {"S": SOURCE},
        **key,
        "source": {"S": _json(policy.source)},
        "published_at": {"N": str(policy.published_at)},
        "actor": {"S": policy.actor},
    }
    return compiled, source


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class DynamoPolicyVersions:
    """Port `PolicyVersions`."""

    def __init__(self, client: Any, table: str) -> None:
        self._client, self._table = client, Table(client, table)

    def get(self, version: int | None = None) -> PublishedPolicy | None:
        if version is None:
            version = self._newest()
        if version is None:
            return None
        compiled, source = (
            self._table.get({"name": {"S": name}, "version": {"N": str(version)}})
            for name in (COMPILED, SOURCE)
        )
        if compiled is None or source is None:
            return None
        return PublishedPolicy(
            version=version,
            source=json.loads(text(source, "source")),
            compiled=json.loads(text(compiled, "compiled")),
            published_at=number(source, "published_at"),
            actor=text(source, "actor"),
        )

    def put(self, policy: PublishedPolicy) -> None:
        free = {
            "TableName": self._table.name,
            "ConditionExpression": "attribute_not_exists(#n)",
            "ExpressionAttributeNames": {"#n": "name"},
        }
        operations = [{"Put": {**free, "Item": item}} for item in policy_items(policy)]
        if dynamo.transact(self._client, operations):
            raise Stale(f"version {policy.version} is taken")

    def _newest(self) -> int | None:
        with translated("config"):
            answer = self._client.query(
                TableName=self._table.name,
                KeyConditionExpression="#n = :n",
                ExpressionAttributeNames={"#n": "name"},
                ExpressionAttributeValues={":n": {"S": COMPILED}},
                ScanIndexForward=False,
                Limit=1,
                ConsistentRead=True,
            )
        return number(answer["Items"][0], "version") if answer["Items"] else None
