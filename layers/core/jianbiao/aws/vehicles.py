"""Vehicles and the plates that point at them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from jianbiao.aws import dynamo
from jianbiao.aws.certificates import put_new, step
from jianbiao.aws.clients import translated
from jianbiao.aws.dynamo import Item, Table, number, text
from jianbiao.aws.endings import end
from jianbiao.aws.issuances import issuance_item
from jianbiao.aws.tables import Tables
from jianbiao.domain.register import Registered
from jianbiao.domain.vehicle import Vehicle
from jianbiao.ports import PlateTaken, Stale
from jianbiao.records import Hold, Issuance, VehicleChange, VehicleRecord

_DATES = {f.name for f in dataclasses.fields(Vehicle) if "date" in str(f.type)}
_DEFAULTS = {f.name: f.default for f in dataclasses.fields(Vehicle) if f.default is not dataclasses.MISSING}
OWN_ATTRIBUTES = {"vin", "owner_ref"}
"""Fields of a vehicle that are attributes of their own, because they are keys; the rest is one JSON text, so that
an ordinary vehicle stays below the kilobyte that one write unit pays for."""


def plate_key(plate_class: str, plate: str) -> str:
    """Key of the plates table; a plate alone is not unique."""
    return f"{plate_class}#{plate}"


def vehicle_item(record: VehicleRecord) -> Item:
    """A record as stored."""
    v = record.registered.vehicle
    facts = {}
    for field in dataclasses.fields(v):
        value = getattr(v, field.name)
        if field.name not in OWN_ATTRIBUTES and value != _DEFAULTS.get(field.name, dataclasses.MISSING):
            facts[field.name] = value.isoformat() if isinstance(value, date) else value
    item: Item = {
        "vin": {"S": v.vin},
        "owner_ref": {"S": v.owner_ref},
        "register": {"S": _json(facts)},
        "stamps": {"S": _json(record.registered.stamps)},
        "version": {"N": str(record.version)},
    }
    if record.current:
        item["current"] = {"S": record.current}
    if record.hold:
        item["hold"] = {"S": _json(dataclasses.asdict(record.hold))}
    return item


def vehicle_record(item: Item) -> VehicleRecord:
    """Inverse of `vehicle_item`."""
    facts: dict[str, Any] = json.loads(text(item, "register"))
    for name in _DATES & facts.keys():
        facts[name] = date.fromisoformat(facts[name]) if facts[name] else None
    facts.setdefault("valid_until", None)
    vehicle = Vehicle(vin=text(item, "vin"), owner_ref=text(item, "owner_ref"), **facts)
    stamps = {name: (at, id_) for name, (at, id_) in json.loads(text(item, "stamps")).items()}
    hold = text(item, "hold")
    return VehicleRecord(
        Registered(vehicle, stamps),
        version=number(item, "version"),
        current=text(item, "current") or None,
        hold=Hold(**json.loads(hold)) if hold else None,
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
        # a vehicle without its pointer could not be found by its plate.
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
        changed = dataclasses.replace(
            record, registered=change.registered, hold=change.hold, version=record.version + 1
        )
        operations = [self._put(record, changed), *self._pointer_moves(record, change.registered)]
        for after in change.steps:
            operations += step(self._tables, after)
        if change.void:
            operations.append(put_new(self._tables, change.void))
        operations += [end(self._tables, ending, at=change.at, by=change.by) for ending in change.endings]
        self._write(operations)
        return changed

    def reserve(self, record: VehicleRecord, issuance: Issuance, registered: Registered) -> VehicleRecord:
        if record.hold:
            raise Stale("vehicle is on hold")
        changed = dataclasses.replace(
            record, registered=registered, version=record.version + 1, current=issuance.certificate_id
        )
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
        return {
            "Put": {
                "TableName": self._vehicles.name,
                "Item": vehicle_item(changed),
                "ConditionExpression": "#v = :v",
                "ExpressionAttributeNames": {"#v": "version"},
                "ExpressionAttributeValues": {":v": {"N": str(known.version)}},
            }
        }

    def _pointer_moves(self, record: VehicleRecord, registered: Registered) -> list[Item]:
        old, new = _pointer(record.registered.vehicle), _pointer(registered.vehicle)
        if old == new:
            return []
        own = {
            "ConditionExpression": "attribute_not_exists(plate) OR vin = :vin",
            "ExpressionAttributeValues": {":vin": new["vin"]},
        }
        name = self._plates.name
        return [
            {"Put": {"TableName": name, "Item": new, **own}},
            {"Delete": {"TableName": name, "Key": {"plate": old["plate"]}, **own}},
        ]

    def _write(self, operations: list[Item]) -> None:
        codes = dynamo.transact(self._client, operations)
        if not codes:
            return
        # Operation 0 is the vehicle itself, operation 1 its new pointer where the plate changes.
        pointer = len(operations) > 1 and operations[1].get("Put", {}).get("TableName") == self._plates.name
        if pointer and codes[1] == dynamo.CONDITION_FAILED and codes[0] != dynamo.CONDITION_FAILED:
            raise PlateTaken("plate belongs to another vehicle")
        raise Stale("vehicle changed")


def _pointer(vehicle: Vehicle) -> Item:
    return {"plate": {"S": plate_key(vehicle.plate_class, vehicle.plate)}, "vin": {"S": vehicle.vin}}
