"""Revoking, suspending, reinstating and holds: nothing gets past a hold, whatever fails and whoever is first."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from jianbiao.domain.certificate import State
from jianbiao.domain.eligibility import entitle_current
from jianbiao.domain.ledger_lines import RangeLines
from jianbiao.domain.register import merge
from jianbiao.errors import Conflict, NotFound, Refusal, Unavailable
from jianbiao.records import Cause, Certificate
from jianbiao.services.admin import ATTEMPTS, AdminDesk
from jianbiao.services.backfill import LedgerFile
from tests.support.memory import Faults
from tests.support.world import CAR, TODAY, World

LATER = date(2029, 3, 31)


def desk(world: World) -> AdminDesk:
    watch = world.faults.wrap
    return AdminDesk(watch(world.vehicles), watch(world.certificates), watch(world.issuances), world.clock)


def issue(world: World) -> Certificate:
    """What an application does, without what an application needs beside."""
    return (
        world.issuer.issue(world.vehicles.records[CAR.vin], entitled(world), Cause(4, "application:r", "p-1"))
    ).certificate


def entitled(world: World) -> Callable[[Any], Any]:
    def decide(record: Any) -> Any:
        return entitle_current(
            world.policies.policy,
            record.registered.vehicle,
            person=None,
            held=record.hold is not None,
            on=TODAY,
        )

    return decide


def issued(world: World) -> Certificate:
    world.add()
    return issue(world)


def extend(world: World) -> None:
    """The vehicle has been inspected: a newer certificate is due."""
    record = world.vehicles.records[CAR.vin]
    world.vehicles.update(record, merge(record.registered, {"valid_until": LATER}, (2, "")))


def reserved(world: World) -> tuple[Certificate, str]:
    """A running certificate, and a newer one that is reserved and not signed."""
    old = issued(world)
    extend(world)
    world.signer.down = True
    with pytest.raises(Unavailable):
        issue(world)
    world.signer.down = False
    pending = world.vehicles.records[CAR.vin].current
    assert pending is not None
    assert pending != old.certificate_id
    return old, pending


def row(world: World) -> Any:
    """The vehicle's own ledger row, run through the chunk worker."""
    v = world.vehicles.records[CAR.vin].registered.vehicle
    line = {
        "hpzl": v.plate_class, "hphm": v.plate, "clsbdh": v.vin, "cllx": v.vehicle_type, "syxz": v.use,
        "csys": v.colour, "hdzk": str(v.seats), "ccdjrq": str(v.registered_on), "yxqz": str(v.valid_until),
        "fzjg": "黑A", "zt": "A", "division": v.division, "owner_ref": v.owner_ref,
    }  # fmt: skip
    data = json.dumps(line, ensure_ascii=False).encode() + b"\n"
    lines = RangeLines(lambda first, stop: iter([data[first:stop]]), 0, len(data), len(data), 65_536)
    result = world.worker.run(lines, LedgerFile("ledger-2", 3))
    assert result.counts["rows"] == 1
    assert not result.counts["invalid"], result.reasons
    return result


@pytest.mark.parametrize("kind", [State.REVOKED, State.SUSPENDED])
def test_stopping_is_recorded_and_holds_the_vehicle(kind: State) -> None:
    world = World()
    certificate = issued(world)
    found = desk(world).stop(certificate.certificate_id, kind, reason="fraud", actor="op-1")
    last = found.certificate.life[-1]
    assert (last.status, last.by, last.why, last.at) == (kind, "op-1", "fraud", world.clock())
    assert found.certificate.life[:-1] == certificate.life
    assert found.record.hold is not None
    assert (found.record.hold.actor, found.record.hold.reason) == ("op-1", "fraud")
    assert [(s.held, s.by, s.why) for s in found.record.hold_steps] == [(True, "op-1", "fraud")]
    with pytest.raises(Refusal) as refused:
        issue(world)
    assert refused.value.reason == "hold"
    assert row(world).counts["refused"] == 1
    assert not world.active()


