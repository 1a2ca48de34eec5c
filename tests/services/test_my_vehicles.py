"""What a person sees listed: own vehicles first, then bound ones, page by page, as of now."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jianbiao.domain.eligibility import Person
from jianbiao.domain.register import merge
from jianbiao.errors import Conflict, Forbidden, InvalidInput, Unavailable
from jianbiao.services.bindings import Relation
from jianbiao.services.citizen import CitizenDesk
from jianbiao.services.paging import chained
from jianbiao.services.share import MAX_OPEN, ShareDesk
from tests.support.memory_desks import MemoryFiles, MemoryShares
from tests.support.world import CAR, OTHER, OWNER, World

VINS = ("1M8GDM9AXKP042788", "LDC613P23A1305189", "LSJA24U62JG269225", "11111111111111111")


def world_with(owners: dict[str, str]) -> World:
    """VIN → owner; plates are made from the order."""
    world = World()
    for number, (vin, owner) in enumerate(owners.items()):
        world.add(vin=vin, owner_ref=owner, plate=f"黑A1234{number}")
    return world


def listed(world: World, who: Person, limit: int = 100) -> list[tuple[str, Relation]]:
    """The whole list, by pages of `limit`."""
    desk = CitizenDesk(world.vehicles, world.certificates, world.bindings, world.clock, world.keys)
    found, after = [], None
    while True:
        page, after = desk.my_vehicles(who, world.policies.policy, limit=limit, after=after)
        assert len(page) <= limit
        found += [(v.record.registered.vehicle.vin, v.relation) for v in page]
        if after is None:
            return found


def bind(world: World, vin: str, owner: Person = OWNER, who: Person = OTHER) -> str:
    vehicle = world.vehicles.records[vin].registered.vehicle
    asked = world.binding_desk.bind(who, world.policies.policy, vehicle.plate_class, vehicle.plate, vin[-4:])
    world.binding_desk.approve(owner, asked.binding.binding_id)
    return asked.binding.binding_id


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_own_first_then_bound(limit: int) -> None:
    world = world_with({VINS[0]: "p-1", VINS[1]: "p-2", VINS[2]: "p-1", VINS[3]: "p-2"})
    for vin in (VINS[2], VINS[0]):
        bind(world, vin)
    assert listed(world, OTHER, limit) == [
        (VINS[3], Relation.OWNER),
        (VINS[1], Relation.OWNER),
        (VINS[2], Relation.BOUND),
        (VINS[0], Relation.BOUND),
    ]


def test_what_has_ended_pending_or_sold_is_not_listed() -> None:
    world = world_with(dict.fromkeys(VINS, "p-1"))
    world.binding_desk.end(OWNER, bind(world, VINS[0]))
    bind(world, VINS[1])
    record = world.vehicles.records[VINS[1]]
    world.vehicles.update(record, merge(record.registered, {"owner_ref": "p-9"}, (9, "")))
    vehicle = world.vehicles.records[VINS[2]].registered.vehicle
    world.binding_desk.bind(OTHER, world.policies.policy, "02", vehicle.plate, VINS[2][-4:])
    bind(world, VINS[3])
    assert listed(world, OTHER) == [(VINS[3], Relation.BOUND)]


def test_a_bound_person_is_told_that_a_claim_is_the_owners() -> None:
    world = World()
    world.add(
        registered_on=date(2024, 12, 15), valid_until=date(2026, 12, 31), insured_until=date(2027, 5, 1)
    )
    bind(world, CAR.vin)
    desk = CitizenDesk(world.vehicles, world.certificates, world.bindings, world.clock, world.keys)
    possible = {
        who.person_ref: desk.my_vehicles(who, world.policies.policy, limit=9, after=None)[0][0].possibilities
        for who in (OWNER, OTHER)
    }
    assert possible["p-1"].claim.refusal is None
    assert possible["p-2"].claim.refusal.reason == "not-bound"
    assert possible["p-2"].current.refusal is None


def test_certificates_of_own_and_bound_vehicles() -> None:
    world = world_with({VINS[0]: "p-1", VINS[1]: "p-2"})
    policy = world.policies.policy
    made = {
        vin: world.desk.current(who, policy, "02", f"黑A1234{n}", "a").certificate
        for n, (vin, who) in enumerate(zip(VINS[:2], (OWNER, OTHER), strict=True))
    }
    bind(world, VINS[0])
    desk = CitizenDesk(world.vehicles, world.certificates, world.bindings, world.clock, world.keys)
    found, _ = desk.my_certificates(OTHER, policy, limit=9, after=None)
    assert found == [made[VINS[1]], made[VINS[0]]]
    elsewhere = dataclasses.replace(OTHER, division="230200")
    assert desk.my_certificates(elsewhere, policy, limit=9, after=None)[0] == []
    id_ = made[VINS[0]].certificate_id
    assert world.access.certificate(OTHER, policy, id_)[0] == made[VINS[0]]
    assert world.access.own_certificate(OWNER, policy, id_)[0] == made[VINS[0]]
    with pytest.raises(Forbidden):
        world.access.own_certificate(OTHER, policy, id_)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 7), max_size=4), st.integers(1, 5))
def test_pages_through_any_sources_name_everything_once(sizes: list[int], limit: int) -> None:
    """Also where a source ends just with its page and does not know it, as DynamoDB's do."""

    def source(name: str, size: int):  # type: ignore[no-untyped-def]
        def read(room: int, key: str | None) -> tuple[list[str], str | None]:
            begin = int(key or 0)
            part = [f"{name}{n}" for n in range(begin, min(size, begin + room))]
            return part, str(begin + len(part)) if part and begin + len(part) == begin + room else None

        return read

    sources = {name: source(name, size) for name, size in zip("abcd", sizes, strict=False)}
    if not sources:
        return
    found, after = chained(sources, limit, None)
    while after is not None:
        part, after = chained(sources, limit, after)
        assert len(part) <= limit
        found += part
    assert found == [f"{name}{n}" for name, size in zip("abcd", sizes, strict=False) for n in range(size)]


