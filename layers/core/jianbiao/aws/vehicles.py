"""Vehicles and the plates that point at them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Sequence
from typing import Any

from jianbiao.aws import dynamo
from jianbiao.aws.certificates import put_new, step
from jianbiao.aws.clients import translated
from jianbiao.aws.dynamo import Item, Table, number, text
from jianbiao.aws.issuances import issuance_item
from jianbiao.aws.register_json import register_attributes, registered_of
from jianbiao.aws.tables import Tables
from jianbiao.domain.reports import Registered
from jianbiao.domain.vehicle import Vehicle
from jianbiao.ports import PlateTaken, Stale
from jianbiao.records import Hold, HoldStep, Issuance, VehicleChange, VehicleRecord


def plate_key(plate_class: str, plate: str) -> str:
    """Key of the plates table; a plate alone is not unique."""
    return f"{plate_class}#{plate}"


def vehicle_item(record: VehicleRecord) -> Item:
    """A record as stored."""
    item: Item = {
        "vin": {"S": record.registered.vehicle.vin},
        **register_attributes(record.registered),
        "version": {"N": str(record.version)},
    }
    if record.current:
        item["current"] = {"S": record.current}
    if record.hold:
        item["hold"] = {"S": _json(dataclasses.asdict(record.hold))}
    if record.hold_steps:
        item["hold_steps"] = {"S": _json([dataclasses.astuple(step) for step in record.hold_steps])}
    if record.basis:
        item["basis"] = {"S": _json(record.basis)}
    return item


def vehicle_record(item: Item) -> VehicleRecord:
    """Inverse of `vehicle_item`."""
    hold = text(item, "hold")
    return VehicleRecord(
        registered_of(item),
        version=number(item, "version"),
        current=text(item, "current") or None,
        hold=Hold(**json.loads(hold)) if hold else None,
        hold_steps=tuple(HoldStep(*step) for step in json.loads(text(item, "hold_steps") or "[]")),
        basis=tuple(json.loads(basis)) if (basis := text(item, "basis")) else None,
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class DynamoVehicles:
    """Port `Vehicles`: vehicles and plates, and what changes in one transaction with them."""

    def __init__(self, client: Any, tables: Tables) -> None:
        self._client, self._tables = client, tables
        self._vehicles, self._plates = Table(client, tables.vehicles), Table(client, tables.plates)

    def get(self, vin: str) -> VehicleRecord | None:
        item = self._vehicles.get({"vin": {"S": vin}})
        return vehicle_record(item) if item else None

    def get_many(self, vins: Iterable[str]) -> dict[str, VehicleRecord]:
        items = self._vehicles.get_many({"vin": {"S": vin}} for vin in dict.fromkeys(vins))
        return {text(item, "vin"): vehicle_record(item) for item in items}

    def vin_of_plate(self, plate_class: str, plate: str) -> str | None:
        item = self._plates.get({"plate": {"S": plate_key(plate_class, plate)}})
        return text(item, "vin") if item else None

    def vins_of_plates(self, plates: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
        keys = {plate_key(*plate): plate for plate in plates}
        items = self._plates.get_many({"plate": {"S": key}} for key in keys)
        return {keys[text(item, "plate")]: text(item, "vin") for item in items}

    def of_owner(self, owner_ref: str, *, limit: int, after: str | None) -> tuple[list[str], str | None]:
        start = {"ExclusiveStartKey": {"owner_ref": {"S": owner_ref}, "vin": {"S": after}}} if after else {}
        with translated("vehicles"):
            answer = self._client.query(
                TableName=self._vehicles.name,
                IndexName="by-owner",
                KeyConditionExpression="owner_ref = :o",
                ExpressionAttributeValues={":o": {"S": owner_ref}},
                Limit=limit,
                **start,
            )
        vins = [text(item, "vin") for item in answer["Items"]]
        return vins, vins[-1] if "LastEvaluatedKey" in answer else None

    def insert_many(self, records: Sequence[VehicleRecord]) -> set[str]:
        # The pointers first: one without a vehicle is harmless, and the next attempt for the VIN takes it over;
        # a vehicle without its pointer could not be found by its plate. Whoever takes a pointer meanwhile writes the
        # vehicle's record, too (`VehicleChange.also`), so that the second statement does not store it.
        pointers = [_pointer(record.registered.vehicle) for record in records]
        taken = self._plates.insert_many(pointers)
        if taken:
            bearers = self._plates.get_many({"plate": pointers[i]["plate"]} for i in taken)
            vin_by_plate = {text(item, "plate"): text(item, "vin") for item in bearers}
            taken = {
                i for i in taken if vin_by_plate.get(text(pointers[i], "plate")) != text(pointers[i], "vin")
            }
        free = [dataclasses.replace(record, version=1) for i, record in enumerate(records) if i not in taken]
        there = self._vehicles.insert_many([vehicle_item(record) for record in free])
        return {r.registered.vehicle.vin for i, r in enumerate(free) if i not in there}

    def update(self, record: VehicleRecord, registered: Registered) -> VehicleRecord:
        if registered == record.registered:
            return record
        changed = dataclasses.replace(record, registered=registered, version=record.version + 1)
        self._write([self._put(record, changed), *self._pointer_moves(record, registered)])
        return changed

    def change(self, record: VehicleRecord, change: VehicleChange) -> VehicleRecord:
        put, *rest = self._operations(record, change)
        # The pointer stands second, where `_write` looks for it. Whoever loses a plate has no move of its own:
        # the pointer leads to the other vehicle by then.
        moves = self._pointer_moves(record, change.registered, change.plate_from)
        also = [operation for part in change.also for operation in self._operations(*part)]
        self._write([put, *moves, *rest, *also])
        return record.after(change)

    def _operations(self, record: VehicleRecord, change: VehicleChange) -> list[Item]:
        operations = [self._put(record, record.after(change))]
        for after in change.steps:
            operations += step(self._tables, after)
        if change.void:
            operations.append(put_new(self._tables, change.void))
        if not change.endings:
            return operations
        # Here, because what only reads vehicles ends nothing.
        from jianbiao.aws.endings import end

        return operations + [end(self._tables, e, at=change.at, by=change.by) for e in change.endings]

    def reserve(self, record: VehicleRecord, issuance: Issuance, registered: Registered) -> VehicleRecord:
        if record.hold:
            raise Stale("vehicle is on hold")
        changed = record.reserved(issuance, registered)
        intent = {
            "TableName": self._tables.issuances,
            "Item": issuance_item(issuance),
            "ConditionExpression": "attribute_not_exists(certificate_id)",
        }
        moves = self._pointer_moves(record, registered)
        self._write([self._put(record, changed), *moves, {"Put": intent}])
        return changed

    def _put(self, known: VehicleRecord, changed: VehicleRecord) -> Item:
        """Replace the record, if it is still the one that was read (a hold changes the version, too)."""
        put = {"TableName": self._vehicles.name, "Item": vehicle_item(changed)}
        if known.version == 0:
            return {"Put": {**put, "ConditionExpression": "attribute_not_exists(vin)"}}
        return {
            "Put": {
                **put,
                "ConditionExpression": "#v = :v",
                "ExpressionAttributeNames": {"#v": "version"},
                "ExpressionAttributeValues": {":v": {"N": str(known.version)}},
            }
        }

    def _pointer_moves(
        self, record: VehicleRecord, registered: Registered, taken_from: str | None = None
    ) -> list[Item]:
        """The pointer of the new plate first, then the old one; a vehicle without a plate has none."""
        old, new = record.registered.vehicle, registered.vehicle
        if _key(old) == _key(new):
            return []
        moves: list[Item] = []
        if new.plate:
            put = {"TableName": self._plates.name, "Item": _pointer(new)}
            moves.append({"Put": {**put, **_borne_by(taken_from or new.vin, free=taken_from is None)}})
        if old.plate:
            delete = {"TableName": self._plates.name, "Key": {"plate": _pointer(old)["plate"]}}
            moves.append({"Delete": {**delete, **_borne_by(old.vin, free=True)}})
        return moves

    def _write(self, operations: list[Item]) -> None:
        codes = dynamo.transact(self._client, operations)
        if not codes:
            return
        # Operation 0 is the vehicle itself, operation 1 its new pointer where the plate changes.
        pointer = len(operations) > 1 and operations[1].get("Put", {}).get("TableName") == self._plates.name
        if pointer and codes[1] == dynamo.CONDITION_FAILED and codes[0] != dynamo.CONDITION_FAILED:
            raise PlateTaken("plate belongs to another vehicle")
        raise Stale("vehicle changed")


def _key(vehicle: Vehicle) -> str:
    return plate_key(vehicle.plate_class, vehicle.plate) if vehicle.plate else ""


def _pointer(vehicle: Vehicle) -> Item:
    return {"plate": {"S": _key(vehicle)}, "vin": {"S": vehicle.vin}}


def _borne_by(vin: str, *, free: bool) -> Item:
    """The condition that a pointer leads to `vin`, or, with `free`, nowhere."""
    return {
        "ConditionExpression": "attribute_not_exists(plate) OR vin = :vin" if free else "vin = :vin",
        "ExpressionAttributeValues": {":vin": {"S": vin}},
    }