def test_it_works_while_kms_is_down_and_signs_nothing() -> None:
    world = World()
    certificate = issued(world)
    signed = len(world.signer.signed)
    world.signer.down = True
    admin = desk(world)
    admin.stop(certificate.certificate_id, State.SUSPENDED, reason="r", actor="op")
    admin.reinstate(certificate.certificate_id, reason="r", actor="op")
    admin.stop(certificate.certificate_id, State.REVOKED, reason="r", actor="op")
    admin.lift(CAR.vin, reason="r", actor="op")
    assert len(world.signer.signed) == signed


def test_reinstating_lifts_the_hold_and_keeps_the_history() -> None:
    world = World()
    certificate = issued(world)
    admin = desk(world)
    admin.stop(certificate.certificate_id, State.SUSPENDED, reason="doubt", actor="op-1")
    found = admin.reinstate(certificate.certificate_id.lower(), reason="cleared", actor="op-2")
    assert [s.status for s in found.certificate.life] == ["active", "suspended", "active"]
    assert found.record.hold is None
    assert [(s.held, s.by, s.why) for s in found.record.hold_steps] == [
        (True, "op-1", "doubt"),
        (False, "op-2", "cleared"),
    ]
    assert issue(world).certificate_id == certificate.certificate_id


@pytest.mark.parametrize("kind", [State.REVOKED, State.SUSPENDED])
def test_a_lifted_hold_leaves_the_certificate_and_allows_a_new_one(kind: State) -> None:
    world = World()
    certificate = issued(world)
    admin = desk(world)
    admin.stop(certificate.certificate_id, kind, reason="r", actor="op")
    admin.lift(CAR.vin, reason="done", actor="op")
    assert world.certificates.by_id[certificate.certificate_id].status == kind
    new = issue(world)
    assert [c.certificate_id for c in world.active()] == [new.certificate_id]
    ended = world.certificates.by_id[certificate.certificate_id].status
    assert ended == ("superseded" if kind is State.SUSPENDED else "revoked")
    with pytest.raises(Conflict):
        admin.reinstate(certificate.certificate_id, reason="r", actor="op")


def test_what_is_terminal_stays_so() -> None:
    world = World()
    certificate = issued(world)
    admin = desk(world)
    admin.stop(certificate.certificate_id, State.REVOKED, reason="r", actor="op")
    for kind in (State.SUSPENDED, State.REVOKED):
        with pytest.raises(Conflict) as refused:
            admin.stop(certificate.certificate_id, kind, reason="another", actor="op")
        assert refused.value.code == "not-allowed-in-state"
    with pytest.raises(Conflict):
        admin.reinstate(certificate.certificate_id, reason="r", actor="op")


@pytest.mark.parametrize("call", ["active", "expired", "changed"])
def test_only_a_suspended_certificate_that_is_still_true_is_reinstated(call: str) -> None:
    world = World()
    certificate = issued(world)
    admin = desk(world)
    if call != "active":
        admin.stop(certificate.certificate_id, State.SUSPENDED, reason="r", actor="op")
    if call == "expired":
        world.today = date(2027, 4, 1)
    if call == "changed":
        record = world.vehicles.records[CAR.vin]
        world.vehicles.update(record, merge(record.registered, {"use": "B"}, (2, "")))
    with pytest.raises(Conflict) as refused:
        admin.reinstate(certificate.certificate_id, reason="r", actor="op")
    assert refused.value.code == "not-allowed-in-state"
    assert world.certificates.by_id[certificate.certificate_id].status != "active" or call == "active"


@pytest.mark.parametrize("text", ["", "0" * 26, "8" + "0" * 25, "not an id"])
def test_unknown_certificates_are_not_found(text: str) -> None:
    world = World()
    admin = desk(world)
    for call in (
        lambda: admin.history(text),
        lambda: admin.stop(text, State.REVOKED, reason="r", actor="op"),
        lambda: admin.reinstate(text, reason="r", actor="op"),
        lambda: admin.lift(CAR.vin, reason="r", actor="op"),
    ):
        with pytest.raises(NotFound):
            call()


