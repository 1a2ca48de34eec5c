"""Issuance records that did not become certificates: quiet where a ledger row was tried again, loud where not."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from datetime import date

import pytest

from jianbiao.domain.eligibility import Entitlement
from jianbiao.errors import Conflict, NotFound, Unavailable
from jianbiao.ops.guard import parser, settle
from jianbiao.ops.keys import BUSY, REFUSED
from jianbiao.ports import Stale
from jianbiao.records import Cause, Certificate, Issuance
from jianbiao.services.leftovers import GRACE, LINKS, LOST, NOBODYS, WAITING, Settler
from jianbiao.wire.keys import kid_of
from tests.services.ledgers import row, run, vin
from tests.support.memory import Faults, spki
from tests.support.memory_books import MemoryBooks
from tests.support.world import KEYS, World

SEEN = {"certificates", "issuances"}


@dataclass
class Scene:
    """A ledger of two rows, looked at two hours later. `ours` is the first row's certificate."""

    world: World = field(default_factory=World)

    def __post_init__(self) -> None:
        run(self.world, row(1) + b"\n" + row(2))
        self.world.later = 2 * GRACE
        self.books = MemoryBooks(self.world)
        (self.ours,) = self.world.active(vin(1))

    def plant(self, number: int = 1, **changes: object) -> Issuance:
        """An issuance record beside ours that differs by its id and `changes`, of the issuance or its claims."""
        base = self.ours.issuance
        claims = {"cti": (1000 + number).to_bytes(16)} | {
            name: changes.pop(name) for name in list(changes) if hasattr(base.claims, name)
        }
        made = dataclasses.replace(base, claims=dataclasses.replace(base.claims, **claims), **changes)  # type: ignore[arg-type]
        self.world.issuances.by_id[made.certificate_id] = made
        return made

    def look(self) -> tuple[dict[str, str], dict[str, int]]:
        """What is found by id, and what is counted."""
        look = self.books.guard.look()
        counted = {name: count for name, count in look.seen.items() if name not in SEEN}
        return {finding.certificate_id: finding.why for finding in look.findings}, counted

    def issue(self, trigger: str, until: date) -> Certificate:
        """Another certificate for the first row's vehicle."""
        entitled = Entitlement(until, "SP2022", 1, transition=False)
        record = self.world.vehicles.records[vin(1)]
        cause = Cause(3, trigger, "registry")
        return self.world.issuer.issue(record, lambda _: entitled, cause).certificate


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", range(1, 14))
def test_a_worker_that_is_killed_anywhere_leaves_nothing_to_be_found(at: int, after: bool) -> None:
    world = World(faults=Faults(at=at, after=after))
    try:
        run(world, row(1) + b"\n" + row(2))
    except Unavailable:
        world.faults.at = 0
        world.later = 60
        run(world, row(1) + b"\n" + row(2))
    world.later = 10 * GRACE
    look = MemoryBooks(world).guard.look()
    assert look.findings == []
    assert len(world.certificates.by_id) == 2
    assert look.seen["retried"] == len(world.issuances.by_id) - 2


def test_one_of_these_crashes_leaves_intents_that_no_vehicle_refers_to() -> None:
    world = World(faults=Faults())
    run(world, row(1) + b"\n" + row(2))
    at = world.faults.calls.index("MemoryVehicles.insert_many") + 1
    world = World(faults=Faults(at=at))
    with pytest.raises(Unavailable):
        run(world, row(1) + b"\n" + row(2))
    world.later = GRACE
    books = MemoryBooks(world)
    assert [finding.why for finding in books.guard.look().findings] == [NOBODYS] * 2
    run(world, row(1) + b"\n" + row(2))
    world.later = 2 * GRACE
    assert books.guard.look().findings == []


def test_the_remains_of_a_retried_row_are_counted() -> None:
    scene = Scene()
    scene.plant(iat=scene.ours.claims.iat - 60, status_idx=77, status_uri="urn:jianbiao:test:1")
    assert scene.look() == ({}, {"retried": 1})


