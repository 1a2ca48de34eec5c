"""R3: events duplicated, reordered and mixed with applications end as they do in order, once."""

from __future__ import annotations

import dataclasses
import random
from datetime import date
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from jianbiao.domain.times import parse_rfc3339
from jianbiao.errors import Refusal
from jianbiao.wire.verify import verify_certificate
from tests.services.ledgers import file, row, run
from tests.support.registry import BEGIN, HOUR, RegistryWorld, event, in_order, inspected, registered
from tests.support.world import CAR

OTHER = dataclasses.replace(CAR, vin="1M8GDM9AXKP042788", owner_ref="p-9", plate="黑A54321")
VINS = (CAR.vin, OTHER.vin)
ENDS = ("2027-03-31", "2028-03-31", "2029-03-31", "2031-03-31", None)
PLATES = ("黑A00001", "黑A00002")

KINDS = st.sampled_from(
    [
        ("vehicle.changed", {"use": "A"}),
        ("vehicle.changed", {"use": "G"}),
        ("vehicle.changed", {"casualty_accident": True}),
        ("vehicle.changed", {"valid_until": "2027-03-31"}),
        ("vehicle.changed", {"valid_until": "2029-03-31"}),
        ("vehicle.transferred", {"owner_ref": "p-2"}),
        ("vehicle.transferred", {"owner_ref": "p-3"}),
        ("vehicle.deregistered", {}),
        ("vehicle.state_changed", {"state": "A"}),
        ("vehicle.state_changed", {"state": "G"}),
        ("vehicle.state_changed", {"state": "K"}),
        ("vehicle.state_changed", {"state": "B"}),
    ]
)


@st.composite
def histories(draw: st.DrawFn) -> list[dict[str, Any]]:
    """What happened to two vehicles, in order. A plate is given anew once its bearer has another."""
    events = [registered("e-00", 0), registered("e-01", 0, OTHER)]
    for number in range(draw(st.integers(1, 7))):
        id_, hours, vin = f"e-{number + 2:02}", number + 1, draw(st.sampled_from(VINS))
        match draw(st.integers(0, 3)):
            case 0:
                division = draw(st.sampled_from(["230100", "110000"]))
                until, day = draw(st.sampled_from(ENDS)), draw(st.sampled_from(["2026-10-01", "2026-09-30"]))
                events.append(inspected(id_, hours, day, division=division, valid_until=until, vin=vin))
            case 1:
                events.append(registered(id_, hours, CAR if vin == CAR.vin else OTHER))
            case _:
                type_, facts = draw(KINDS)
                events.append(event(id_, type_, hours, vin, **facts))
    if draw(st.booleans()):
        # The first vehicle's plate goes to the second one once the first has another.
        events += [
            event("e-90", "vehicle.changed", 20, CAR.vin, plate=draw(st.sampled_from(PLATES))),
            event("e-91", "vehicle.changed", 21, OTHER.vin, plate=CAR.plate),
        ]
    return events


def final(world: RegistryWorld, vin: str) -> Any:
    """The end state of a vehicle: register, plate, and what its active certificate says."""
    record = world.vehicles.records[vin]
    vehicle = record.registered.vehicle
    bearer = world.vehicles.plates.get((vehicle.plate_class, vehicle.plate))
    active = world.active(vin)
    assert len(active) <= 1
    for certificate in active:
        assert record.current == certificate.certificate_id
        verified = verify_certificate(certificate.data, world.keys.current().published)
        assert verified.claims.plate == vehicle.plate
    return (vehicle, record.registered.stamps, bearer == vin), [c.facts for c in active]


def sound(world: RegistryWorld) -> None:
    """No payload signed that is not stored, no index used twice, every event ended once."""
    used = [c.claims.status_idx for c in world.certificates.by_id.values()]
    assert len(used) == len(set(used))
    assert len(set(world.signer.signed)) == len([c for c in world.certificates.by_id.values() if c.data])
    assert all(e.outcome.state != "queued" for e in world.events.by_id.values())


def refused(world: RegistryWorld, vin: str) -> bool:
    """Whether the rules let no event issue for the vehicle as it is now, though no state has ended it."""
    record, policy = world.vehicles.records[vin], world.policies.policy
    if policy.revocation_cause(record.registered.vehicle.state) or not record.registered.vehicle.plate:
        return False
    try:
        world.event_worker.entitle(record, policy)
    except Refusal:
        return record.registered.issues > record.registered.ends
    return False