def test_lifting_where_there_is_no_hold() -> None:
    world = World()
    world.add()
    with pytest.raises(Conflict) as refused:
        desk(world).lift(CAR.vin, reason="r", actor="op")
    assert refused.value.code == "not-held"


@pytest.mark.parametrize("kind", [State.REVOKED, State.SUSPENDED])
def test_an_issuance_that_is_not_signed_yet_is_voided(kind: State) -> None:
    world = World()
    old, pending = reserved(world)
    found = desk(world).stop(old.certificate_id, kind, reason="fraud", actor="op")
    void = world.certificates.by_id[pending]
    assert (void.data, void.status, void.life[-1].why) == (b"", "revoked", "fraud")
    assert found.certificate.status == kind
    with pytest.raises(Refusal):
        issue(world)
    # Whoever had it in hand and was about to sign cannot make it active any more.
    assert world.issuer._finish(world.issuances.by_id[pending]).status == "revoked"
    assert not world.active()


def test_a_reinstated_certificate_is_superseded_like_any_other_after_a_void() -> None:
    world = World()
    old, _ = reserved(world)
    admin = desk(world)
    admin.stop(old.certificate_id, State.SUSPENDED, reason="r", actor="op")
    admin.reinstate(old.certificate_id, reason="r", actor="op")
    assert [c.certificate_id for c in world.active()] == [old.certificate_id]
    new = issue(world)
    assert new.valid_until == LATER
    assert [c.certificate_id for c in world.active()] == [new.certificate_id]
    assert world.certificates.by_id[old.certificate_id].status == "superseded"


def test_stopping_an_expired_certificate_stops_the_running_one_too() -> None:
    world = World(today=date(2026, 3, 1))
    world.add(registered_on=date(2022, 3, 15), valid_until=date(2026, 3, 31))
    old = world.issuer.issue(
        world.vehicles.records[CAR.vin],
        lambda r: entitle_current(
            world.policies.policy, r.registered.vehicle, person=None, held=False, on=world.today
        ),
        Cause(4, "application:r", "p-1"),
    ).certificate
    world.today = TODAY
    record = world.vehicles.records[CAR.vin]
    world.vehicles.update(record, merge(record.registered, {"valid_until": date(2028, 3, 31)}, (2, "")))
    new = issue(world)
    assert world.certificates.by_id[old.certificate_id].status == "active"
    desk(world).stop(old.certificate_id, State.REVOKED, reason="fraud", actor="op")
    assert not world.active()
    assert world.certificates.by_id[new.certificate_id].life[-1].why == "fraud"


@dataclasses.dataclass
class Meddler(list[str]):
    """A list of calls that does something before the call number `at` takes effect."""

    at: int
    action: Callable[[], None]

    def append(self, call: str) -> None:
        super().append(call)
        if len(self) == self.at:
            self.action()


def _new_for(world: World, other: Callable[[World], Any]) -> int:
    """Calls that `other` makes for a vehicle whose newer certificate is due."""
    issued(world)
    extend(world)
    world.faults.calls.clear()
    other(world)
    return len(world.faults.calls)


@pytest.mark.parametrize(
    ("other", "at"), [(other, n) for other in (issue, row) for n in range(1, _new_for(World(), other) + 1)]
)
def test_a_hold_set_while_another_is_at_work_is_not_passed(other: Callable[[World], Any], at: int) -> None:
    """The operator's call comes before each call of an application, or of the ledger's worker, in turn."""
    world = World()
    certificate = issued(world)
    extend(world)
    meddler = Meddler(at, lambda: _stop(world, certificate))
    world.faults.calls = meddler
    try:
        outcome = other(world)
    except Refusal as refusal:
        assert refusal.reason == "hold"
    else:
        # It was through before the hold was set, or (the ledger's worker) has noted the refusal.
        assert isinstance(outcome, Certificate) or outcome.counts["rows"] == 1
    assert len(meddler) >= at
    assert world.vehicles.records[CAR.vin].hold is not None
    assert not world.active()