@pytest.mark.parametrize("until", [date(2028, 3, 31), date(2029, 3, 31)])
def test_they_are_counted_when_the_vehicle_has_had_other_certificates_since(until: date) -> None:
    scene = Scene()
    scene.plant()
    scene.issue("event:e-1", date(2028, 3, 31))
    scene.issue("event:e-2", until)
    scene.books.events = {"e-1": vin(1), "e-2": vin(1)}
    assert scene.look() == ({}, {"retried": 1})


@pytest.mark.parametrize(
    "changes",
    [
        {"cause": Cause(4, "ledger:second:1", "system")},
        {"cause": Cause(4, "ledger:first:0", "system")},
        {"cause": Cause(4, "ledger:second:0", "somebody")},
        {"vin": vin(2)},
        {"vin": "LSJA24U62JG269225"},
        {"plate": "黑A99999"},
        {"plate_class": "01"},
        {"vehicle_type": "K31"},
        {"use": "B"},
        {"iss": "230200"},
        {"exp": 4_000_000_000},
    ],
    ids="-".join,
)
def test_one_that_differs_from_what_its_vehicle_was_issued_is_found(changes: dict[str, object]) -> None:
    scene = Scene()
    planted = scene.plant(**changes)
    assert scene.look() == ({planted.certificate_id: NOBODYS}, {})


@pytest.mark.parametrize(("later", "why"), [(GRACE - 1, {}), (GRACE, NOBODYS)])
def test_one_that_was_recorded_long_after_its_row_was_done_is_found(later: int, why: str) -> None:
    scene = Scene()
    planted = scene.plant(iat=scene.ours.claims.iat + later)
    scene.world.later = 3 * GRACE
    assert scene.look() == (({planted.certificate_id: why}, {}) if why else ({}, {"retried": 1}))


@pytest.mark.parametrize("trigger", ["event:e-1", "application:a-1", "by-hand"])
def test_what_is_recorded_together_with_its_vehicle_cannot_have_been_left_behind(trigger: str) -> None:
    scene = Scene()
    cause = Cause(3, trigger, "registry")
    issuance = dataclasses.replace(scene.ours.issuance, cause=cause)
    scene.world.certificates.by_id[issuance.certificate_id] = dataclasses.replace(
        scene.ours, issuance=issuance
    )
    scene.world.issuances.by_id[issuance.certificate_id] = issuance
    planted = scene.plant(cause=cause)
    found, counted = scene.look()
    assert (found[planted.certificate_id], counted) == (NOBODYS, {})


def test_a_certificate_that_was_superseded_and_is_gone_is_found() -> None:
    scene = Scene()
    scene.issue("event:e-1", date(2028, 3, 31))
    scene.books.events = {"e-1": vin(1)}
    del scene.world.certificates.by_id[scene.ours.certificate_id]
    # Also beside the remains of its own row, which say the same.
    scene.plant()
    assert scene.look() == ({scene.ours.certificate_id: LOST}, {"retried": 1})


@pytest.mark.parametrize(
    ("extra", "is_over"),
    [({}, False), ({"exp": 0}, True), ({"kid": kid_of(spki(KEYS[1]))}, True), ({"kid": bytes(8)}, False)],
    ids=["valid", "past its end", "compromised key", "unknown key"],
)
def test_what_no_signature_would_make_valid_is_no_finding(extra: dict[str, object], is_over: bool) -> None:
    scene = Scene()
    scene.world.keys.revoked[kid_of(spki(KEYS[1]))] = scene.world.clock()
    if "exp" in extra:
        extra = {"exp": scene.world.clock()}
    planted = scene.plant(vin=vin(2), **extra)
    assert scene.look() == (({}, {"over": 1}) if is_over else ({planted.certificate_id: NOBODYS}, {}))


def test_a_ring_of_records_ends_the_look_all_the_same() -> None:
    scene = Scene()
    by_id = scene.world.issuances.by_id
    ours = scene.ours.certificate_id
    by_id[ours] = dataclasses.replace(by_id[ours], supersedes=ours)
    planted = scene.plant(vin=vin(1), use="B")
    asked = 0
    read = scene.books.issuances_of

    def counted(ids: list[str]) -> object:
        nonlocal asked
        asked += 1
        return read(ids)

    scene.books.issuances_of = counted  # type: ignore[assignment,method-assign]
    found, _ = scene.look()
    assert found[planted.certificate_id] == NOBODYS
    assert asked <= LINKS + len(scene.world.certificates.by_id) + 1