def test_a_place_in_a_source_that_is_not_there() -> None:
    with pytest.raises(InvalidInput):
        chained({"o": lambda _room, _key: ([], None)}, 5, "x1")


class _Busy(MemoryShares):
    """Somebody else is always first."""

    def open_list(self, certificate_id):  # type: ignore[no-untyped-def]
        listed, found = super().open_list(certificate_id)
        return dataclasses.replace(listed, version=listed.version + 1), found


def _share_desk(world: World, shares: MemoryShares) -> ShareDesk:
    return ShareDesk(world.certificates, shares, MemoryFiles(), world.clock, world.random, world.keys)


def test_links_are_limited_and_ended_ones_make_room() -> None:
    world = World()
    record, shares = world.add(), MemoryShares()
    certificate = world.desk.current(OWNER, world.policies.policy, "02", CAR.plate, "a").certificate
    desk = _share_desk(world, shares)
    made = [desk.create(certificate, record, by="p-1", hours=1)[0] for _ in range(MAX_OPEN)]
    with pytest.raises(Conflict) as full:
        desk.create(certificate, record, by="p-1", hours=1)
    assert full.value.code == "too-many-shares"
    desk.withdraw(certificate, record, made[0].share_id, by="p-1")
    desk.create(certificate, record, by="p-1", hours=2)
    world.later = 3600
    desk.create(certificate, record, by="p-1", hours=1)
    assert len(shares.lists[certificate.certificate_id].keys) == 2


def test_links_that_keep_changing_are_told_to_come_back() -> None:
    world = World()
    record = world.add()
    certificate = world.desk.current(OWNER, world.policies.policy, "02", CAR.plate, "a").certificate
    with pytest.raises(Unavailable):
        _share_desk(world, _Busy()).create(certificate, record, by="p-1", hours=1)


def test_a_certificate_of_a_compromised_key_is_not_active_to_anybody() -> None:
    world = World()
    world.add()
    policy = world.policies.policy
    made = world.desk.current(OWNER, policy, CAR.plate_class, CAR.plate, "a").certificate
    desk = CitizenDesk(world.vehicles, world.certificates, world.bindings, world.clock, world.keys)
    assert not desk.my_vehicles(OWNER, policy, limit=9, after=None)[0][0].possibilities.current.issues
    world.keys.revoked[made.issuance.kid] = world.clock()
    world.keys.active = 1
    (vehicle,), _ = desk.my_vehicles(OWNER, policy, limit=9, after=None)
    assert vehicle.certificate
    assert vehicle.certificate.status == "revoked"
    assert vehicle.possibilities.current.issues
    (listed_,), _ = desk.my_certificates(OWNER, policy, limit=9, after=None)
    assert listed_.status == world.access.certificate(OWNER, policy, made.certificate_id)[0].status == "revoked"
    # What is stored stays as it was: the key is marked, not its certificates.
    assert world.certificates.by_id[made.certificate_id].status == "active"
    assert world.desk.current(OWNER, policy, CAR.plate_class, CAR.plate, "b").created
    assert desk.my_certificates(OWNER, policy, limit=9, after=None)[0][0].status == "active"
