"""What the issue guard reads of the tables: everything once over all segments, and faults of any kind as findings."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import pytest

from jianbiao.aws.certificates import certificate_item
from jianbiao.aws.decisions import DynamoDecisions
from jianbiao.aws.guard_books import DynamoBooks
from jianbiao.aws.issuances import issuance_item
from jianbiao.aws.launches import DynamoLaunches
from jianbiao.aws.tables import Tables
from jianbiao.aws.vehicles import vehicle_item
from jianbiao.aws.voids import DynamoVoids
from jianbiao.citizen_records import Decision
from jianbiao.domain.register import first_report
from jianbiao.errors import Conflict
from jianbiao.ops import guard
from jianbiao.ops.keys import DOWN
from jianbiao.ports import Stale
from jianbiao.records import Certificate, Step, VehicleRecord
from jianbiao.services.launches import Launch
from jianbiao.services.ledger_run import LedgerObject
from jianbiao.services.leftovers import GRACE, Settler, Unreadable
from jianbiao.services.reconcile import Guard
from tests.services.ledgers import row, run, vin
from tests.support.moto_tables import moto_tables
from tests.support.world import CAR, World

NAMES = ("certificates", "issuances", "events", "vehicles", "decisions", "backfills")
TABLES = {name: f"{name.capitalize()}Table" for name in NAMES}


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with moto_tables() as (client, _):
        yield client


@pytest.fixture
def books(client: Any) -> Iterator[DynamoBooks]:
    yield DynamoBooks(client, **TABLES)
    for name, key in (
        ("certificates", "certificate_id"),
        ("issuances", "certificate_id"),
        ("vehicles", "vin"),
    ):
        for item in client.scan(TableName=TABLES[name])["Items"]:
            client.delete_item(TableName=TABLES[name], Key={key: item[key]})


@pytest.fixture(scope="module")
def world() -> World:
    """Twelve certificates of a ledger."""
    made = World()
    run(made, b"\n".join(row(number) for number in range(1, 13)))
    return made


def store(client: Any, world: World) -> list[Certificate]:
    for record in world.vehicles.records.values():
        client.put_item(TableName=TABLES["vehicles"], Item=vehicle_item(record))
    for certificate in world.certificates.by_id.values():
        client.put_item(TableName=TABLES["certificates"], Item=certificate_item(certificate))
        client.put_item(TableName=TABLES["issuances"], Item=issuance_item(certificate.issuance))
    return list(world.certificates.by_id.values())


def test_segments_are_parts_of_the_whole(client: Any, books: DynamoBooks, world: World) -> None:
    made = store(client, world)
    read = [one for s in range(4) for page in books.certificates(s, 4) for one in page]
    assert sorted(read, key=lambda c: c.certificate_id) == sorted(made, key=lambda c: c.certificate_id)
    meant = [one for s in range(4) for page in books.issuances(s, 4) for one in page]
    assert {one.certificate_id for one in meant} == world.certificates.by_id.keys()
    ids = [made[0].certificate_id, "9" * 26]
    assert books.issuances_of(ids) == {made[0].certificate_id: made[0].issuance}
    assert books.certified(ids) == {made[0].certificate_id: True}


def test_planted_faults_are_found(client: Any, books: DynamoBooks, world: World) -> None:
    DynamoLaunches(client, TABLES["backfills"]).create(
        Launch("second", LedgerObject("ledger/a", "v", "e", 10_000, 0), 0)
    )
    guard = Guard(books, world.keys, world.policies, lambda: world.clock() + GRACE)
    planted, lost, garbled, uncaused, *_ = store(client, world)
    assert guard.look().findings == []
    client.delete_item(TableName=TABLES["issuances"], Key={"certificate_id": {"S": planted.certificate_id}})
    client.delete_item(TableName=TABLES["certificates"], Key={"certificate_id": {"S": lost.certificate_id}})
    item = certificate_item(garbled) | {"data": {"B": b"\xd2\x84"}}
    client.put_item(TableName=TABLES["certificates"], Item=item)
    cause = dataclasses.replace(uncaused.issuance.cause, trigger="event:none")
    issuance = dataclasses.replace(uncaused.issuance, cause=cause)
    changed = dataclasses.replace(uncaused, issuance=issuance)
    client.put_item(TableName=TABLES["certificates"], Item=certificate_item(changed))
    client.put_item(TableName=TABLES["issuances"], Item=issuance_item(issuance))
    assert {finding.certificate_id: finding.why for finding in guard.look().findings} == {
        planted.certificate_id: "no-issuance-record",
        lost.certificate_id: "its-vehicle-waits-for-it",
        garbled.certificate_id: "certificate-unreadable",
        uncaused.certificate_id: "no-such-event-of-the-vehicle",
    }


def test_an_item_under_another_id_is_none_of_ours(client: Any, books: DynamoBooks, world: World) -> None:
    first, second, *_ = store(client, world)
    item = certificate_item(first) | {"certificate_id": {"S": second.certificate_id}}
    client.put_item(TableName=TABLES["certificates"], Item=item)
    read = [one for page in books.certificates(0, 1) for one in page]
    assert [one for one in read if isinstance(one, Unreadable)] == [Unreadable(second.certificate_id)]


def test_causes(client: Any, books: DynamoBooks) -> None:
    for id_, body in (("e-1", {"vehicle": {"vin": vin(1).lower()}}), ("e-2", {}), ("e-3", [])):
        item = {"event_id": {"S": id_}, "body": {"S": json.dumps(body)}}
        client.put_item(TableName=TABLES["events"], Item=item)
    assert books.vins_of_events(["e-1", "e-2", "e-3", "e-4", "e-1"]) == {"e-1": vin(1), "e-2": "", "e-3": ""}
    record = VehicleRecord(first_report(CAR, (1, "")), version=1)
    client.put_item(TableName=TABLES["vehicles"], Item=vehicle_item(record))
    assert books.vehicles([CAR.vin, vin(9)]) == {CAR.vin: None}
    for number, granted in enumerate((True, False, True)):
        DynamoDecisions(client, TABLES["decisions"]).record(
            Decision(f"d-{number}", CAR.vin, 1, "p-1", f"a-{number}", granted, "", {}, keep=1)
        )
    assert books.granted_claims(CAR.vin) == {"a-0", "a-2"}
    assert books.ledger_size("nowhere") is None


def test_what_a_killed_worker_left_is_counted_once_its_row_was_tried_again(
    client: Any, books: DynamoBooks, world: World
) -> None:
    DynamoLaunches(client, TABLES["backfills"]).create(
        Launch("second", LedgerObject("ledger/a", "v", "e", 10_000, 0), 0)
    )
    made = store(client, world)
    for number, certificate in enumerate(made, 1):
        claims = dataclasses.replace(certificate.claims, cti=bytes(15) + bytes([200 + number]))
        left = dataclasses.replace(certificate.issuance, claims=claims)
        client.put_item(TableName=TABLES["issuances"], Item=issuance_item(left))
    guard = Guard(books, world.keys, world.policies, lambda: world.clock() + GRACE)
    look = guard.look()
    assert (look.findings, look.seen["retried"]) == ([], len(made))


def test_a_void_is_stored_where_nothing_is_and_no_vehicle_waits(
    client: Any, books: DynamoBooks, world: World
) -> None:
    ours, *_ = store(client, world)
    voids = DynamoVoids(client, Tables(certificates=TABLES["certificates"], vehicles=TABLES["vehicles"]))
    settler = Settler(books, voids, lambda: world.clock() + GRACE)
    key = {"certificate_id": {"S": ours.certificate_id}}
    client.delete_item(TableName=TABLES["certificates"], Key=key)
    step = Step("revoked", 1, "op-1", "planted")
    for number, vehicle in enumerate((ours.issuance.vin, vin(99))):
        claims = dataclasses.replace(ours.claims, cti=bytes(15) + bytes([100 + number]))
        planted = dataclasses.replace(ours.issuance, claims=claims, vin=vehicle)
        client.put_item(TableName=TABLES["issuances"], Item=issuance_item(planted))
        assert settler.void(planted.certificate_id, by="op-1", why="planted")
        assert books.certified([planted.certificate_id]) == {planted.certificate_id: False}
        assert not settler.void(planted.certificate_id, by="op-2", why="again")
        with pytest.raises(Stale):
            voids.put(Certificate(planted, b"", (step,)))
    # The vehicle waits for this one: also where it began to after it was looked at.
    with pytest.raises(Stale):
        voids.put(Certificate(ours.issuance, b"", (step,)))
    assert books.certified([ours.certificate_id]) == {}


def test_a_record_that_is_none_of_ours_is_not_voided(client: Any, books: DynamoBooks, world: World) -> None:
    id_ = "9" * 26
    client.put_item(TableName=TABLES["issuances"], Item={"certificate_id": {"S": id_}})
    with pytest.raises(Conflict, match="cannot be read"):
        Settler(books, DynamoVoids(client, Tables()), world.clock).void(id_, by="op-1", why="x")


def test_the_command_says_that_the_tables_do_not_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "x"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("AWS_DEFAULT_REGION", "x"),
    ):
        monkeypatch.setenv(name, value)
    tables = ["--certificates", "c", "--issuances", "i", "--vehicles", "v"]
    nobody = ["--endpoint-url", "http://127.0.0.1:9", "--by", "op-1", "--why", "x"]
    assert guard.main(["void", *tables, *nobody, "9" * 26]) == DOWN
    assert "Run it again" in capsys.readouterr().err
