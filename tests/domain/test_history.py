"""Events of a vehicle replayed: the same vehicle in whatever order they arrive, ledgers and claims among them."""

from __future__ import annotations

import dataclasses
import itertools
import random
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from jianbiao.domain.eligibility import Insurance
from jianbiao.domain.history import KEPT
from jianbiao.domain.insurance import insurance_of
from jianbiao.domain.policy import Policy, default_policy
from jianbiao.domain.register import (
    NOT_IN_LEDGER,
    Inspection,
    Registered,
    Report,
    add,
    blank,
    first_report,
    merge,
    merge_full,
    without_plate,
)
from tests.domain.samples import running

POLICY = default_policy()
CAR = running()
WHOLE = {f.name: getattr(CAR, f.name) for f in dataclasses.fields(CAR) if f.name != "vin"}


def passed(at: int, day: str, *, division: str = "230100", until: str | None = None) -> Report:
    end = date.fromisoformat(until) if until else None
    return Report((at, f"e-{at}"), inspection=Inspection(date.fromisoformat(day), division, end), channel=3)


def said(at: int, **facts: Any) -> Report:
    return Report((at, f"e-{at}"), facts, channel=1)


def replayed(*reports: Report, known: Registered | None = None) -> Registered:
    known = known or blank(CAR.vin)
    for report in reports:
        known = add(known, report, POLICY)
    return known


def ledger(known: Registered, as_of: int, use: str) -> Registered:
    row = dataclasses.replace(CAR, use=use, valid_until=date(2027, 3, 31))
    return merge_full(known, row, (as_of, ""), without=NOT_IN_LEDGER, policy=POLICY)


REPORTS = [
    Report((10, "e-10"), WHOLE, full=True, channel=1),
    said(11, use="B"),
    passed(12, "2027-02-01"),
    said(13, use="A"),
    passed(14, "2028-03-01", division="110000"),
    said(15, division="110000"),
    passed(16, "2029-03-01", division="110000"),
    Report((17, "e-17"), {"state": "E"}, ends=True),
    said(18, valid_until=date(2030, 3, 31)),
    passed(19, "2030-01-01", until="2031-03-31"),
    Report((20, "e-20"), {"state": "A"}),
]


@given(st.permutations(REPORTS), st.lists(st.sampled_from(REPORTS), max_size=3), st.integers(0, len(REPORTS)))
@settings(max_examples=120, deadline=None)
def test_any_order_gives_the_same_vehicle(order: list[Report], again: list[Report], count: int) -> None:
    some = order[:count]
    assert replayed(*some, *[r for r in again if r in some]) == replayed(*sorted(some, key=lambda r: r.stamp))


@given(st.permutations(range(len(REPORTS) + 2)))
@settings(max_examples=100, deadline=None)
def test_ledgers_may_come_in_between(order: list[int]) -> None:
    def ended(steps: list[int]) -> Registered:
        known = blank(CAR.vin)
        for step in steps:
            if step < len(REPORTS):
                known = add(known, REPORTS[step], POLICY)
            else:
                known = ledger(known, 9, "A") if step == len(REPORTS) else ledger(known, 15, "D")
        return known

    one, other = ended(order), ended(sorted(order))
    assert (one.vehicle, one.stamps, one.ends, one.issues) == (
        other.vehicle,
        other.stamps,
        other.ends,
        other.issues,
    )
    assert (one.elsewhere, one.kept_until, one.known) == (other.elsewhere, other.kept_until, other.known)


def test_nothing_shows_of_a_vehicle_that_nobody_registered() -> None:
    waiting = replayed(said(11, plate="黑A99999", owner_ref="p-2"))
    assert waiting.vehicle == blank(CAR.vin).vehicle
    assert not waiting.known
    assert waiting.as_of == 0
    assert replayed(REPORTS[0], known=waiting).vehicle.owner_ref == "p-2"


def test_a_late_change_of_use_decides_an_inspection_anew() -> None:
    car = replayed(REPORTS[0], passed(12, "2027-02-01"))
    assert car.vehicle.valid_until == date(2029, 3, 31)
    taxi = add(car, said(11, use="D"), POLICY)
    assert taxi.vehicle.valid_until == date(2028, 3, 31)


def test_what_was_granted_stays_when_the_policy_changes() -> None:
    car = replayed(REPORTS[0], passed(12, "2027-02-01"))
    other = Policy(_yearly(POLICY))
    assert replayed(REPORTS[0], passed(12, "2027-02-01")).vehicle.valid_until == date(2029, 3, 31)
    fresh = add(add(blank(CAR.vin), REPORTS[0], other), passed(12, "2027-02-01"), other)
    assert fresh.vehicle.valid_until == date(2028, 3, 31)
    assert add(car, said(13, colour="B"), other).vehicle.valid_until == date(2029, 3, 31)


def _yearly(policy: Policy) -> dict[str, Any]:
    import json

    from jianbiao.domain.policy import COMPILED

    assert policy
    compiled: dict[str, Any] = json.loads(COMPILED.read_bytes())
    for rule in compiled["rules"].values():
        rule["bands"] = [[0, 12]]
    return compiled


def test_an_inspection_that_our_rules_cannot_judge_changes_no_period() -> None:
    odd = replayed(Report((10, "e-10"), {**WHOLE, "vehicle_type": "?"}, full=True), passed(12, "2027-02-01"))
    assert odd.vehicle.valid_until == CAR.valid_until
    assert odd.vehicle.last_inspected_on == date(2027, 2, 1)