def _stop(world: World, certificate: Certificate) -> None:
    """Stop whatever is the vehicle's certificate by now, as an operator does who is told that it was replaced."""
    admin = AdminDesk(world.vehicles, world.certificates, world.issuances, world.clock)
    try:
        admin.stop(certificate.certificate_id, State.REVOKED, reason="fraud", actor="op")
    except Conflict:
        newest = world.vehicles.records[CAR.vin].current
        admin.stop(newest or "", State.REVOKED, reason="fraud", actor="op")


def test_an_application_that_commits_first_makes_the_operator_look_again() -> None:
    world = World()
    old, pending = reserved(world)

    def commit() -> None:
        world.certificates.commit(world.issuer.sign(world.issuances.by_id[pending]), supersedes=old)

    # The third call: certificate and vehicle are read, and the issuance looks unfinished until now.
    world.faults.calls = Meddler(3, commit)
    with pytest.raises(Conflict) as refused:
        desk(world).stop(old.certificate_id, State.REVOKED, reason="r", actor="op")
    assert refused.value.code == "not-allowed-in-state"
    assert [c.certificate_id for c in world.active()] == [pending]
    assert world.vehicles.records[CAR.vin].hold is None


def test_a_record_that_keeps_changing_is_given_up_after_a_bounded_number_of_readings() -> None:
    world = World()
    certificate = issued(world)
    rounds = []

    def change() -> None:
        rounds.append(1)
        record = world.vehicles.records[CAR.vin]
        world.vehicles.records[CAR.vin] = dataclasses.replace(record, version=record.version + 1)
        world.vehicles.interleave = change

    world.vehicles.interleave = change
    with pytest.raises(Unavailable):
        desk(world).stop(certificate.certificate_id, State.REVOKED, reason="r", actor="op")
    assert len(rounds) == ATTEMPTS


def _stops(world: World) -> None:
    certificate = next(iter(world.certificates.by_id))
    desk(world).stop(certificate, State.SUSPENDED, reason="r", actor="op")


def _reinstates(world: World) -> None:
    desk(world).reinstate(next(iter(world.certificates.by_id)), reason="r", actor="op")


def _lifts(world: World) -> None:
    desk(world).lift(CAR.vin, reason="done", actor="op")


def _before(step: Callable[[World], None]) -> World:
    world = World()
    if step is _stops:
        reserved(world)
    else:
        issued(world)
        _stops(world)
    return world


def _count(step: Callable[[World], None]) -> int:
    world = _before(step)
    world.faults.calls.clear()
    step(world)
    return len(world.faults.calls)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("step", "at"), [(s, n) for s in (_stops, _reinstates, _lifts) for n in range(1, _count(s) + 1)]
)
def test_any_call_may_fail_before_or_after_taking_effect(
    step: Callable[[World], None], at: int, after: bool
) -> None:
    world = _before(step)
    world.faults.calls.clear()
    world.faults.at, world.faults.after = at, after
    with pytest.raises(Unavailable):
        step(world)
    world.faults = Faults()
    step(world)
    record = world.vehicles.records[CAR.vin]
    oldest = world.certificates.by_id[next(iter(world.certificates.by_id))]
    if step is _stops:
        assert record.hold is not None
        assert [s.status for s in oldest.life] == ["active", "suspended"]
        assert not world.active()
        assert len(record.hold_steps) == 1
    else:
        assert record.hold is None
        assert [s.held for s in record.hold_steps] == [True, False]
        assert oldest.status == ("active" if step is _reinstates else "suspended")


def test_a_certificate_of_a_compromised_key_is_issued_anew_by_application_and_ledger() -> None:
    for again in (issue, row):
        world = World()
        old = issued(world)
        world.keys.revoked[world.keys.current().active_kid] = world.clock()
        world.keys.active = 1
        again(world)
        (new,) = world.active()
        assert new.certificate_id != old.certificate_id
        assert new.issuance.kid == world.keys.current().active_kid
        assert world.certificates.by_id[old.certificate_id].status == "superseded"
        assert issue(world).certificate_id == new.certificate_id
