"""Issuing: one active certificate per vehicle, whatever fails and whoever is first."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest

from jianbiao.domain.register import merge
from jianbiao.errors import Refusal, Unavailable
from jianbiao.records import Hold
from jianbiao.wire.verify import verify_certificate
from tests.support.memory import Faults
from tests.support.world import CAR, OWNER, World


def apply(world: World) -> object:
    return world.desk.current(OWNER, world.policies.policy, CAR.plate_class, CAR.plate, "r-1")


def test_the_certificate_says_what_the_vehicle_is_entitled_to() -> None:
    world = World()
    world.add()
    outcome = apply(world)
    verified = verify_certificate(outcome.certificate.data, world.keys.current().published)
    assert outcome.created
    assert verified.claims.plate == CAR.plate
    assert outcome.certificate.valid_until == CAR.valid_until
    assert verified.claims.iat == world.clock()
    assert verified.claims.status_uri == "urn:jianbiao:test:0"


def test_asking_again_gives_the_same_certificate() -> None:
    world = World()
    world.add()
    first, second = apply(world), apply(world)
    assert not second.created
    assert first.certificate == second.certificate
    assert len(world.signer.signed) == 1


def test_a_later_end_of_validity_supersedes_in_one_transaction() -> None:
    world = World()
    record = world.add()
    old = apply(world).certificate
    world.vehicles.update(
        world.vehicles.records[CAR.vin],
        merge(record.registered, {"valid_until": date(2029, 3, 31)}, (2, "")),
    )
    new = apply(world)
    assert new.created
    assert new.certificate.issuance.supersedes == old.certificate_id
    assert world.certificates.by_id[old.certificate_id].status == "superseded"
    assert [c.certificate_id for c in world.active()] == [new.certificate.certificate_id]


def test_an_expired_certificate_is_not_superseded() -> None:
    world = World(today=date(2026, 3, 1))
    record = world.add(registered_on=date(2022, 3, 15), valid_until=date(2026, 3, 31))
    old = apply(world).certificate
    world.today = date(2026, 11, 22)
    world.vehicles.update(
        world.vehicles.records[CAR.vin],
        merge(record.registered, {"valid_until": date(2028, 3, 31)}, (2, "")),
    )
    assert apply(world).certificate.issuance.supersedes is None
    assert world.certificates.by_id[old.certificate_id].status == "active"


def test_a_hold_refuses() -> None:
    world = World()
    record = world.add()
    world.vehicles.records[CAR.vin] = dataclasses.replace(record, hold=Hold(1, "op", "fraud"))
    with pytest.raises(Refusal) as refused:
        apply(world)
    assert refused.value.reason == "hold"
    assert not world.signer.signed


def test_a_hold_set_between_reserving_and_signing_is_not_passed() -> None:
    world = World()
    record = world.add()
    world.faults.at = 5  # the look at the certificate store right after the reservation
    with pytest.raises(Unavailable):
        apply(world)
    reserved = world.vehicles.records[CAR.vin]
    assert reserved.current
    assert record.current is None
    world.vehicles.records[CAR.vin] = dataclasses.replace(reserved, hold=Hold(1, "op", "fraud"))
    with pytest.raises(Refusal):
        apply(world)
    assert not world.certificates.by_id


def test_with_kms_down_nothing_becomes_active() -> None:
    world = World()
    world.add()
    world.signer.down = True
    with pytest.raises(Unavailable):
        apply(world)
    assert not world.certificates.by_id
    world.signer.down = False
    assert apply(world).certificate.status == "active"
    assert len(world.issuances.by_id) == 1


def test_somebody_else_being_first_ends_in_one_certificate() -> None:
    world = World()
    world.add()
    answers = []
    world.vehicles.interleave = lambda: answers.append(apply(world))
    answers.append(apply(world))
    assert answers[0].certificate == answers[1].certificate
    assert len(world.active()) == 1
    assert len(set(world.signer.signed)) == 1


def test_a_reservation_under_a_compromised_key_is_replaced() -> None:
    world = World()
    world.add()
    world.signer.down = True
    with pytest.raises(Unavailable):
        apply(world)
    world.signer.down = False
    world.keys.revoked[world.keys.current().active_kid] = 1
    world.keys.active = 1
    certificate = apply(world).certificate
    assert certificate.issuance.kid == world.keys.current().active_kid
    assert len(world.active()) == 1


def _calls(scenario: object) -> int:
    world = World()
    scenario(world)
    return len(world.faults.calls)


def _first_issue(world: World) -> None:
    if CAR.vin not in world.vehicles.records:
        world.add()
    apply(world)


def _supersede(world: World) -> None:
    if CAR.vin not in world.vehicles.records:
        record = world.add()
        saved, world.faults = world.faults, Faults()
        apply(world)
        world.vehicles.update(
            world.vehicles.records[CAR.vin],
            merge(record.registered, {"valid_until": date(2029, 3, 31)}, (2, "")),
        )
        world.faults = saved
    apply(world)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("scenario", "at"),
    [(s, n) for s in (_first_issue, _supersede) for n in range(1, _calls(s) + 1)],
)
def test_any_call_may_fail_before_or_after_taking_effect(scenario: object, at: int, after: bool) -> None:
    world = World(faults=Faults(at=at, after=after))
    with pytest.raises(Unavailable):
        scenario(world)
    scenario(world)
    (active,) = world.active()
    assert world.vehicles.records[CAR.vin].current == active.certificate_id
    signed_payloads = set(world.signer.signed)
    assert len(signed_payloads) == len(world.certificates.by_id)
    used = [c.claims.status_idx for c in world.certificates.by_id.values()]
    assert len(used) == len(set(used))
