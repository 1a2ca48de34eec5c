"""Merging reports: whatever order they come in and however often, the same vehicle with the same stamps."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jianbiao.domain.policy import default_policy
from jianbiao.domain.register import (
    EVERY_FIELD,
    NOT_IN_LEDGER,
    Registered,
    Report,
    Stamp,
    add,
    blank,
    first_report,
    merge,
    merge_full,
    without_plate,
)
from jianbiao.domain.vehicle import Vehicle
from tests.domain.samples import VIN, vehicle

POLICY = default_policy()
FIELDS = [f.name for f in dataclasses.fields(Vehicle) if f.name != "vin"]
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "plate": st.sampled_from(["黑A12345", "黑A54321", "黑B00001"]),
    "use": st.sampled_from("ABF"),
    "owner_ref": st.sampled_from(["o-1", "o-2"]),
    "state": st.sampled_from(["A", "G", "GQ"]),
    "valid_until": st.sampled_from([None, date(2026, 3, 31), date(2028, 3, 31)]),
    "is_van": st.booleans(),
    "casualty_accident": st.booleans(),
    "seats": st.sampled_from([None, 5, 7]),
}
FACTS = st.fixed_dictionaries({}, optional=VALUES)
Reported = tuple[Stamp, dict[str, Any]]
# One stamp is one report: two events never have the same id.
REPORTS: st.SearchStrategy[list[Reported]] = st.lists(
    st.tuples(st.tuples(st.integers(1, 6), st.sampled_from(["", "a", "b", "c"])), FACTS),
    max_size=8,
    unique_by=lambda report: report[0],
)
START = first_report(vehicle(), (3, "b"))


def merged(known: Registered, reports: list[Reported]) -> Registered:
    for stamp, facts in reports:
        known = merge(known, facts, stamp)
    return known


def effective(known: Registered) -> dict[str, Stamp]:
    """The stamp of each field, however it is written."""
    return {name: known.stamp_of(name) for name in FIELDS}


@given(REPORTS, st.randoms(use_true_random=False))
def test_any_order_and_any_repetition_ends_in_the_same_record(reports: list[Reported], chance: Any) -> None:
    once = merged(START, sorted(reports, key=lambda report: report[0]))
    again = reports + [report for report in reports if chance.random() < 0.5]
    chance.shuffle(again)
    other = merged(START, again)
    assert other.vehicle == once.vehicle
    assert effective(other) == effective(once)
    assert other.stamps == once.stamps  # written in the same way, too


@given(REPORTS)
def test_each_field_is_the_newest_report_s(reports: list[Reported]) -> None:
    found = merged(START, reports)
    for name in FIELDS:
        own: Stamp = (0, "") if name in NOT_IN_LEDGER and name not in START.stamps else START.stamp_of(name)
        candidates = [(own, getattr(START.vehicle, name))]
        candidates += [(stamp, facts[name]) for stamp, facts in reports if name in facts]
        stamp, value = max(candidates, key=lambda candidate: candidate[0])
        assert (found.stamp_of(name), getattr(found.vehicle, name)) == (stamp, value)


@pytest.mark.parametrize(
    ("stamp", "wins"),
    [((3, "a"), False), ((3, "b"), False), ((3, "c"), True), ((2, "z"), False), ((4, ""), True)],
)
def test_newer_by_time_and_then_by_id_wins(stamp: Stamp, wins: bool) -> None:
    assert (merge(START, {"use": "F"}, stamp).vehicle.use == "F") is wins


def test_a_report_that_changes_nothing_gives_the_same_object() -> None:
    assert merge(START, {"use": "F"}, (1, "")) is START
    assert merge(START, {}, (9, "")) is START
    assert merge(START, {"vin": "X" * 17}, (9, "")) is START


def test_the_vin_is_never_merged() -> None:
    assert merge(START, {"vin": "X" * 17, "use": "F"}, (9, "")).vehicle.vin == VIN


def test_a_newer_report_of_the_same_value_still_counts_against_older_ones() -> None:
    known = merge(START, {"use": START.vehicle.use}, (9, ""))
    assert merge(known, {"use": "F"}, (8, "")).vehicle.use == START.vehicle.use


def test_a_whole_report_leaves_out_what_it_does_not_carry() -> None:
    known = merge(START, {"is_van": True}, (4, "e"))
    other = vehicle(use="F", is_van=False)
    found = merge_full(known, other, (5, ""), without=NOT_IN_LEDGER)
    assert (found.vehicle.use, found.vehicle.is_van) == ("F", True)
    assert found.stamp_of("is_van") == (4, "e")
    assert not merge_full(known, other, (5, "")).vehicle.is_van


def test_a_ledger_row_does_not_hide_an_older_event_about_what_it_cannot_know() -> None:
    known = first_report(vehicle(), (100, ""))
    assert merge(known, {"casualty_accident": True}, (50, "e")).vehicle.casualty_accident
    assert merge(known, {"use": "F"}, (50, "e")) is known


@given(REPORTS)
def test_stamps_are_written_with_few_entries_and_lose_nothing(reports: list[Reported]) -> None:
    found = merged(START, reports)
    common = found.stamps[EVERY_FIELD]
    for name, stamp in found.stamps.items():
        assert name == EVERY_FIELD or stamp != common or name in NOT_IN_LEDGER
    shared = [found.stamp_of(name) for name in FIELDS if name not in NOT_IN_LEDGER]
    assert shared.count(common) == max(map(shared.count, shared))


def test_a_report_of_everything_is_written_as_one_stamp() -> None:
    changed = merge(START, {"use": "F"}, (5, "e"))
    every = {name: getattr(START.vehicle, name) for name in FIELDS if name not in NOT_IN_LEDGER}
    assert merge(changed, every, (9, "")).stamps == {EVERY_FIELD: (9, "")}


def test_as_of_is_the_newest_report() -> None:
    assert START.as_of == 3
    assert merge(START, {"use": "F"}, (7, "")).as_of == 7
    assert Registered(vehicle()).as_of == 0
    assert Registered(vehicle()).stamp_of("use") == (0, "")


@given(REPORTS, st.randoms(use_true_random=False))
def test_events_and_ledger_rows_in_any_order_end_alike(reports: list[Reported], chance: Any) -> None:
    ledger = (vehicle(use="F", seats=7), (4, ""))
    events = [Report((at, f"e{id_}"), facts) for (at, id_), facts in reports]

    def ended(steps: list[Any]) -> Registered:
        known = START
        for step in steps:
            if isinstance(step, Report):
                known = add(known, step, POLICY)
            else:
                known = merge_full(known, step[0], step[1], without=NOT_IN_LEDGER, policy=POLICY)
        return known

    once = ended([ledger, *events])
    again: list[Any] = [ledger, *events, *events, ledger]
    chance.shuffle(again)
    other = ended(again)
    assert other.vehicle == once.vehicle
    assert effective(other) == effective(once)


def test_a_ledger_row_makes_known_what_only_events_had_spoken_of() -> None:
    waiting = add(blank(VIN), Report((5, "e"), {"use": "F"}), POLICY)
    assert not waiting.known
    found = merge_full(waiting, vehicle(), (4, ""), without=NOT_IN_LEDGER, policy=POLICY)
    assert found.known
    assert (found.vehicle.use, found.vehicle.plate) == ("F", vehicle().plate)


def test_a_ledger_s_end_of_validity_settles_where_the_inspection_was() -> None:
    away = dataclasses.replace(START, elsewhere=True, kept_until=date(2026, 3, 31))
    found = merge(away, {"valid_until": date(2028, 3, 31)}, (9, ""))
    assert (found.elsewhere, found.kept_until) == (False, None)
    other = merge(away, {"use": "F"}, (9, ""))
    assert (other.elsewhere, other.kept_until) == (True, date(2026, 3, 31))


def test_who_has_lost_the_plate_gets_it_back_by_any_newer_report_alone() -> None:
    lost = without_plate(START, POLICY)
    assert lost.vehicle.plate == ""
    at, id_ = START.stamp_of("plate")
    assert merge(lost, {"plate": "黑A54321"}, (at, id_)).vehicle.plate == ""
    assert add(lost, Report((at, id_ + "x"), {"plate": "黑A54321"}), POLICY).vehicle.plate == "黑A54321"
    assert without_plate(START, POLICY) == lost


@pytest.mark.parametrize(("state", "ends"), [("A", (0, "")), ("E", (9, "")), ("GB", (9, "")), ("K", (0, ""))])
def test_a_whole_report_of_a_state_that_ends_certificates(state: str, ends: Stamp) -> None:
    reported = dataclasses.replace(vehicle(), state=state)
    found = merge_full(START, reported, (9, ""), without=NOT_IN_LEDGER, policy=POLICY)
    assert found.ends == ends
    # An older one does not move it back, and one without the rules says nothing of it.
    assert merge_full(found, reported, (8, ""), without=NOT_IN_LEDGER, policy=POLICY).ends == ends
    assert merge_full(START, reported, (9, ""), without=NOT_IN_LEDGER).ends == (0, "")