@given(history=histories(), seed=st.integers(0, 2**32), duplicates=st.integers(0, 4), mixed=st.booleans())
@example(
    history=[
        registered("e-00", 0),
        registered("e-01", 0, OTHER),
        inspected("e-03", 2, "2026-10-01", valid_until="2031-03-31"),
        inspected("e-04", 3, "2026-10-01", division="110000", valid_until="2029-03-31"),
    ],
    seed=0,
    duplicates=0,
    mixed=False,
)
@example(
    history=[
        *(registered(f"e-0{n}", n) for n in range(4)),
        registered("e-09", 0, OTHER),
        event("e-04", "vehicle.deregistered", 4),
        event("e-05", "vehicle.state_changed", 5, state="A"),
        event("e-06", "vehicle.state_changed", 6, state="A"),
    ],
    seed=0,
    duplicates=2,
    mixed=False,
)
@settings(max_examples=200)
def test_any_order_ends_as_in_order(
    history: list[dict[str, Any]], seed: int, duplicates: int, mixed: bool
) -> None:
    chance = random.Random(seed)  # noqa: S311
    today = date(2026, 11, 22)
    ordered, shuffled = RegistryWorld(today=today), RegistryWorld(today=today)
    ordered.happen(*in_order(history))
    arriving = [*history, *chance.choices(history, k=duplicates)]
    chance.shuffle(arriving)
    for one in arriving:
        shuffled.report(one)
        if mixed and chance.random() < 0.4:
            for vin in VINS:
                if vin in shuffled.vehicles.records:
                    shuffled.apply(vin)
        # Messages come more than once, and in any order.
        shuffled.queue.waiting += shuffled.queue.waiting[:1]
        chance.shuffle(shuffled.queue.waiting)
        if chance.random() < 0.7:
            shuffled.drain()
    shuffled.drain()
    if mixed:
        for world in (ordered, shuffled):
            for vin in VINS:
                world.apply(vin)
    for vin in VINS:
        register, certificate = final(ordered, vin)
        register_, certificate_ = final(shuffled, vin)
        assert register_ == register
        # A vehicle that may get no new certificate keeps the one that was running when that became known. Which
        # one that is, and whether there is one, is a matter of what was known when, not of what happened.
        # An application that was granted meanwhile can make that so in one of the two worlds.
        if not refused(ordered, vin) and not refused(shuffled, vin):
            assert certificate_ == certificate
    sound(shuffled)
    sound(ordered)


ROWS = st.tuples(
    st.integers(1, 15),
    st.sampled_from([CAR, OTHER]),
    st.sampled_from(["p-1", "p-2"]),
    st.sampled_from(["2027-03-31", "2028-03-31"]),
    st.sampled_from(["A", "A", "K", "E"]),
)
"""Hours and a half after the first event, vehicle, owner, end of validity, state."""


@given(
    history=histories(),
    rows=st.lists(ROWS, min_size=1, max_size=4, unique_by=lambda r: r[0]),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=80)
def test_ledgers_among_events_end_in_any_order_as_in_order(
    history: list[dict[str, Any]], rows: list[Any], seed: int
) -> None:
    def load(world: RegistryWorld, given: Any) -> None:
        hours, car, owner, until, state = given
        line = row(
            1, clsbdh=car.vin, hphm=car.plate, owner_ref=owner, yxqz=until, zt=state, csys="A", hdzk="5"
        )
        run(world, line, file(f"at-{hours}", BEGIN + hours * HOUR + HOUR // 2))

    ordered, shuffled = RegistryWorld(), RegistryWorld()
    everything = sorted([*in_order(history), *rows], key=_moment)
    for one in everything:
        ordered.happen(one) if isinstance(one, dict) else load(ordered, one)
    random.Random(seed).shuffle(everything)  # noqa: S311
    for one in everything:
        shuffled.happen(one) if isinstance(one, dict) else load(shuffled, one)
    for vin in VINS:
        assert ordered.apply(vin) == shuffled.apply(vin)
        # A row only ever lengthens, so that a certificate may run longer than the register says by now.
        assert final(shuffled, vin)[0] == final(ordered, vin)[0]
    sound(shuffled)


def _moment(one: Any) -> float:
    """Hours after the first event."""
    if isinstance(one, dict):
        return (parse_rfc3339(one["occurred_at"]) - BEGIN) / HOUR
    return float(one[0]) + 0.5
