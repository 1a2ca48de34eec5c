"""The conditions of writes, one by one, against moto: whoever comes second changes nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from jianbiao.aws.certificates import DynamoCertificates
from jianbiao.aws.issuances import DynamoIssuances
from jianbiao.aws.vehicles import DynamoVehicles, plate_key, vehicle_item
from jianbiao.domain.register import blank, first_report, merge
from jianbiao.ports import PlateTaken, Stale
from jianbiao.records import Certificate, Hold, VehicleChange, VehicleRecord
from tests.services.ledgers import row, run, vin
from tests.support.moto_tables import moto_tables
from tests.support.world import CAR, World

LATER = (2, "e-1")


@dataclasses.dataclass
class Stores:
    client: object
    tables: object
    vehicles: DynamoVehicles
    certificates: DynamoCertificates
    issuances: DynamoIssuances


@pytest.fixture
def stores() -> Iterator[Stores]:
    """The adapters, and one stored vehicle with its plate."""
    with moto_tables() as (client, tables):
        record = VehicleRecord(first_report(CAR, (1, "")), version=1)
        client.put_item(TableName=tables.vehicles, Item=vehicle_item(record))
        pointer = {"plate": {"S": plate_key(CAR.plate_class, CAR.plate)}, "vin": {"S": CAR.vin}}
        client.put_item(TableName=tables.plates, Item=pointer)
        yield Stores(
            client,
            tables,
            DynamoVehicles(client, tables),
            DynamoCertificates(client, tables),
            DynamoIssuances(client, tables.issuances),
        )


@pytest.fixture(scope="module")
def signed() -> list[Certificate]:
    """Two certificates of different cars."""
    world = World()
    run(world, row(1) + b"\n" + row(2))
    return [world.active(vin(n))[0] for n in (1, 2)]


def read(stores: Stores) -> VehicleRecord:
    found = stores.vehicles.get(CAR.vin)
    assert found
    return found


def test_a_record_is_replaced_only_as_it_was_read(stores: Stores) -> None:
    record = read(stores)
    after = stores.vehicles.update(record, merge(record.registered, {"use": "F"}, LATER))
    assert read(stores) == after
    with pytest.raises(Stale):
        stores.vehicles.update(record, merge(record.registered, {"use": "B"}, LATER))
    assert read(stores) == after


def test_a_hold_makes_every_reading_before_it_stale(stores: Stores, signed: list[Certificate]) -> None:
    record = read(stores)
    stores.vehicles.change(record, VehicleChange(record.registered, Hold(1, "op", "fraud"), 1, "op"))
    issuance = dataclasses.replace(signed[0].issuance, vin=CAR.vin)
    for known in (record, read(stores)):
        with pytest.raises(Stale):
            stores.vehicles.reserve(known, issuance, known.registered)
    assert stores.issuances.get(issuance.certificate_id) is None
    assert read(stores).hold == Hold(1, "op", "fraud")


def test_a_reservation_is_made_once_and_with_its_intent(stores: Stores, signed: list[Certificate]) -> None:
    record = read(stores)
    one, two = (dataclasses.replace(c.issuance, vin=CAR.vin) for c in signed)
    stores.vehicles.reserve(record, one, record.registered)
    with pytest.raises(Stale):
        stores.vehicles.reserve(record, two, record.registered)
    assert read(stores).current == one.certificate_id
    assert stores.issuances.get(one.certificate_id) == one
    assert stores.issuances.get(two.certificate_id) is None


def test_a_plate_moves_with_its_vehicle_and_is_taken_from_nobody(stores: Stores) -> None:
    record = read(stores)
    other = {"plate": {"S": plate_key("02", "黑A99999")}, "vin": {"S": "X" * 17}}
    stores.client.put_item(TableName=stores.tables.plates, Item=other)  # type: ignore[attr-defined]
    with pytest.raises(PlateTaken):
        stores.vehicles.update(record, merge(record.registered, {"plate": "黑A99999"}, LATER))
    assert read(stores) == record
    assert stores.vehicles.vin_of_plate("02", "黑A99999") == "X" * 17
    stores.vehicles.update(record, merge(record.registered, {"plate": "黑A88888"}, LATER))
    assert stores.vehicles.vin_of_plate("02", "黑A88888") == CAR.vin
    assert stores.vehicles.vin_of_plate("02", CAR.plate) is None


def takes(record: VehicleRecord, plate: str, bearer: VehicleRecord) -> VehicleChange:
    """A change that takes a plate whose pointer leads to a vehicle that does not bear it."""
    touched = VehicleChange(bearer.registered, bearer.hold, 5, "client")
    return VehicleChange(
        merge(record.registered, {"plate": plate}, LATER),
        None,
        5,
        "client",
        plate_from=bearer.registered.vehicle.vin,
        also=((bearer, touched),),
    )


@pytest.mark.parametrize("there", [False, True], ids=["no vehicle", "another plate"])
def test_a_pointer_is_taken_together_with_the_record_of_the_vehicle_it_leads_to(
    stores: Stores, there: bool
) -> None:
    record, vin_ = read(stores), "X" * 17
    client: Any = stores.client
    pointer = {"plate": {"S": plate_key("02", "黑A99999")}, "vin": {"S": vin_}}
    client.put_item(TableName=stores.tables.plates, Item=pointer)  # type: ignore[attr-defined]

    def first_load(plate: str, version: int) -> VehicleRecord:
        vehicle = dataclasses.replace(CAR, vin=vin_, plate=plate)
        stored = VehicleRecord(first_report(vehicle, (1, "")), version=version)
        client.put_item(TableName=stores.tables.vehicles, Item=vehicle_item(stored))  # type: ignore[attr-defined]
        return stored

    bearer = first_load("黑A88888", 4) if there else VehicleRecord(blank(vin_))
    change = takes(record, "黑A99999", bearer)
    # The vehicle is stored, or given the plate, right before the transaction.
    now_there = first_load("黑A99999", bearer.version + 1)
    with pytest.raises(Stale):
        stores.vehicles.change(record, change)
    assert (read(stores), stores.vehicles.get(vin_)) == (record, now_there)
    assert stores.vehicles.vin_of_plate("02", "黑A99999") == vin_
    # Not so: the transaction takes the pointer, and whoever was about to write the record is told by its version.
    client.delete_item(TableName=stores.tables.vehicles, Key={"vin": {"S": vin_}})  # type: ignore[attr-defined]
    if there:
        first_load("黑A88888", 4)
    stores.vehicles.change(record, change)
    assert stores.vehicles.vin_of_plate("02", "黑A99999") == CAR.vin
    assert stores.vehicles.get(vin_) == dataclasses.replace(bearer, version=bearer.version + 1)


def test_a_certificate_is_stored_once(stores: Stores, signed: list[Certificate]) -> None:
    first = signed[0]
    stores.certificates.commit(first, supersedes=None)
    other = first.step("revoked", at=9, by="op", why="x")
    with pytest.raises(Stale):
        stores.certificates.commit(other, supersedes=None)
    assert stores.certificates.get(first.certificate_id) == first


def test_superseding_is_one_transaction(stores: Stores, signed: list[Certificate]) -> None:
    old, new = signed
    stores.certificates.commit(old, supersedes=None)
    stores.certificates.commit(new, supersedes=old)
    ended = stores.certificates.get(old.certificate_id)
    assert ended
    assert (ended.status, ended.life[-1].why) == ("superseded", new.certificate_id)
    number = old.claims.status_uri.rpartition(":")[2]
    key = {"list": {"N": number}, "idx": {"N": str(old.claims.status_idx)}}
    item = stores.client.get_item(TableName=stores.tables.statuses, Key=key)["Item"]  # type: ignore[attr-defined]
    assert item["status"] == {"N": "3"}


def test_a_certificate_that_took_another_step_meanwhile_is_not_superseded(
    stores: Stores, signed: list[Certificate]
) -> None:
    old, new = signed
    stores.certificates.commit(old, supersedes=None)
    record = read(stores)
    stopped = old.step("suspended", at=5, by="op", why="fraud")
    hold = Hold(5, "op", "fraud")
    stores.vehicles.change(record, VehicleChange(record.registered, hold, 5, "op", steps=(stopped,)))
    with pytest.raises(Stale):
        stores.certificates.commit(new, supersedes=old)
    assert stores.certificates.get(new.certificate_id) is None
    assert stores.certificates.get(old.certificate_id) == stopped


def test_dates_and_stamps_come_back_as_they_went(stores: Stores) -> None:
    record = read(stores)
    facts = {"valid_until": date(2029, 3, 31), "insured_until": None, "is_van": True}
    after = stores.vehicles.update(record, merge(record.registered, facts, LATER))
    assert read(stores) == after
