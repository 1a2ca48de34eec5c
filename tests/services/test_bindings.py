"""Bindings: nobody sees a vehicle without its owner's consent, whoever is first and whatever fails."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from jianbiao.domain.bindings import MAX_GUESSES, MAX_OPEN, BindingState
from jianbiao.domain.eligibility import Person
from jianbiao.domain.register import merge
from jianbiao.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    Refusal,
    TooManyRequests,
    Unavailable,
)
from jianbiao.services.bindings import Relation, Seen
from tests.support.world import CAR, OTHER, OWNER, World

TAIL = CAR.vin[-4:]
DAY = 86_400


def person(number: int) -> Person:
    return dataclasses.replace(OTHER, person_ref=f"p-{number}")


def bind(world: World, who: Person = OTHER, tail: str = TAIL) -> Seen | None:
    return world.binding_desk.bind(who, world.policies.policy, CAR.plate_class, CAR.plate, tail)


def bound(world: World, who: Person = OTHER) -> str:
    binding_id = bind(world, who).binding.binding_id
    world.binding_desk.approve(OWNER, binding_id)
    return binding_id


def sell(world: World, to: str) -> None:
    """As a registry event does, but leaving the bindings alone: what is read must be right even so."""
    record = world.vehicles.records[CAR.vin]
    at = record.registered.as_of + 1
    world.vehicles.update(record, merge(record.registered, {"owner_ref": to}, (at, "sale")))


def sees(world: World, who: Person = OTHER) -> bool:
    return world.access.may_see(who, world.vehicles.records[CAR.vin])


@pytest.fixture
def world() -> World:
    made = World()
    made.add()
    return made


def test_an_own_vehicle_needs_no_binding(world: World) -> None:
    assert bind(world, OWNER) is None
    assert not world.bindings.by_id
    assert world.access.relation(OWNER, world.vehicles.records[CAR.vin]) is Relation.OWNER


def test_another_vehicle_waits_for_the_owners_consent(world: World) -> None:
    asked = bind(world)
    assert asked.state is BindingState.PENDING
    assert asked.binding.expires_at - world.clock() == 7 * DAY
    assert not sees(world)
    assert world.binding_desk.approve(OWNER, asked.binding.binding_id).state is BindingState.APPROVED
    assert world.access.relation(OTHER, world.vehicles.records[CAR.vin]) is Relation.BOUND


def test_asking_again_finds_the_same_binding(world: World) -> None:
    first = bind(world)
    assert bind(world).binding == first.binding
    bound_id = bound(world)
    assert bound_id == first.binding.binding_id
    assert bind(world).state is BindingState.APPROVED
    assert len(world.bindings.by_id) == 1


@pytest.mark.parametrize("answer", ["approve", "refuse"])
def test_a_request_expires_unanswered_to_the_second(world: World, answer: str) -> None:
    binding_id = bind(world).binding.binding_id
    world.later = 7 * DAY - 1
    assert world.binding_desk.of(OWNER, limit=9, after=None)[0][0].state is BindingState.PENDING
    world.later = 7 * DAY
    assert world.binding_desk.of(OWNER, limit=9, after=None)[0][0].state is BindingState.EXPIRED
    with pytest.raises(Conflict) as refused:
        getattr(world.binding_desk, answer)(OWNER, binding_id)
    assert refused.value.code == "not-pending"
    assert bind(world).binding.binding_id != binding_id


@pytest.mark.parametrize("answer", ["approve", "refuse"])
def test_only_the_owner_answers(world: World, answer: str) -> None:
    binding_id = bind(world).binding.binding_id
    with pytest.raises(Forbidden):
        getattr(world.binding_desk, answer)(OTHER, binding_id)
    with pytest.raises(NotFound):
        getattr(world.binding_desk, answer)(person(3), binding_id)
    with pytest.raises(NotFound):
        getattr(world.binding_desk, answer)(OWNER, "0" * 26)
    assert world.bindings.by_id[binding_id].status == "pending"


def test_a_refused_binding_shows_nothing_and_is_not_approved_later(world: World) -> None:
    binding_id = bind(world).binding.binding_id
    world.binding_desk.refuse(OWNER, binding_id)
    with pytest.raises(Conflict):
        world.binding_desk.approve(OWNER, binding_id)
    assert not sees(world)
    assert world.bindings.lists[CAR.vin].keys == ()


@pytest.mark.parametrize("who", [OWNER, OTHER], ids=["owner", "bound person"])
def test_either_party_ends_it_and_once_more_is_no_error(world: World, who: Person) -> None:
    binding_id = bound(world)
    world.binding_desk.end(who, binding_id)
    world.binding_desk.end(who, binding_id)
    assert not sees(world)
    assert world.bindings.by_id[binding_id].changed_by == who.person_ref
    with pytest.raises(NotFound):
        world.binding_desk.end(person(3), binding_id)


def test_a_sale_ends_it_at_once_and_selling_back_does_not_revive_what_was_ended(world: World) -> None:
    binding_id = bound(world)
    sell(world, "p-7")
    assert not sees(world)
    assert world.binding_desk.of(OTHER, limit=9, after=None)[0][0].state is BindingState.ENDED
    with pytest.raises(Conflict):
        world.binding_desk.approve(OWNER, binding_id)
    with pytest.raises(NotFound):
        world.binding_desk.approve(person(7), binding_id)


def test_two_owners_racing_the_old_ones_consent_comes_too_late(world: World) -> None:
    binding_id = bind(world).binding.binding_id
    world.bindings.interleave = lambda: sell(world, "p-7")
    with pytest.raises(Conflict) as refused:
        world.binding_desk.approve(OWNER, binding_id)
    assert refused.value.code == "not-pending"
    assert not sees(world)


def test_consent_and_withdrawal_racing_end_in_one_state(world: World) -> None:
    binding_id = bind(world).binding.binding_id
    world.bindings.interleave = lambda: world.binding_desk.end(OTHER, binding_id)
    with pytest.raises(Conflict):
        world.binding_desk.approve(OWNER, binding_id)
    assert world.bindings.by_id[binding_id].status == "ended"
    assert world.bindings.lists[CAR.vin].keys == ()


def test_a_vehicle_that_somebody_else_has_bound_can_be_asked_for(world: World) -> None:
    bound(world)
    assert bind(world, person(3)).state is BindingState.PENDING
    assert sees(world)
    assert not sees(world, person(3))


def test_two_asking_at_once_both_get_their_binding(world: World) -> None:
    world.bindings.interleave = lambda: bind(world, person(3))
    bind(world)
    assert len(world.bindings.lists[CAR.vin].keys) == 2


def test_open_bindings_are_limited_and_expired_ones_make_room(world: World) -> None:
    for number in range(MAX_OPEN):
        bind(world, person(10 + number))
    with pytest.raises(Conflict) as full:
        bind(world)
    assert full.value.code == "too-many-bindings"
    world.binding_desk.end(person(10), world.bindings.lists[CAR.vin].keys[0])
    assert bind(world).state is BindingState.PENDING
    with pytest.raises(Conflict):
        bind(world, person(3))
    world.later = 7 * DAY
    assert bind(world, person(3)).state is BindingState.PENDING
    assert len(world.bindings.lists[CAR.vin].keys) == 1


def test_wrong_ends_of_a_vin_are_counted_by_person_and_chinese_day(world: World) -> None:
    for _ in range(MAX_GUESSES):
        with pytest.raises(Refusal) as refused:
            bind(world, tail="0000")
        assert refused.value.reason == "not-bound"
    with pytest.raises(TooManyRequests) as stopped:
        bind(world)
    assert stopped.value.retry_after == 14 * 3600  # from ten in the morning to midnight
    assert bind(world, person(3)).state is BindingState.PENDING
    world.later = 14 * 3600
    assert bind(world).state is BindingState.PENDING


def test_an_unknown_plate_counts_like_a_wrong_end_and_right_ones_do_not(world: World) -> None:
    for _ in range(2 * MAX_GUESSES):
        bind(world)
    desk, policy = world.binding_desk, world.policies.policy
    for _ in range(MAX_GUESSES):
        with pytest.raises(Refusal):
            desk.bind(OTHER, policy, "02", "黑A99999", TAIL)
    with pytest.raises(TooManyRequests):
        bind(world)


def test_the_end_of_a_vin_may_be_typed_in_lower_case() -> None:
    world = World()
    world.add(vin="1M8GDM9AXKP04278X")
    assert bind(world, tail="278x").state is BindingState.PENDING


def test_a_plate_that_has_moved_on_binds_nothing(world: World) -> None:
    record = world.vehicles.records[CAR.vin]
    world.vehicles.update(record, merge(record.registered, {"plate": "黑A54321"}, (5, "")))
    world.vehicles.plates[("02", CAR.plate)] = CAR.vin  # a pointer that was left over
    with pytest.raises(Refusal):
        bind(world)


def test_lists_show_each_party_its_side_page_by_page(world: World) -> None:
    made = [bind(world, person(10 + number)).binding.binding_id for number in range(5)]
    seen, after = [], None
    while True:
        page, after = world.binding_desk.of(OWNER, limit=2, after=after)
        seen += page
        if after is None:
            break
    assert [s.binding.binding_id for s in seen] == made
    assert {s.relation for s in seen} == {Relation.OWNER}
    (own,), _ = world.binding_desk.of(person(10), limit=9, after=None)
    assert own.relation is Relation.BOUND
    with pytest.raises(InvalidInput):
        world.binding_desk.of(OWNER, limit=2, after="x1")


# R2: any call fails before or after taking effect; the same person does the same again.


def _ask(world: World) -> None:
    bind(world)


def _approve(world: World) -> None:
    world.binding_desk.approve(OWNER, next(iter(world.bindings.by_id)))


def _end(world: World) -> None:
    world.binding_desk.end(OTHER, next(iter(world.bindings.by_id)))


_BEFORE: dict[Callable[[World], None], tuple[Callable[[World], None], ...]] = {
    _ask: (),
    _approve: (_ask,),
    _end: (_ask, _approve),
}
_AFTER = {_ask: "pending", _approve: "approved", _end: "ended"}


def _prepared(scenario: Callable[[World], None]) -> World:
    world = World()
    world.add()
    for earlier in _BEFORE[scenario]:
        earlier(world)
    world.faults.calls.clear()
    return world


def _calls(scenario: Callable[[World], None]) -> int:
    world = _prepared(scenario)
    scenario(world)
    return len(world.faults.calls)


def _id(value: object) -> str:
    """The same in each process that collects the tests."""
    return getattr(value, "__name__", str(value))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("scenario", "at"), [(s, n) for s in _BEFORE for n in range(1, _calls(s) + 1)], ids=_id
)
def test_any_call_may_fail(scenario: Callable[[World], None], at: int, after: bool) -> None:
    world = _prepared(scenario)
    world.faults.at, world.faults.after = at, after
    with pytest.raises(Unavailable):
        scenario(world)
    scenario(world)
    (binding,) = world.bindings.by_id.values()
    assert binding.status == _AFTER[scenario]
    listed = world.bindings.lists[CAR.vin].keys
    assert listed == ((binding.binding_id,) if binding.status != "ended" else ())
    assert sees(world) == (binding.status == "approved")
    assert world.bindings.guesses.get(("p-2", world.today), 0) <= 1