# Voiding.


@dataclass
class MemoryVoids:
    """Port `Voids`."""

    scene: Scene
    busy: bool = False

    def put(self, void: Certificate) -> None:
        world = self.scene.world
        record = world.vehicles.records.get(void.issuance.vin)
        taken = record is not None and record.current == void.certificate_id
        if self.busy or taken or void.certificate_id in world.certificates.by_id:
            raise Stale
        world.certificates.by_id[void.certificate_id] = void


def settler(scene: Scene, *, busy: bool = False) -> Settler:
    return Settler(scene.books, MemoryVoids(scene, busy), scene.world.clock)


def test_a_voided_stranger_is_silent_and_its_history_stays() -> None:
    scene = Scene()
    planted = scene.plant(vin=vin(9), cause=Cause(4, "ledger:nowhere:0", "x"))
    id_ = planted.certificate_id
    assert scene.look()[0] == {id_: NOBODYS}
    desk = settler(scene)
    assert desk.void(id_, by="op-1", why="planted by a test", dry_run=True)
    assert scene.look()[0] == {id_: NOBODYS}
    assert desk.void(id_, by="op-1", why="planted by a test")
    stored = scene.world.certificates.by_id[id_]
    assert (stored.issuance, stored.data) == (planted, b"")
    (step,) = stored.life
    assert (step.status, step.at, step.by, step.why) == (
        "revoked",
        scene.world.clock(),
        "op-1",
        "planted by a test",
    )
    assert scene.look() == ({}, {})
    assert not desk.void(id_, by="op-2", why="again")
    assert scene.world.certificates.by_id[id_] == stored


def test_what_was_retried_may_be_voided_too() -> None:
    scene = Scene()
    assert settler(scene).void(scene.plant().certificate_id, by="op-1", why="tidy")
    assert scene.look() == ({}, {})


def test_nothing_else_can_be_voided() -> None:
    scene = Scene()
    desk = settler(scene)

    def refused(certificate_id: str) -> str:
        with pytest.raises(Conflict) as problem:
            desk.void(certificate_id, by="op-1", why="x")
        return str(problem.value)

    assert "revoke it" in refused(scene.ours.certificate_id)
    fresh = scene.plant(2, vin=vin(9), iat=scene.world.clock() - GRACE + 1)
    assert "less than an hour" in refused(fresh.certificate_id)
    with pytest.raises(NotFound):
        desk.void("9" * 26, by="op-1", why="x")
    scene.issue("event:e-1", date(2028, 3, 31))
    del scene.world.certificates.by_id[scene.ours.certificate_id]
    assert "lost" in refused(scene.ours.certificate_id)
    (newest,) = scene.world.active(vin(1))
    scene.world.later = 4 * GRACE
    del scene.world.certificates.by_id[newest.certificate_id]
    assert "redrive" in refused(newest.certificate_id)
    assert scene.look()[0][newest.certificate_id] == WAITING


def test_the_command_says_how_each_ended_and_its_status_is_the_worst() -> None:
    scene = Scene()
    planted = [scene.plant(number, vin=vin(9)).certificate_id for number in (1, 2)]
    said: list[str] = []

    def void(busy: bool = False, *ids: str) -> int:
        desk = settler(scene, busy=busy)
        return settle(ids, lambda id_: desk.void(id_, by="op", why="x"), "voided", said.append)

    assert void(True, planted[0]) == BUSY
    assert void(False, *planted) == 0
    assert void(False, planted[0], scene.ours.certificate_id, "9" * 26) == REFUSED
    assert [line.partition("  ")[2].split(":")[0].split(" (")[0].strip() for line in said] == [
        "somebody was first",
        "voided",
        "voided",
        "was voided before",
        "refused",
        "refused",
    ]


@pytest.mark.parametrize("why", ["", " ", "two\nlines", "x" * 501])
def test_what_goes_on_record_is_a_line_of_text(why: str) -> None:
    tables = ["--certificates", "c", "--issuances", "i", "--vehicles", "v", "--by", "op-1"]
    assert parser().parse_args(["void", *tables, "--why", " 误报 ", "1" * 26]).why == "误报"
    with pytest.raises(SystemExit):
        parser().parse_args(["void", *tables, "--why", why, "1" * 26])
