"""Stores of registry events in moto, and what the stream and the bus make of certificates."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jianbiao.aws.bus import EventBridgeBus, VehicleOwners, changed_certificates
from jianbiao.aws.certificates import certificate_item
from jianbiao.aws.events import DynamoEvents, SqsEvents, event_item, event_of
from jianbiao.aws.tables import Tables
from jianbiao.aws.vehicles import DynamoVehicles, vehicle_item, vehicle_record
from jianbiao.domain.events import event_of as parsed
from jianbiao.domain.policy import default_policy
from jianbiao.domain.register import add, blank, first_report, without_plate
from jianbiao.errors import Unavailable
from jianbiao.ops import redrive
from jianbiao.ports import PlateTaken, Stale
from jianbiao.records import VehicleChange, VehicleRecord
from jianbiao.services.publish import Notice, Publisher
from jianbiao.services.registry import EventState, Outcome, StoredEvent, digest
from tests.support.moto_tables import moto_tables
from tests.support.registry import RegistryWorld, event, inspected, registered
from tests.support.world import CAR, World

OTHER = dataclasses.replace(CAR, vin="1M8GDM9AXKP042788", owner_ref="p-9", plate="黑A54321")
POLICY = default_policy()
QUEUED = Outcome(EventState.QUEUED)
Moto = tuple[Any, Tables]


@pytest.fixture
def moto() -> Iterator[Moto]:
    with moto_tables() as (client, tables):
        yield client, tables


def stored(one: dict[str, Any], outcome: Outcome = QUEUED) -> StoredEvent:
    return StoredEvent(one["id"], one, digest(one), "client", 1_700_000_000, 86_400, outcome)


# Events


def put(client: Any, event_: StoredEvent) -> DynamoEvents:
    client.put_item(TableName="EventsTable", Item=event_item(event_))
    return DynamoEvents(client, "EventsTable")


def test_an_event_is_stored_and_read(moto: Moto) -> None:
    one = stored(registered("e-1"), Outcome(EventState.REFUSED, None, "hold"))
    assert event_of(event_item(one)) == one
    store = put(moto[0], one)
    assert store.get("e-1") == one
    assert store.get("e-2") is None


def test_an_outcome_is_noted_once(moto: Moto) -> None:
    store = put(moto[0], stored(registered("e-1")))
    store.finish("e-1", Outcome(EventState.APPLIED, "C" * 26), 1_700_000_100)
    store.finish("e-1", Outcome(EventState.REFUSED, None, "hold"), 1_700_000_200)
    found = store.get("e-1")
    assert found
    assert found.outcome == Outcome(EventState.APPLIED, "C" * 26)
    item = moto[0].get_item(TableName="EventsTable", Key={"event_id": {"S": "e-1"}})["Item"]
    assert item["forget_at"]["N"] == str(1_700_000_100 + 86_400)
    store.finish("e-404", Outcome(EventState.APPLIED), 1)
    assert store.get("e-404") is None


def test_an_event_that_waited_for_its_vehicle_ends_anew(moto: Moto) -> None:
    store = put(moto[0], stored(inspected("e-1")))
    assert "forget_at" not in event_item(stored(inspected("e-1")))
    store.finish("e-1", Outcome(EventState.REFUSED, None, "vehicle-unknown"), 1)
    store.finish("e-1", Outcome(EventState.APPLIED, "C" * 26), 2)
    found = store.get("e-1")
    assert found
    assert found.outcome == Outcome(EventState.APPLIED, "C" * 26)


def test_events_that_are_still_queued_are_found(moto: Moto) -> None:
    store = put(moto[0], stored(registered("e-1")))
    put(moto[0], stored(registered("e-2"), Outcome(EventState.APPLIED)))
    assert list(store.queued_before(1_700_000_001)) == ["e-1"]
    assert not list(store.queued_before(1_700_000_000))


# Queue


class Sqs:
    """Answers a batch, refusing the message at `refused`."""

    def __init__(self, refused: int | None = None) -> None:
        self.refused, self.bodies, self.deleted = refused, [], []
        self.source: list[dict[str, str]] = []

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        entries = request["Entries"]
        taken = [e for e in entries if e["Id"] != str(self.refused)]
        self.bodies += [json.loads(e["MessageBody"]) for e in taken]
        failed = [{"Id": e["Id"]} for e in entries if e not in taken]
        return {"Successful": [{"Id": e["Id"]} for e in taken]} | ({"Failed": failed} if failed else {})

    def receive_message(self, **_: Any) -> dict[str, Any]:
        part, self.source = self.source[:10], self.source[10:]
        return {"Messages": part} if part else {}

    def delete_message_batch(self, **request: Any) -> dict[str, Any]:
        self.deleted += [e["ReceiptHandle"] for e in request["Entries"]]
        return {}


def test_messages_are_ids_in_tens() -> None:
    sqs = Sqs()
    SqsEvents(sqs, "q").send([f"e-{i}" for i in range(23)])
    assert sqs.bodies == [{"event_id": f"e-{i}"} for i in range(23)]


def test_a_refused_message_is_an_error() -> None:
    with pytest.raises(Unavailable):
        SqsEvents(Sqs(refused=1), "q").send(["e-1", "e-2"])


def test_dead_letters_are_deleted_once_they_are_sent() -> None:
    sqs = Sqs()
    sqs.source = [{"Body": json.dumps({"event_id": f"e-{i}"}), "ReceiptHandle": f"r-{i}"} for i in range(12)]
    assert redrive.dead_letters(sqs, "from", "to", lambda _: None) == 12
    assert sqs.deleted == [f"r-{i}" for i in range(12)]
    refusing = Sqs(refused=0)
    refusing.source = [{"Body": "{}", "ReceiptHandle": "r-0"}, {"Body": "{}", "ReceiptHandle": "r-1"}]
    with pytest.raises(Unavailable):
        redrive.dead_letters(refusing, "from", "to", lambda _: None)
    assert refusing.deleted == ["r-1"]


# Vehicles


def changed(record: VehicleRecord, *events: dict[str, Any], **more: Any) -> VehicleChange:
    known = record.registered
    for one in events:
        known = add(known, parsed(one).report(POLICY), POLICY)
    return VehicleChange(known, None, 1, "client", **more)


def test_a_vehicle_begins_with_events_that_wait_for_its_registration(moto: Moto) -> None:
    vehicles = DynamoVehicles(*moto)
    new = VehicleRecord(blank(CAR.vin))
    waiting = vehicles.change(new, changed(new, inspected("e-2", 1, valid_until="2029-03-31")))
    read = vehicles.get(CAR.vin)
    assert read == waiting
    assert read
    assert not read.registered.known
    assert vehicles.of_owner("p-1", limit=10, after=None) == ([], None)
    with pytest.raises(Stale):
        vehicles.change(new, changed(new, registered("e-1")))
    whole = vehicles.change(read, changed(read, registered("e-1")))
    assert vehicles.get(CAR.vin) == whole
    assert whole.registered.vehicle.valid_until == date(2029, 3, 31)
    assert vehicles.vin_of_plate("02", CAR.plate) == CAR.vin
    assert vehicles.of_owner("p-1", limit=10, after=None) == ([CAR.vin], None)


def test_a_plate_is_taken_in_one_transaction(moto: Moto) -> None:
    vehicles = DynamoVehicles(*moto)
    client = moto[0]
    records = []
    for vehicle in (CAR, OTHER):
        record = VehicleRecord(first_report(vehicle, (1, "")), version=1)
        client.put_item(TableName="VehiclesTable", Item=vehicle_item(record))
        client.put_item(
            TableName="PlatesTable",
            Item={"plate": {"S": f"02#{vehicle.plate}"}, "vin": {"S": vehicle.vin}},
        )
        records.append(record)
    loses, gains = records
    takes = event("e-1", "vehicle.changed", 1, OTHER.vin, plate=CAR.plate)
    with pytest.raises(PlateTaken):
        vehicles.change(gains, changed(gains, takes))
    also = ((loses, VehicleChange(without_plate(loses.registered, POLICY), None, 1, "client")),)
    vehicles.change(gains, changed(gains, takes, plate_from=CAR.vin, also=also))
    assert vehicles.vin_of_plate("02", CAR.plate) == OTHER.vin
    assert vehicles.vin_of_plate("02", OTHER.plate) is None
    without = vehicles.get(CAR.vin)
    assert without
    assert (without.registered.vehicle.plate, without.version) == ("", 2)
    with pytest.raises(Stale):
        vehicles.change(loses, changed(loses, event("e-2", "vehicle.deregistered")))
    # Given another plate, it has a pointer again, and leaves the other one's alone.
    vehicles.change(without, changed(without, event("e-3", "vehicle.changed", 2, plate="黑A99999")))
    assert vehicles.vin_of_plate("02", "黑A99999") == CAR.vin
    assert vehicles.vin_of_plate("02", CAR.plate) == OTHER.vin


EVENTS = [
    registered("e-01", 1),
    inspected("e-02", 2),
    inspected("e-03", 3, division="110000", valid_until="2029-03-31"),
    event("e-04", "vehicle.transferred", 4, owner_ref="p-2", plate="黑A99999"),
    event("e-05", "vehicle.state_changed", 5, state="GQ"),
    event("e-06", "vehicle.deregistered", 6),
    event("e-07", "insurance.updated", 7) | {"tax": {"paid_until": "2026-12-31"}},
]


@given(st.lists(st.sampled_from(EVENTS), max_size=7), st.booleans(), st.booleans())
@settings(max_examples=100, deadline=None)
def test_what_is_registered_survives_its_item(
    events: list[dict[str, Any]], by_ledger: bool, applied: bool
) -> None:
    known = first_report(CAR, (5, "")) if by_ledger else blank(CAR.vin)
    record = dataclasses.replace(changed_record(known, events), basis=(3, "e-0"), version=4, current="C" * 26)
    if applied:
        record = dataclasses.replace(record, registered=record.registered.with_application())
    assert vehicle_record(vehicle_item(record)) == record


def changed_record(known: Any, events: list[dict[str, Any]]) -> VehicleRecord:
    record = VehicleRecord(known)
    return dataclasses.replace(record, registered=changed(record, *events).registered)


# Bus


@dataclasses.dataclass
class Bus:
    notices: list[Notice] = dataclasses.field(default_factory=list)

    def put(self, notices: Any) -> None:
        self.notices += notices


class Owners:
    def owners_of(self, vins: Any) -> dict[str, str]:
        return dict.fromkeys(vins, "p-1")


def told(world: World, *certificates: Any) -> list[Notice]:
    bus = Bus()
    assert Publisher(Owners(), bus, world.policies).tell(certificates) == len(bus.notices)
    return bus.notices


def test_what_the_bus_is_told_of_a_certificates_life() -> None:
    world = RegistryWorld()
    (first,) = world.happen(registered("e-1"))
    begun = world.certificates.by_id[first.certificate_id or ""]
    (second,) = world.happen(inspected("e-2", 1, valid_until="2029-03-31"))
    world.happen(event("e-3", "vehicle.deregistered", 2))
    ended, revoked = (world.certificates.by_id[o.certificate_id or ""] for o in (first, second))
    notices = told(world, begun, ended, revoked)
    assert [n.kind for n in notices] == ["CertificateIssued", "CertificateSuperseded", "CertificateRevoked"]
    assert [n.detail["id"] for n in notices] == [
        f"{first.certificate_id}-1",
        f"{first.certificate_id}-2",
        f"{second.certificate_id}-2",
    ]
    assert notices[0].detail["owner_ref"] == "p-1"
    assert notices[1].detail["superseded_by"] == second.certificate_id
    assert notices[2].detail["cause"] == "deregistered"
    assert told(world, begun)[0] == notices[0]
    text = json.dumps([n.detail for n in notices], ensure_ascii=False)
    assert CAR.plate not in text
    assert CAR.vin not in text


def test_what_the_bus_is_not_told() -> None:
    world = RegistryWorld()
    (first,) = world.happen(registered("e-1"))
    begun = world.certificates.by_id[first.certificate_id or ""]
    by_ledger = dataclasses.replace(
        begun,
        issuance=dataclasses.replace(
            begun.issuance, cause=dataclasses.replace(begun.issuance.cause, trigger="ledger:f:0")
        ),
    )
    suspended = begun.step("suspended", at=1, by="op", why="fraud")
    voided = dataclasses.replace(begun, data=b"").step("revoked", at=1, by="op", why="fraud")
    assert not told(world, by_ledger, suspended, suspended.step("active", at=2, by="op", why="x"), voided)
    (notice,) = told(world, begun.step("revoked", at=1, by="op", why="an operator's own words"))
    assert notice.detail["cause"] == "operator"


def test_certificates_in_the_stream() -> None:
    world = RegistryWorld()
    (first,) = world.happen(registered("e-1"))
    certificate = world.certificates.by_id[first.certificate_id or ""]
    image = {
        name: {"B": base64.b64encode(value["B"]).decode()} if "B" in value else value
        for name, value in certificate_item(certificate).items()
    }
    records = [{"dynamodb": {"NewImage": image}}, {"dynamodb": {"Keys": {}}}]
    assert changed_certificates(json.loads(json.dumps({"Records": records}))) == [certificate]


class Events:
    """Refuses entries the first `times`."""

    def __init__(self, times: int) -> None:
        self.times, self.taken = times, []

    def put_events(self, **request: Any) -> dict[str, Any]:
        entries = request["Entries"]
        refused = entries[:1] if self.times else []
        self.times -= bool(self.times)
        self.taken += entries[len(refused) :]
        return {
            "Entries": [{"ErrorCode": "Throttling"} if e in refused else {"EventId": "x"} for e in entries]
        }


def test_the_bus_is_asked_again_for_what_it_refused() -> None:
    client = Events(times=2)
    pauses: list[float] = []
    notices = [Notice("CertificateIssued", {"id": str(i)}) for i in range(12)]
    EventBridgeBus(client, "bus", pauses.append).put(notices)
    assert sorted(json.loads(e["Detail"])["id"] for e in client.taken) == sorted(str(i) for i in range(12))
    assert pauses == [0.1, 0.2]
    with pytest.raises(Unavailable):
        EventBridgeBus(Events(times=99), "bus", pauses.append).put(notices[:1])


def test_owners_are_read_from_the_vehicles(moto: Moto) -> None:
    client, tables = moto
    client.put_item(
        TableName=tables.vehicles, Item=vehicle_item(VehicleRecord(first_report(CAR, (1, "")), 1))
    )
    client.put_item(TableName=tables.vehicles, Item=vehicle_item(VehicleRecord(blank(OTHER.vin), 1)))
    assert VehicleOwners(client, tables.vehicles).owners_of([CAR.vin, OTHER.vin, "x"]) == {CAR.vin: "p-1"}
