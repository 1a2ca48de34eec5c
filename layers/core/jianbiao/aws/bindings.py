"""Bindings, the list of each vehicle's open ones, and the day's wrong guesses of a person."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from jianbiao.aws import dynamo, open_lists
from jianbiao.aws.clients import translated
from jianbiao.aws.dynamo import Item, Table, number, text
from jianbiao.aws.tables import Tables
from jianbiao.citizen_records import Binding, OpenList
from jianbiao.domain.bindings import MAX_GUESSES, OPEN, BindingState
from jianbiao.errors import Unavailable
from jianbiao.ports import Stale
from jianbiao.records import Ending

_BINDING_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")


def list_key(vin: str) -> Item:
    """Key of a vehicle's list of open bindings."""
    return {"binding_id": {"S": f"{open_lists.VEHICLE}{vin}"}}


def binding_item(binding: Binding) -> Item:
    """A binding as stored. `forget_at` is the table's time to live."""
    item = {
        "binding_id": {"S": binding.binding_id},
        "vin": {"S": binding.vin},
        "owner_ref": {"S": binding.owner_ref},
        "person_ref": {"S": binding.person_ref},
        "plate_class": {"S": binding.plate_class},
        "plate": {"S": binding.plate},
        "binding_state": {"S": binding.status},
        "created_at": {"N": str(binding.created_at)},
        "expires_at": {"N": str(binding.expires_at)},
        "changed_at": {"N": str(binding.changed_at)},
        "changed_by": {"S": binding.changed_by},
        "keep": {"N": str(binding.keep)},
    }
    if binding.status != BindingState.APPROVED:
        closed_at = binding.expires_at if binding.status == BindingState.PENDING else binding.changed_at
        item["forget_at"] = {"N": str(closed_at + binding.keep)}
    return item


def binding_of(item: Item) -> Binding:
    """Inverse of `binding_item`."""
    return Binding(
        binding_id=text(item, "binding_id"),
        vin=text(item, "vin"),
        owner_ref=text(item, "owner_ref"),
        person_ref=text(item, "person_ref"),
        plate_class=text(item, "plate_class"),
        plate=text(item, "plate"),
        status=text(item, "binding_state"),
        created_at=number(item, "created_at"),
        expires_at=number(item, "expires_at"),
        changed_at=number(item, "changed_at"),
        changed_by=text(item, "changed_by"),
        keep=number(item, "keep"),
    )


class DynamoBindings:
    """Port `Bindings`."""

    def __init__(self, client: Any, tables: Tables) -> None:
        self._client, self._tables = client, tables
        self._table = Table(client, tables.bindings)

    def get(self, binding_id: str) -> Binding | None:
        # Whatever somebody writes into a path is no key until it looks like one.
        if not _BINDING_ID.fullmatch(binding_id):
            return None
        item = self._table.get({"binding_id": {"S": binding_id}})
        return binding_of(item) if item else None

    def open_list(self, vin: str) -> tuple[OpenList, list[Binding]]:
        listed = open_lists.read(self._table, list_key(vin), vin)
        found = self._table.get_many({"binding_id": {"S": id_}} for id_ in listed.keys)
        return listed, sorted(map(binding_of, found), key=lambda binding: binding.binding_id)

    def open_of_vehicle(self, vin: str) -> list[Ending]:
        """All that a change of owner has to end, for VehicleChange.endings: the open bindings, and their list, so
        that a binding made meanwhile makes the change Stale."""
        listed, found = self.open_list(vin)
        ends = [Ending("binding", (b.binding_id,), "owner-changed") for b in found if b.status in OPEN]
        return [*ends, Ending("bindings", (vin, str(listed.version)), "owner-changed")]

    def of_person(
        self, person_ref: str, *, limit: int, after: str | None
    ) -> tuple[list[Binding], str | None]:
        return self._query("by-person", "person_ref", person_ref, limit, after)

    def of_owner(self, owner_ref: str, *, limit: int, after: str | None) -> tuple[list[Binding], str | None]:
        return self._query("by-owner", "owner_ref", owner_ref, limit, after)

    def add(self, binding: Binding, listed: OpenList, keys: tuple[str, ...]) -> None:
        put = {
            "Put": {
                "TableName": self._table.name,
                "Item": binding_item(binding),
                "ConditionExpression": "attribute_not_exists(binding_id)",
            }
        }
        self._write([put, self._list(listed, keys), self._owned(binding)])

    def step(
        self, before: Binding, after: Binding, listed: OpenList, keys: tuple[str, ...], *, owned: bool
    ) -> None:
        put = {
            "Put": {
                "TableName": self._table.name,
                "Item": binding_item(after),
                "ConditionExpression": "binding_state = :before",
                "ExpressionAttributeValues": {":before": {"S": before.status}},
            }
        }
        checks = [self._owned(before)] if owned else []
        self._write([put, self._list(listed, keys), *checks])

    def guess(self, person_ref: str, day: date, forget_at: int) -> bool:
        try:
            self._count(person_ref, day, 1, forget_at)
        except Unavailable as error:
            if dynamo.condition_failed(error):
                return False
            raise
        return True

    def guessed_right(self, person_ref: str, day: date, forget_at: int) -> None:
        self._count(person_ref, day, -1, forget_at)

    def _count(self, person_ref: str, day: date, change: int, forget_at: int) -> None:
        with translated("bindings"):
            self._client.update_item(
                TableName=self._table.name,
                Key={"binding_id": {"S": f"guesses:{day.isoformat()}:{person_ref}"}},
                UpdateExpression="SET forget_at = :forget ADD guesses :change",
                ConditionExpression="attribute_not_exists(guesses) OR guesses < :most",
                ExpressionAttributeValues={
                    ":change": {"N": str(change)},
                    ":most": {"N": str(MAX_GUESSES if change > 0 else MAX_GUESSES + 1)},
                    ":forget": {"N": str(forget_at)},
                },
            )

    def _query(
        self, index: str, name: str, value: str, limit: int, after: str | None
    ) -> tuple[list[Binding], str | None]:
        start = {"ExclusiveStartKey": {name: {"S": value}, "binding_id": {"S": after}}} if after else {}
        with translated("bindings"):
            answer = self._client.query(
                TableName=self._table.name,
                IndexName=index,
                KeyConditionExpression=f"{name} = :v",
                ExpressionAttributeValues={":v": {"S": value}},
                Limit=limit,
                **start,
            )
        ids = [text(item, "binding_id") for item in answer["Items"]]
        # The index only says which: the states are read consistently.
        found = self._table.get_many({"binding_id": {"S": id_}} for id_ in ids)
        bindings = sorted(map(binding_of, found), key=lambda binding: binding.binding_id)
        return bindings, ids[-1] if ids and "LastEvaluatedKey" in answer else None

    def _list(self, listed: OpenList, keys: tuple[str, ...]) -> Item:
        return open_lists.write(self._table.name, list_key(listed.of), listed, keys)

    def _owned(self, binding: Binding) -> Item:
        """The vehicle is still the one's whose consent counts."""
        return {
            "ConditionCheck": {
                "TableName": self._tables.vehicles,
                "Key": {"vin": {"S": binding.vin}},
                "ConditionExpression": "owner_ref = :owner",
                "ExpressionAttributeValues": {":owner": {"S": binding.owner_ref}},
            }
        }

    def _write(self, operations: list[Item]) -> None:
        if dynamo.transact(self._client, operations):
            raise Stale("the binding, its vehicle's list or the owner has changed")
