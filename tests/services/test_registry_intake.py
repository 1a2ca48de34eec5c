"""What comes in: each event judged by itself, with a documented answer to each kind of bad input."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jianbiao.errors import NotFound
from tests.support.registry import RegistryWorld, event, inspected, registered
from tests.support.world import CAR

POLICY = {"plate": CAR.plate, "vin": CAR.vin, "from": "2026-05-01", "to": "2027-04-30"}


def pointers(one: dict[str, Any]) -> list[str]:
    world = RegistryWorld()
    (result,) = world.report(one)
    assert result.result == "invalid"
    assert not world.events.by_id
    assert not world.queue.waiting
    return [error.pointer for error in result.errors]


def changed(one: dict[str, Any], part: str, **values: Any) -> dict[str, Any]:
    return {**one, part: {**one[part], **values}}


WRONG = {
    "unknown type": (event("e", "vehicle.stolen"), "/type"),
    "no type": ({"id": "e"}, "/type"),
    "no id": ({k: v for k, v in registered("e").items() if k != "id"}, ""),
    "an id with a slash": (registered("e/1"), "/id"),
    "unknown member": (registered("e") | {"note": ""}, ""),
    "unknown member of the vehicle": (changed(registered("e"), "vehicle", engine="x"), "/vehicle"),
    "registered without an owner": (
        event("e", "vehicle.registered", plate_class="02", plate=CAR.plate),
        "/vehicle",
    ),
    "transferred to nobody": (event("e", "vehicle.transferred"), "/vehicle"),
    "changed, but what": (event("e", "vehicle.changed"), "/vehicle"),
    "changed owner": (event("e", "vehicle.changed", owner_ref="p-2"), "/vehicle"),
    "no state": (event("e", "vehicle.state_changed"), "/vehicle"),
    "unknown state": (event("e", "vehicle.state_changed", state="F"), "/vehicle/state"),
    "insurance without either part": (event("e", "insurance.updated"), ""),
    "the future": (event("e", "vehicle.deregistered", 24 * 365), "/occurred_at"),
    "long ago": (event("e", "vehicle.deregistered", -24 * 365 * 50), "/occurred_at"),
    "no offset": (
        event("e", "vehicle.deregistered") | {"occurred_at": "2026-10-01T10:00:00"},
        "/occurred_at",
    ),
    "leap second": (
        event("e", "vehicle.deregistered") | {"occurred_at": "2016-12-31T23:59:60Z"},
        "/occurred_at",
    ),
    "30 February": (changed(inspected("e"), "inspection", passed_on="2026-02-30"), "/inspection/passed_on"),
    "year 0": (changed(inspected("e"), "inspection", passed_on="0000-01-01"), "/inspection/passed_on"),
    "passed after the event": (inspected("e", passed_on="2026-10-02"), "/inspection/passed_on"),
    "valid until a day in a month": (inspected("e", valid_until="2027-03-30"), "/inspection/valid_until"),
    "valid until before": (inspected("e", valid_until="2026-08-31"), "/inspection/valid_until"),
    "registered after the event": (
        changed(registered("e"), "vehicle", registered_on="2026-10-02"),
        "/vehicle/registered_on",
    ),
    "made after its registration": (
        changed(registered("e"), "vehicle", manufactured_on="2023-04-01"),
        "/vehicle/manufactured_on",
    ),
    "end of validity in a month": (
        changed(registered("e"), "vehicle", valid_until="2027-03-30"),
        "/vehicle/valid_until",
    ),
    "no VIN": (event("e", "vehicle.deregistered", vin="LSJA24U62JG26922O"), "/vehicle/vin"),
    "no code": (changed(registered("e"), "vehicle", vehicle_type="K00"), "/vehicle/vehicle_type"),
    "no class": (changed(registered("e"), "vehicle", plate_class="98"), "/vehicle/plate_class"),
    "no colour": (changed(registered("e"), "vehicle", colour="Z"), "/vehicle/colour"),
    "the wrong class for the plate": (
        changed(registered("e"), "vehicle", plate_class="52"),
        "/vehicle/plate",
    ),
    "no plate of any class": (event("e", "vehicle.changed", plate="黑A 1"), "/vehicle/plate"),
    "insured backwards": (
        event("e", "insurance.updated") | {"policy": {**POLICY, "to": "2026-04-30"}},
        "/policy/to",
    ),
    "an insured VIN": (
        event("e", "insurance.updated") | {"policy": {**POLICY, "vin": "0" * 16 + "O"}},
        "/policy/vin",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_bad_events_are_invalid_with_a_pointer(name: str) -> None:
    one, pointer = WRONG[name]
    assert pointer in pointers(one)


def test_a_batch_is_answered_one_by_one_and_in_order() -> None:
    world = RegistryWorld()
    results = world.report(
        registered("e-1"), event("e-2", "vehicle.changed"), registered("e-1"), inspected("e-3")
    )
    assert [(r.event_id, r.result) for r in results] == [
        ("e-1", "accepted"),
        ("e-2", "invalid"),
        ("e-1", "duplicate"),
        ("e-3", "accepted"),
    ]
    assert world.queue.waiting == ["e-1", "e-3"]


def test_the_same_id_with_another_content_is_invalid() -> None:
    world = RegistryWorld()
    world.report(registered("e-1"))
    (result,) = world.report(registered("e-1", owner_ref="p-2"))
    assert result.result == "invalid"
    assert [e.pointer for e in result.errors] == ["/id"]
    first, second = RegistryWorld().report(registered("e-1"), registered("e-1", owner_ref="p-2"))
    assert (first.result, second.result) == ("accepted", "invalid")


def test_the_same_moment_written_otherwise_is_the_same_event() -> None:
    world = RegistryWorld()
    one = event("e-1", "vehicle.deregistered") | {"occurred_at": "2026-10-01T08:00:00+08:00"}
    world.report(one)
    (result,) = world.report(one | {"occurred_at": "2026-10-01T00:00:00Z"})
    assert result.result == "duplicate"


def test_a_wrong_check_digit_is_a_warning() -> None:
    (result,) = RegistryWorld().report(
        registered("e-1", vehicle=dataclasses.replace(CAR, vin="LFV2A21K0A4000001"))
    )
    assert (result.result, result.warnings) == ("accepted", ("vin-check-digit",))


def test_plates_and_vins_are_stored_in_one_way() -> None:
    world = RegistryWorld()
    world.happen(registered("e-1", vin=CAR.vin.lower(), plate="黑a·12345"))
    assert world.vehicle() == CAR


def test_reading_an_event() -> None:
    world = RegistryWorld()
    world.report(registered("e-1"))
    assert world.intake.read("e-1").body == registered("e-1")


def test_reading_an_unknown_event() -> None:
    with pytest.raises(NotFound):
        RegistryWorld().intake.read("e-1")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.text(max_size=12) | st.just("2026-10-01"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
BASES = st.sampled_from(
    [registered("e"), inspected("e"), event("e", "insurance.updated") | {"policy": POLICY}]
)


@given(base=BASES, part=st.sampled_from(["vehicle", "inspection", "policy", None]), data=st.data())
@settings(max_examples=300, deadline=None)
def test_any_value_anywhere_is_answered(base: dict[str, Any], part: str | None, data: st.DataObject) -> None:
    target = base.get(part) if part else base
    if not isinstance(target, dict):
        return
    name = data.draw(st.sampled_from([*target, "other"]))
    spoiled = {**target, name: data.draw(JSON)}
    (result,) = RegistryWorld().report({**base, part: spoiled} if part else spoiled)
    assert result.result in {"accepted", "invalid"}
