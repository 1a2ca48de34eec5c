"""Claims (channel 2): the next period of an exempt vehicle, once, with its decision kept."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from jianbiao.domain.reasons import Reason
from jianbiao.domain.register import merge
from jianbiao.errors import Refusal, Unavailable
from jianbiao.records import Hold
from jianbiao.services.issue import Outcome
from tests.support.world import CAR, OTHER, OWNER, World

EXEMPT: dict[str, Any] = {
    "registered_on": date(2024, 12, 15),
    "valid_until": date(2026, 12, 31),
    "insured_until": date(2027, 5, 1),
}
"""Two years old next month: the window has been open since October."""
NEXT = date(2028, 12, 31)


def exempt(**changes: Any) -> World:
    world = World()
    world.add(**(EXEMPT | changes))
    return world


def claim(world: World, application_id: str = "a-1", who: Any = OWNER) -> Outcome:
    return world.desk.claim(who, world.policies.policy, CAR.plate_class, CAR.plate, application_id)


def current(world: World, application_id: str = "a-9", who: Any = OWNER) -> Outcome:
    return world.desk.current(who, world.policies.policy, CAR.plate_class, CAR.plate, application_id)


def until(world: World) -> date | None:
    return world.vehicles.records[CAR.vin].registered.vehicle.valid_until


def test_a_claim_gives_the_next_period_to_certificate_and_vehicle() -> None:
    world = exempt()
    old = current(world).certificate
    outcome = claim(world)
    assert outcome.created
    assert outcome.certificate.valid_until == NEXT == until(world)
    assert outcome.certificate.issuance.cause.channel == 2
    assert outcome.certificate.issuance.supersedes == old.certificate_id
    assert [c.certificate_id for c in world.active()] == [outcome.certificate.certificate_id]
    later = current(world)
    assert (later.created, later.certificate) == (False, outcome.certificate)


def test_the_decision_is_kept_with_its_grounds() -> None:
    world = exempt()
    certificate = claim(world).certificate
    (kept,) = world.decisions.kept
    assert kept.granted
    assert (kept.vin, kept.by, kept.application_id, kept.at) == (CAR.vin, "p-1", "a-1", world.clock())
    assert kept.grounds == {
        "policy_version": str(world.policies.policy.version),
        "valid_until": "2026-12-31",
        "granted_until": "2028-12-31",
        "insured_until": "2027-05-01",
        "insurance": "ledger",
        "rule_id": certificate.issuance.rule_id,
        "transition": "false",
    }


def test_a_refusal_is_kept_too_with_what_it_told() -> None:
    world = exempt(insured_until=None)
    with pytest.raises(Refusal) as refused:
        claim(world)
    assert refused.value.reason == Reason.INSURANCE_MISSING
    (kept,) = world.decisions.kept
    assert (kept.granted, kept.reason) == (False, "insurance-missing")
    assert not world.certificates.by_id
    assert until(world) == EXEMPT["valid_until"]


@pytest.mark.parametrize(
    ("changes", "reason", "extras"),
    [
        ({"state": "G"}, Reason.UNHANDLED_VIOLATION, {}),
        ({"state": "C"}, Reason.STATE_BLOCKED, {}),
        ({"vehicle_type": "K39"}, Reason.ONSITE_INSPECTION_DUE, None),
        (
            {"registered_on": date(2025, 6, 15), "valid_until": date(2027, 6, 30)},
            Reason.WINDOW_NOT_OPEN,
            {"opens_on": "2027-04-01"},
        ),
        ({"insured_until": date(2026, 11, 21)}, Reason.INSURANCE_EXPIRED, {}),
        ({"tax_paid_until": date(2026, 11, 21)}, Reason.TAX_UNPAID, {}),
        (
            {
                "insured_until": None,
                "insurance_plate": "黑A00000",
                "insurance_vin": CAR.vin,
                "insurance_from": date(2026, 1, 1),
                "insurance_to": date(2026, 12, 31),
            },
            Reason.INSURANCE_MISMATCH,
            {},
        ),
    ],
    ids=lambda value: str(value) if isinstance(value, Reason) else "",
)
def test_refusals(changes: dict[str, Any], reason: Reason, extras: dict[str, str] | None) -> None:
    world = exempt(**changes)
    with pytest.raises(Refusal) as refused:
        claim(world)
    assert refused.value.reason == reason
    if extras is not None:
        assert refused.value.extras == extras
    assert world.decisions.kept[-1].reason == reason


def test_a_claim_is_the_owners() -> None:
    world = exempt()
    asked = world.binding_desk.bind(OTHER, world.policies.policy, "02", CAR.plate, CAR.vin[-4:])
    for _ in range(2):
        with pytest.raises(Refusal) as refused:
            claim(world, who=OTHER)
        assert refused.value.reason == Reason.NOT_BOUND
        world.binding_desk.approve(OWNER, asked.binding.binding_id)
    assert current(world, who=OTHER).created
    assert not world.decisions.kept


def test_a_hold_stops_a_claim() -> None:
    world = exempt()
    record = world.vehicles.records[CAR.vin]
    world.vehicles.records[CAR.vin] = dataclasses.replace(record, hold=Hold(1, "op", "fraud"))
    with pytest.raises(Refusal) as refused:
        claim(world)
    assert refused.value.reason == Reason.HOLD


def test_an_overdue_claim_ends_on_the_grid() -> None:
    world = exempt(registered_on=date(2024, 9, 15), valid_until=date(2026, 9, 30))
    assert claim(world).certificate.valid_until == date(2028, 9, 30)


def test_the_same_claim_within_a_day_is_answered_with_what_it_made() -> None:
    world = exempt()
    made = claim(world).certificate
    again = claim(world, "a-2")
    assert (again.created, again.certificate) == (False, made)
    world.later = 86_400
    with pytest.raises(Refusal) as refused:
        claim(world, "a-3")
    assert refused.value.reason == Reason.WINDOW_NOT_OPEN
    assert until(world) == NEXT


def test_a_repeated_claim_does_not_pass_a_hold() -> None:
    world = exempt()
    claim(world)
    record = world.vehicles.records[CAR.vin]
    world.vehicles.records[CAR.vin] = dataclasses.replace(record, hold=Hold(1, "op", "fraud"))
    with pytest.raises(Refusal) as refused:
        claim(world, "a-2")
    assert refused.value.reason == Reason.HOLD


def test_two_claims_at_once_are_one_period() -> None:
    world = exempt()
    answers: list[Outcome] = []
    world.vehicles.interleave = lambda: answers.append(claim(world, "a-2"))
    answers.append(claim(world))
    assert answers[0].certificate == answers[1].certificate
    assert until(world) == NEXT
    assert len(world.certificates.by_id) == 1


def test_a_report_newer_than_the_claim_wins_and_an_older_one_does_not() -> None:
    world = exempt()
    claim(world)
    record = world.vehicles.records[CAR.vin]
    stale = merge(record.registered, {"valid_until": date(2026, 12, 31)}, (world.clock() - 1, ""))
    assert stale.vehicle.valid_until == NEXT
    newer = merge(record.registered, {"valid_until": date(2026, 12, 31)}, (world.clock() + 1, ""))
    assert newer.vehicle.valid_until == date(2026, 12, 31)


def test_a_register_whose_clock_is_ahead_does_not_undo_a_claim() -> None:
    world = exempt()
    record = world.vehicles.records[CAR.vin]
    ahead = merge(
        record.registered, {"valid_until": date(2026, 12, 31), "colour": "B"}, (world.clock() + 60, "x")
    )
    world.vehicles.update(record, ahead)
    claim(world)
    assert until(world) == NEXT


def test_channels_of_current() -> None:
    world = exempt()
    first = current(world).certificate
    assert first.issuance.cause.channel == 4
    revoked = world.certificates.by_id[first.certificate_id].step("revoked", at=1, by="op", why="mistake")
    world.certificates.by_id[first.certificate_id] = revoked
    assert current(world).certificate.issuance.cause.channel == 5
    elsewhere = exempt()
    record = elsewhere.vehicles.records[CAR.vin]
    registered = dataclasses.replace(record.registered, elsewhere=True)
    elsewhere.vehicles.records[CAR.vin] = dataclasses.replace(record, registered=registered)
    assert current(elsewhere).certificate.issuance.cause.channel == 6


# R2


def _first(world: World) -> None:
    claim(world)


def _superseding(world: World) -> None:
    if not world.certificates.by_id:
        saved, world.faults = world.faults, type(world.faults)()
        current(world)
        world.faults = saved
    claim(world)


def _calls(scenario: Callable[[World], None]) -> int:
    world = exempt()
    scenario(world)
    return len(world.faults.calls)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("again", ["a-1", "a-2"], ids=["same application", "another"])
@pytest.mark.parametrize(
    ("scenario", "at"), [(s, n) for s in (_first, _superseding) for n in range(1, _calls(s) + 1)]
)
def test_any_call_may_fail(scenario: Callable[[World], None], at: int, again: str, after: bool) -> None:
    world = exempt()
    world.faults.at, world.faults.after = at, after
    with pytest.raises(Unavailable):
        scenario(world)
    outcome = claim(world, again)
    (active,) = world.active()
    assert active == outcome.certificate
    assert active.valid_until == until(world) == NEXT
    assert len(set(world.signer.signed)) == len(world.certificates.by_id)
    assert [d for d in world.decisions.kept if d.granted]
    assert not [d for d in world.decisions.kept if not d.granted]