def test_elsewhere_twice_keeps_the_period_before_the_first() -> None:
    away = replayed(
        REPORTS[0], passed(12, "2027-02-01", division="110000"), passed(13, "2029-02-01", division="1")
    )
    assert (away.elsewhere, away.kept_until) == (True, CAR.valid_until)
    assert away.issuable_until == CAR.valid_until
    home = add(away, passed(14, "2031-02-01"), POLICY)
    assert not home.elsewhere
    assert home.issuable_until == home.vehicle.valid_until


def test_a_period_had_elsewhere_stays_once_it_was_applied_for() -> None:
    away = replayed(REPORTS[0], passed(12, "2027-02-01", division="110000"))
    applied = away.with_application()
    assert applied.issuable_until == away.vehicle.valid_until == date(2029, 3, 31)
    assert applied.with_application() is applied
    recoloured = add(applied, said(13, colour="B"), POLICY)
    assert recoloured.issuable_until == date(2029, 3, 31)
    assert ledger(recoloured, 9, "A").issuable_until == date(2029, 3, 31)
    again = add(applied, passed(14, "2029-02-01", division="110000"), POLICY)
    assert again.vehicle.valid_until == date(2031, 3, 31)
    assert again.issuable_until == CAR.valid_until
    home = replayed(REPORTS[0])
    assert home.with_application() is home


def test_what_the_register_issues_rests_on_the_state_of_that_moment() -> None:
    """Not on a newer one: what comes late between the two would be missed."""
    gone = Report((12, "e-12"), {"state": "E"}, ends=True)
    mended = Report((14, "e-14"), {"state": "A"})
    car = replayed(REPORTS[0], mended)
    assert car.issuing_state == (10, "e-10")
    late = add(car, gone, POLICY)
    assert late.ends == (12, "e-12") > late.issuing_state
    assert add(late, said(15, colour="B"), POLICY).issuing_state == (14, "e-14")
    assert first_report(CAR, (9, "")).issuing_state == (9, "")


def test_a_shorter_period_had_elsewhere_needs_no_application() -> None:
    """What the register says by now is less than what the certificate says: nobody would apply for that."""
    longer = said(12, valid_until=date(2031, 3, 31))
    away = replayed(REPORTS[0], longer, passed(13, "2027-02-01", division="110000", until="2029-03-31"))
    assert away.kept_until == date(2031, 3, 31)
    assert away.issuable_until == away.vehicle.valid_until == date(2029, 3, 31)


def test_a_claim_or_a_ledger_is_no_inspection_elsewhere() -> None:
    away = replayed(REPORTS[0], passed(12, "2027-02-01", division="110000"))
    claimed = merge(away, {"valid_until": date(2031, 3, 31)}, (99, "claim"), POLICY)
    assert not claimed.elsewhere
    assert claimed.history == away.history
    assert add(claimed, said(13, colour="B"), POLICY).vehicle.valid_until == date(2031, 3, 31)


def test_a_vehicle_without_its_plate_gets_one_by_any_newer_report() -> None:
    lost = without_plate(replayed(REPORTS[0]), POLICY)
    assert lost.vehicle.plate == ""
    assert without_plate(first_report(CAR, (10, "")), POLICY).vehicle.plate == ""
    assert add(lost, said(11, plate="黑A99999"), POLICY).vehicle.plate == "黑A99999"
    assert add(lost, said(9, plate="黑A99999"), POLICY).vehicle.plate == ""


def test_many_events_keep_the_newest_and_settle_the_rest() -> None:
    states = [said(100 + i, colour="ABCDEFGHIJ"[i % 10]) for i in range(3 * KEPT)]
    random.Random(7).shuffle(states)  # noqa: S311
    car = replayed(REPORTS[0], *states)
    assert len(car.history) <= KEPT
    assert car.vehicle.colour == "ABCDEFGHIJ"[(3 * KEPT - 1) % 10]
    assert car.issues == (100 + 3 * KEPT - 1, f"e-{100 + 3 * KEPT - 1}")
    # What comes late behind them still sets what nobody set after it, and nothing else.
    late = add(car, said(50, seats=7, colour="J"), POLICY)
    assert (late.vehicle.seats, late.vehicle.colour) == (7, car.vehicle.colour)


def test_many_events_of_an_unknown_vehicle_wait_all_the_same() -> None:
    waiting = replayed(*[said(100 + i, owner_ref=f"p-{i}") for i in range(2 * KEPT)])
    assert not waiting.known
    assert replayed(REPORTS[0], known=waiting).vehicle.owner_ref == f"p-{2 * KEPT - 1}"


def test_the_newest_policy_counts_unless_a_newer_ledger_says_otherwise() -> None:
    def insured(at: int, to: date) -> Report:
        facts = {"insurance_plate": CAR.plate, "insurance_vin": CAR.vin, "insurance_from": date(2026, 1, 1)}
        return Report((at, f"e-{at}"), {**facts, "insurance_to": to})

    one, two = insured(20, date(2026, 12, 31)), insured(30, date(2027, 12, 31))
    for order in itertools.permutations([REPORTS[0], one, two]):
        assert insurance_of(replayed(*order)) == (
            Insurance(CAR.plate, CAR.vin, date(2026, 1, 1), date(2027, 12, 31)),
            None,
        )
    known = replayed(REPORTS[0], one, Report((31, "e-31"), {"tax_paid_until": date(2026, 6, 30)}))
    assert insurance_of(first_report(CAR, (10, ""))) == (None, None)
    row = dataclasses.replace(CAR, insured_until=date(2028, 1, 1))
    newer = merge_full(known, row, (40, ""), without=NOT_IN_LEDGER)
    assert insurance_of(newer) == (None, date(2026, 6, 30))
    older = merge_full(known, row, (15, ""), without=NOT_IN_LEDGER)
    assert insurance_of(older)[0] is not None
    silent = merge_full(known, CAR, (40, ""), without=NOT_IN_LEDGER)
    assert insurance_of(silent)[0] is not None
