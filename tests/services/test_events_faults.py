"""R2: each call of intake and worker failing before or after it takes effect; what is retried ends the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from jianbiao.errors import Unavailable
from jianbiao.services.registry import EventState
from tests.support.memory import Faults
from tests.support.registry import RegistryWorld, event, inspected, registered
from tests.support.world import CAR

OTHER = dataclasses.replace(CAR, vin="1M8GDM9AXKP042788", owner_ref="p-9", plate="黑A54321")
FIRST = [registered("e-01"), registered("e-02", 0, OTHER)]
CASES: dict[str, list[dict[str, Any]]] = {
    "registration": [
        registered("e-10", 1, dataclasses.replace(CAR, vin="1M8GDM9A1KP042789", plate="黑A11111"))
    ],
    "inspection": [inspected("e-10", 1, valid_until="2029-03-31")],
    "transfer and plate": [event("e-10", "vehicle.transferred", 1, owner_ref="p-2", plate="黑A99999")],
    "plate of another": [event("e-10", "vehicle.changed", 1, OTHER.vin, plate=CAR.plate)],
    "deregistration": [event("e-10", "vehicle.deregistered", 1)],
    "out of our division": [event("e-10", "vehicle.changed", 1, plate="京A12345", division="110000")],
    "before its registration": [
        inspected("e-10", 2, valid_until="2029-03-31", vin="1M8GDM9A1KP042789"),
        registered("e-11", 1, dataclasses.replace(CAR, vin="1M8GDM9A1KP042789", plate="黑A11111")),
    ],
}


def begun() -> RegistryWorld:
    """Two vehicles with certificates, and something open for each kind of ending."""
    world = RegistryWorld()
    world.happen(*FIRST)
    world.open_bindings.keys, world.open_papers.keys, world.open_shares.keys = ["b"], ["p"], ["s"]
    return world


def send(world: RegistryWorld, events: list[dict[str, Any]]) -> None:
    """The station sends until it is answered; the queue brings each message until it is taken."""
    _until_done(lambda: world.report(*events))
    while world.queue.waiting:
        id_ = world.queue.waiting[0]
        _until_done(lambda id_=id_: world.event_worker.apply(id_))
        world.queue.waiting.pop(0)


def _until_done(call: Callable[[], object]) -> None:
    for _ in range(3):
        try:
            call()
        except Unavailable:
            continue
        return
    pytest.fail("one fault was not survived")


def end(world: RegistryWorld) -> dict[str, Any]:
    """All that counts afterwards, without ids and indices, which are drawn anew."""
    return {
        "registers": {vin: r.registered for vin, r in world.vehicles.records.items()},
        "plates": dict(world.vehicles.plates),
        "active": sorted(
            (c.issuance.vin, str(c.facts)) for vin in world.vehicles.records for c in world.active(vin)
        ),
        "states": sorted(
            (c.issuance.vin, c.status, str(c.facts)) for c in world.certificates.by_id.values() if c.data
        ),
        "ended": sorted(set(world.vehicles.ended), key=str),
        "outcomes": {id_: (e.outcome.state, e.outcome.reason) for id_, e in world.events.by_id.items()},
    }


def calls(name: str) -> int:
    """How many calls a case makes when nothing fails."""
    world = begun()
    world.faults.calls.clear()
    send(world, CASES[name])
    return len(world.faults.calls)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("name", "at"), [(n, i) for n in CASES for i in range(1, calls(n) + 1)])
def test_any_call_may_fail_once(name: str, at: int, after: bool) -> None:
    smooth = begun()
    send(smooth, CASES[name])
    world = begun()
    world.faults = Faults(at=at, after=after)
    send(world, CASES[name])
    assert end(world) == end(smooth)
    for vin, record in world.vehicles.records.items():
        active = world.active(vin)
        assert len(active) <= 1
        assert all(record.current == c.certificate_id for c in active)
    used = [c.claims.status_idx for c in world.certificates.by_id.values()]
    assert len(used) == len(set(used))
    assert len(set(world.signer.signed)) == len([c for c in world.certificates.by_id.values() if c.data])


@pytest.mark.parametrize("fault", ["before", "after"])
def test_an_event_whose_message_was_lost_is_sent_again_with_its_duplicate(fault: str) -> None:
    world = RegistryWorld()
    world.queue.fail = fault
    with pytest.raises(Unavailable):
        world.report(*FIRST)
    world.queue.waiting.clear()  # stored, and never sent
    (first, second) = world.report(*FIRST)
    assert (first.result, second.result) == ("duplicate", "duplicate")
    assert world.queue.waiting == ["e-01", "e-02"]
    world.drain()
    assert len(world.active()) == 1
    # Applied by now: a further duplicate needs no message.
    world.report(*FIRST)
    assert not world.queue.waiting


def test_a_message_for_an_event_that_is_gone_is_dropped() -> None:
    assert RegistryWorld().event_worker.apply("e-404") is None


def test_somebody_else_being_first_is_seen() -> None:
    world = begun()
    (plate,) = CASES["transfer and plate"]
    world.report(plate)
    world.vehicles.interleave = world.apply  # finds its certificate and changes nothing
    world.drain()
    assert world.events.by_id["e-10"].outcome.state is EventState.APPLIED
    other = begun()
    other.report(inspected("e-20", 1, valid_until="2029-03-31"), plate)
    second = other.queue.waiting.pop()
    other.vehicles.interleave = lambda: other.event_worker.apply(second)
    other.drain()
    (active,) = other.active()
    assert (active.claims.plate, active.valid_until.year) == ("黑A99999", 2029)


def test_a_reservation_that_nobody_signed_is_voided_by_a_deregistration() -> None:
    world = begun()
    world.signer.down = True
    world.report(inspected("e-10", 1, valid_until="2029-03-31"))
    with pytest.raises(Unavailable):
        world.event_worker.apply("e-10")
    world.signer.down = False
    world.queue.waiting.clear()
    world.happen(event("e-11", "vehicle.deregistered", 2))
    assert not world.active()
    # The message of the inspection comes again: the state has ended it.
    outcome = world.event_worker.apply("e-10")
    assert outcome
    assert outcome.certificate_id is None
    assert not world.active()
    assert all(c.status == "revoked" for c in world.certificates.by_id.values() if c.issuance.vin == CAR.vin)


def test_a_pointer_that_a_first_load_left_behind_is_taken_over() -> None:
    world = RegistryWorld()
    world.vehicles.plates[("02", CAR.plate)] = OTHER.vin
    world.happen(FIRST[0])
    assert world.vehicles.plates == {("02", CAR.plate): CAR.vin}
    assert len(world.active()) == 1


def test_a_record_that_keeps_changing_sends_the_message_back() -> None:
    world = begun()
    world.report(inspected("e-10", 1, valid_until="2029-03-31"))

    def somebody() -> None:
        record = world.vehicles.records[CAR.vin]
        world.vehicles.records[CAR.vin] = dataclasses.replace(record, version=record.version + 1)
        world.vehicles.interleave = somebody

    world.vehicles.interleave = somebody
    with pytest.raises(Unavailable):
        world.event_worker.apply("e-10")
    world.vehicles.interleave = None
    world.drain()
    assert world.events.by_id["e-10"].outcome.state is EventState.APPLIED


def test_a_reservation_for_a_plate_that_is_gone_is_voided_with_the_certificate_before_it() -> None:
    world = begun()
    (first,) = world.active()
    world.signer.down = True
    world.report(inspected("e-10", 1, valid_until="2029-03-31"))
    with pytest.raises(Unavailable):
        world.event_worker.apply("e-10")
    pending = world.vehicles.records[CAR.vin].current
    assert pending != first.certificate_id
    # Out of our division: nothing may be issued, and nothing may stay for the old plate.
    world.signer.down = False
    world.queue.waiting.clear()
    world.happen(event("e-11", "vehicle.changed", 2, plate="京A12345", division="110000"))
    assert not world.active()
    assert {world.certificates.by_id[id_ or ""].status for id_ in (first.certificate_id, pending)} == {
        "revoked"
    }


def test_an_issuance_that_is_not_readable_yet_is_asked_for_again() -> None:
    world = begun()
    world.signer.down = True
    world.report(inspected("e-10", 1, valid_until="2029-03-31"))
    with pytest.raises(Unavailable):
        world.event_worker.apply("e-10")
    hidden = dict(world.issuances.by_id)
    world.issuances.by_id.clear()
    world.report(event("e-11", "vehicle.deregistered", 2))
    with pytest.raises(Unavailable):
        world.event_worker.apply("e-11")
    world.issuances.by_id |= hidden
    world.signer.down = False
    world.event_worker.apply("e-11")
    world.drain()
    assert not world.active()


def test_a_deregistration_that_comes_while_an_inspection_is_being_issued() -> None:
    world = begun()
    world.report(inspected("e-10", 1, valid_until="2029-03-31"), event("e-11", "vehicle.deregistered", 2))
    last = world.queue.waiting.pop()
    taken = world.indices.take

    def late(count: int) -> Any:
        world.indices.take = taken  # type: ignore[method-assign]
        world.event_worker.apply(last)
        return taken(count)

    world.indices.take = late  # type: ignore[method-assign]
    outcome = world.event_worker.apply("e-10")
    assert outcome
    assert (outcome.state, outcome.reason) == (EventState.REFUSED, "state-blocked")
    assert not world.active()
