"""Inspection cycles: the tables of domain facts 2, case by case."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from jianbiao.domain.cycles import Action, after_inspection, deciding_rule, next_period, on_grid, window_opens
from jianbiao.domain.months import last_day, month_of
from jianbiao.domain.policy import Policy, default_policy
from jianbiao.domain.reasons import Reason
from jianbiao.domain.rules import Rule
from jianbiao.domain.vehicle import Vehicle
from jianbiao.errors import Refusal
from tests.domain.samples import vehicle

POLICY = default_policy()
CLAIM, ONSITE = Action.CLAIM, Action.ONSITE

SP2014_NODES = [2, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15.5, 16, 16.5]
MO_NODES = [2, 4, 5, 6, 7, 8, 9, 10, 11]


def years_after(registered: date, years: float) -> date:
    return last_day(month_of(registered) + round(years * 12))


# 2.3 Nodes

NODES = [
    ("SP2004", SP2014_NODES, []),
    ("SP2014", SP2014_NODES, [2, 4]),
    ("SP2020", [2, 4, 6, 8, 10, 11, 12, 13, 14, 15, 15.5, 16, 16.5], [2, 4]),
    ("SP2022", [2, 4, 6, 8, 10, 11, 12, 13, 14, 15, 16, 17], [2, 4, 8]),
    ("MO2004", MO_NODES, []),
    ("MO2019", MO_NODES, [2, 4, 5]),
    ("MO2022", [2, 4, 6, 8, 10, 11, 12], [2, 4, 8]),
    ("OP2004", [1, 2, 3, 4, 5, 5.5, 6, 6.5], []),
    ("TB2004", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10.5, 11, 11.5], []),
    ("SB2004", [0.5, 1, 1.5, 2, 2.5], []),
    ("OT2004", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], []),
]


@pytest.mark.parametrize(("rule_id", "years", "claims"), NODES)
def test_nodes_and_claims_of_each_rule_set(rule_id: str, years: list[float], claims: list[int]) -> None:
    rule = POLICY.rule(rule_id)
    limit = round(years[-1] * 12)
    assert list(rule.nodes(limit)) == [round(y * 12) for y in years]
    assert [age for age in range(-12, limit + 1) if rule.is_node(age)] == [round(y * 12) for y in years]
    assert sorted(rule.claim_at) == [y * 12 for y in claims]


def test_on_site_inspections_within_ten_years_fell_as_announced() -> None:
    """Cars from three to two with the rules of 2022, motorcycles from five to two (releases of the ministry)."""

    def onsite(rule_id: str) -> list[int]:
        rule = POLICY.rule(rule_id)
        return [age // 12 for age in rule.nodes(120) if age not in rule.claim_at]

    assert onsite("SP2020") == [6, 8, 10]
    assert onsite("SP2022") == [6, 10]
    assert onsite("MO2019") == [6, 7, 8, 9, 10]
    assert onsite("MO2022") == [6, 10]


# 2.1 Classes

CLASSES = [
    ("K33", "A", "SMALL_PRIVATE"),
    ("K43", "H", "SMALL_PRIVATE"),
    ("K39", "A", "SMALL_PRIVATE"),
    ("K31", "Z", "SMALL_PRIVATE"),
    ("K33", "L", "SMALL_PRIVATE"),
    ("K33", "M", "SMALL_PRIVATE"),
    ("K33", "U", "SMALL_PRIVATE"),
    ("K16", "A", "SMALL_PRIVATE"),
    ("K26", "A", "SMALL_PRIVATE"),
    ("K16", "D", "OP_PASSENGER"),
    ("K33", "D", "OP_PASSENGER"),
    ("K33", "N", "OP_PASSENGER"),
    ("K33", "T", "OP_PASSENGER"),
    ("K11", "B", "OP_PASSENGER"),
    ("K21", "G", "OP_PASSENGER"),
    ("K38", "P", "SCHOOL_BUS"),
    ("K18", "O", "SCHOOL_BUS"),
    ("K28", "S", "SCHOOL_BUS"),
    ("K33", "Q", "SCHOOL_BUS"),
    ("K11", "A", "TRUCK_OR_BIG_PRIVATE"),
    ("K21", "J", "TRUCK_OR_BIG_PRIVATE"),
    ("H11", "F", "TRUCK_OR_BIG_PRIVATE"),
    ("H31", "A", "TRUCK_OR_BIG_PRIVATE"),
    ("Q11", "F", "TRUCK_OR_BIG_PRIVATE"),
    ("Z11", "K", "TRUCK_OR_BIG_PRIVATE"),
    ("M21", "A", "MOTO"),
    ("M21", "H", "MOTO"),
    ("B11", "F", "OTHER"),
    ("G11", "F", "OTHER"),
    ("D11", "C", "OTHER"),
    ("J11", "A", "OTHER"),
    ("T11", "A", "OTHER"),
    ("N11", "F", "OTHER"),
    ("X99", "Z", "OTHER"),
]


@pytest.mark.parametrize(("vehicle_type", "use", "expected"), CLASSES)
def test_class_of_type_and_use(vehicle_type: str, use: str, expected: str) -> None:
    assert POLICY.vehicle_class(vehicle_type, use) == expected
    assert POLICY.vehicle_class(vehicle_type, use) == expected  # and from the cache


@pytest.mark.parametrize(("vehicle_type", "use"), [("Y11", "A"), ("K19", "A"), ("K33", "Y"), ("", "")])
def test_an_unknown_type_or_use_is_no_class(vehicle_type: str, use: str) -> None:
    assert POLICY.vehicle_class(vehicle_type, use) is None
    with pytest.raises(Refusal) as caught:
        next_period(POLICY, vehicle(vehicle_type=vehicle_type, use=use), date(2020, 3, 1))
    assert (caught.value.reason, caught.value.extras) == (
        Reason.RECORD_INCONSISTENT,
        {"why": "class-and-type"},
    )


# 2.6 Test vectors: registered, due, decided, window opens, action, why, next validity, rule, more facts

VECTORS: list[tuple[str, str, str, str, Action, str | None, str, str, dict[str, Any]]] = [
    ("2018-03-15", "2020-03-31", "2020-03-10", "2020-01-01", CLAIM, None, "2022-03-31", "SP2014", {}),
    ("2018-03-15", "2022-03-31", "2022-03-10", "2022-01-01", CLAIM, None, "2024-03-31", "SP2020", {}),
    ("2018-03-15", "2024-03-31", "2024-03-10", "2024-01-01", ONSITE, "onsite-node", "2026-03-31", "SP2022", {}),
    ("2018-03-15", "2026-03-31", "2026-03-10", "2026-01-01", CLAIM, None, "2028-03-31", "SP2022", {}),
    ("2018-03-15", "2028-03-31", "2028-03-10", "2028-01-01", ONSITE, "onsite-node", "2029-03-31", "SP2022", {}),
    ("2014-03-02", "2020-03-31", "2020-03-10", "2020-01-01", ONSITE, "onsite-node", "2021-03-31", "SP2014", {}),
    ("2012-11-15", "2014-11-30", "2014-11-10", "2014-09-01", CLAIM, None, "2016-11-30", "SP2014", {}),
    ("2012-11-15", "2018-11-30", "2018-11-10", "2018-09-01", ONSITE, "onsite-node", "2019-11-30", "SP2014", {}),
    ("2012-11-15", "2020-11-30", "2020-10-15", "2020-09-01", ONSITE, "onsite-node", "2021-11-30", "SP2014", {}),
    ("2018-03-15", "2020-03-31", "2020-03-10", "2020-01-01", ONSITE, "too-many-seats", "2022-03-31", "SP2004",
     {"seats": 7}),
    ("2018-03-15", "2020-03-31", "2020-03-10", "2020-01-01", ONSITE, "casualty-accident", "2022-03-31", "SP2004",
     {"casualty_accident": True}),
]  # fmt: skip


@pytest.mark.parametrize(("reg", "due", "on", "opens", "action", "why", "until", "rule", "more"), VECTORS)
def test_published_vectors(
    reg: str,
    due: str,
    on: str,
    opens: str,
    action: Action,
    why: str | None,
    until: str,
    rule: str,
    more: dict[str, Any],
) -> None:
    car = vehicle(registered_on=date.fromisoformat(reg), valid_until=date.fromisoformat(due), **more)
    car_period = next_period(POLICY, car, date.fromisoformat(on))
    assert car_period.opens_on.isoformat() == opens
    assert (car_period.action, car_period.why) == (action, why)
    assert car_period.valid_until.isoformat() == until
    assert car_period.rule_id == rule
    assert not car_period.transition


# 2.5 Transition traps

TRANSITIONS: list[tuple[str, float, str, Action, float, str, bool, dict[str, Any]]] = [
    # A car at 7 or 9 years when the rules of 2020 came: no test there, next node.
    ("2014-02-10", 7, "2021-02-01", CLAIM, 8, "SP2020", True, {}),
    ("2012-11-15", 9, "2021-11-02", CLAIM, 10, "SP2020", True, {}),
    # The day before, the old rules decide and it goes on site.
    ("2013-11-15", 7, "2020-11-19", ONSITE, 8, "SP2014", False, {}),
    ("2013-11-15", 7, "2020-11-20", CLAIM, 8, "SP2020", True, {}),
    # A car with a half-year end when the rules of 2022 came: next yearly node.
    ("2007-04-20", 15.5, "2022-09-30", ONSITE, 16, "SP2020", False, {}),
    ("2007-04-20", 15.5, "2022-10-01", CLAIM, 16, "SP2022", True, {}),
    ("2006-06-20", 16.5, "2022-12-05", CLAIM, 17, "SP2022", True, {}),
    # A motorcycle at 5, 7 or 9 years.
    ("2017-12-20", 5, "2022-12-05", CLAIM, 6, "MO2022", True, {"vehicle_type": "M21"}),
    ("2015-12-20", 7, "2022-12-05", CLAIM, 8, "MO2022", True, {"vehicle_type": "M21"}),
    ("2017-12-20", 5, "2022-09-30", CLAIM, 6, "MO2019", False, {"vehicle_type": "M21"}),
    # An excluded car keeps the original cycle, where 7 years is a node.
    ("2014-02-10", 7, "2021-02-01", ONSITE, 8, "SP2004", False, {"is_van": True}),
    # Seven seats joined in 2020; at 8 years the rules of 2020 test, those of 2022 do not.
    ("2017-02-10", 4, "2021-02-01", CLAIM, 6, "SP2020", False, {"seats": 7}),
    ("2014-08-10", 8, "2022-08-01", ONSITE, 10, "SP2020", False, {"seats": 9}),
    ("2014-12-10", 8, "2022-12-01", CLAIM, 10, "SP2022", False, {"seats": 9}),
    ("2014-12-10", 8, "2022-12-01", ONSITE, 9, "SP2004", False, {"seats": 10}),
    # Formerly for hire, three years old: between the nodes of the original cycle, and tested.
    ("2017-12-20", 3, "2020-12-05", ONSITE, 4, "SP2004", True, {"use": "L"}),
]


@pytest.mark.parametrize(("reg", "age", "on", "action", "until", "rule", "transition", "more"), TRANSITIONS)
def test_transitions(
    reg: str,
    age: float,
    on: str,
    action: Action,
    until: float,
    rule: str,
    transition: bool,
    more: dict[str, Any],
) -> None:
    registered = date.fromisoformat(reg)
    car = vehicle(
        registered_on=registered, manufactured_on=None, valid_until=years_after(registered, age), **more
    )
    period = next_period(POLICY, car, date.fromisoformat(on))
    assert (period.rule_id, period.action, period.transition) == (rule, action, transition)
    assert period.valid_until == years_after(registered, until)


@pytest.mark.parametrize("rule_id", ["SP2014", "SP2020", "SP2022"])
def test_the_visit_at_six_years_is_on_site_in_every_version(rule_id: str) -> None:
    rule = POLICY.rule(rule_id)
    car = vehicle(registered_on=date(2010, 5, 1), manufactured_on=None, valid_until=date(2016, 5, 31))
    assert next_period(POLICY, car, rule.starts).why == "onsite-node"


@pytest.mark.parametrize(
    ("registered", "due", "until"),
    [
        (date(2016, 2, 29), date(2020, 2, 29), date(2022, 2, 28)),
        (date(2016, 2, 1), date(2018, 2, 28), date(2020, 2, 29)),
        (date(2018, 1, 31), date(2020, 1, 31), date(2022, 1, 31)),
        (date(2018, 12, 31), date(2020, 12, 31), date(2022, 12, 31)),
        (date(2018, 8, 31), date(2020, 8, 31), date(2022, 8, 31)),
    ],
)
def test_month_ends_and_leap_years(registered: date, due: date, until: date) -> None:
    car = vehicle(registered_on=registered, manufactured_on=None, valid_until=due)
    assert next_period(POLICY, car, due).valid_until == until


# 2.2 Who is exempt

EXCLUDED: list[tuple[str, dict[str, Any], str | None]] = [
    ("2020-03-10", {}, None),
    ("2020-03-10", {"is_van": True}, "van"),
    ("2020-03-10", {"casualty_accident": True}, "casualty-accident"),
    ("2020-03-10", {"illegal_modification": True}, None),
    ("2020-11-20", {"illegal_modification": True}, "illegal-modification"),
    ("2022-10-01", {"illegal_modification": True}, "illegal-modification"),
    ("2020-03-10", {"vehicle_type": "K39"}, "type-not-exempt"),
    ("2020-03-10", {"vehicle_type": "K38"}, "type-not-exempt"),
    ("2020-03-10", {"vehicle_type": "K34"}, None),
    ("2020-03-10", {"vehicle_type": "K16"}, None),
    *(("2020-03-10", {"use": use}, "use-not-exempt") for use in "HIJKLMUZ"),
    ("2020-03-10", {"use": "D"}, "class-not-exempt"),
    ("2020-03-10", {"vehicle_type": "H11", "use": "F"}, "class-not-exempt"),
    ("2020-03-10", {"seats": 6}, None),
    ("2020-03-10", {"seats": 7}, "too-many-seats"),
    ("2020-11-20", {"seats": 9}, None),
    ("2020-11-20", {"seats": 10}, "too-many-seats"),
    ("2020-03-10", {"seats": None}, "seats-unknown"),
    ("2020-03-10", {"manufactured_on": date(2014, 3, 31)}, None),
    ("2020-03-10", {"manufactured_on": date(2014, 2, 28)}, "late-registration"),
    ("2020-03-10", {"manufactured_on": None}, None),
    ("2014-08-31", {}, "class-not-exempt"),
    ("2019-05-31", {"vehicle_type": "M21"}, "class-not-exempt"),
    ("2019-06-01", {"vehicle_type": "M21", "seats": None}, None),
    ("2019-06-01", {"vehicle_type": "M22", "casualty_accident": True}, "casualty-accident"),
    ("2022-10-01", {"vehicle_type": "M21", "illegal_modification": True}, "illegal-modification"),
    ("2022-10-01", {"vehicle_type": "M21", "use": "H"}, "use-not-exempt"),
    ("2022-10-01", {"vehicle_type": "M21", "is_van": True}, None),
]


@pytest.mark.parametrize(("on", "facts", "why"), EXCLUDED)
def test_who_is_exempt(on: str, facts: dict[str, Any], why: str | None) -> None:
    rule, found = deciding_rule(POLICY, vehicle(**facts), date.fromisoformat(on))
    assert found == why
    if why not in (None, "class-not-exempt"):
        assert rule.id in ("SP2004", "MO2004")
        assert not rule.claim_at


@pytest.mark.parametrize(
    ("registered", "claims"),
    [("2012-09-30", 2), ("2012-08-31", 1), ("2010-09-01", 1), ("2010-08-31", 0)],
)
def test_how_many_claims_were_left_when_the_exemption_began(registered: str, claims: int) -> None:
    begin = date(2014, 9, 1)
    car = vehicle(registered_on=date.fromisoformat(registered), manufactured_on=None)
    month, rule = month_of(car.registered_on), POLICY.rule("SP2014")
    assert sum(last_day(month + age) >= begin for age in rule.claim_at) == claims


# Windows and lateness (2.4)


@pytest.mark.parametrize(
    ("facts", "due", "opens"),
    [
        ({}, date(2020, 9, 30), date(2020, 7, 1)),
        ({}, date(2020, 1, 31), date(2019, 11, 1)),
        ({}, date(2020, 2, 29), date(2019, 12, 1)),
        ({"use": "P"}, date(2020, 9, 30), date(2020, 9, 1)),
        ({"vehicle_type": "H11"}, date(2020, 3, 31), date(2020, 1, 1)),
    ],
)
def test_the_window_is_whole_months_before_the_due_day(facts: dict[str, Any], due: date, opens: date) -> None:
    assert window_opens(POLICY, vehicle(**facts), due) == opens


LATE: list[tuple[str, str, Action, str]] = [
    # Registered 2018-03; nodes 2020, 2022, 2024, 2026, 2028.
    ("2020-03-31", "2020-04-01", CLAIM, "2022-03-31"),
    ("2020-03-31", "2022-03-30", CLAIM, "2022-03-31"),
    ("2020-03-31", "2022-03-31", CLAIM, "2024-03-31"),
    ("2020-03-31", "2023-05-01", CLAIM, "2024-03-31"),
    ("2020-03-31", "2024-05-01", ONSITE, "2026-03-31"),
    ("2022-03-31", "2026-11-22", ONSITE, "2028-03-31"),
    ("2024-03-31", "2026-11-22", ONSITE, "2028-03-31"),
]


@pytest.mark.parametrize(("due", "on", "action", "until"), LATE)
def test_late_comers_stay_on_the_grid(due: str, on: str, action: Action, until: str) -> None:
    period = next_period(POLICY, vehicle(valid_until=date.fromisoformat(due)), date.fromisoformat(on))
    assert (period.action, period.valid_until.isoformat()) == (action, until)


def test_without_a_validity_there_is_no_next_period() -> None:
    with pytest.raises(Refusal) as caught:
        next_period(POLICY, vehicle(valid_until=None), date(2020, 3, 1))
    assert (caught.value.reason, caught.value.extras) == (Reason.RECORD_INCONSISTENT, {"why": "valid-until"})


def test_days_before_the_first_rule_set_have_the_first_rule_set() -> None:
    old = vehicle(registered_on=date(1999, 5, 1), valid_until=date(2003, 5, 31))
    assert next_period(POLICY, old, date(2003, 5, 1)).rule_id == "SP2004"


# Inspections passed at a station (channel 3)

INSPECTED: list[tuple[str | None, str, str]] = [
    ("2024-03-31", "2024-03-31", "2026-03-31"),
    ("2024-03-31", "2024-01-01", "2026-03-31"),
    ("2024-03-31", "2023-12-31", "2024-03-31"),  # before the window: nothing changes
    ("2024-03-31", "2024-04-15", "2026-03-31"),
    ("2024-03-31", "2026-06-01", "2028-03-31"),
    (None, "2018-03-20", "2020-03-31"),
    (None, "2023-12-31", "2024-03-31"),
    (None, "2024-01-01", "2026-03-31"),
    (None, "2024-04-01", "2026-03-31"),
]


@pytest.mark.parametrize(("due", "passed", "until"), INSPECTED)
def test_after_an_inspection(due: str | None, passed: str, until: str) -> None:
    car = vehicle(valid_until=due and date.fromisoformat(due))
    period = after_inspection(POLICY, car, date.fromisoformat(passed))
    assert period.valid_until.isoformat() == until
    assert not period.transition


# Grids


GRID: list[tuple[str, str | None, str, dict[str, Any], bool]] = [
    ("2018-03-15", "2020-03-31", "2020-03-01", {}, True),
    ("2018-03-15", "2022-03-31", "2020-03-01", {}, True),
    ("2018-03-15", "2020-03-30", "2020-03-01", {}, False),  # no month end
    ("2018-03-15", "2020-04-30", "2020-03-01", {}, False),  # not its month
    ("2018-03-15", "2021-03-31", "2020-03-01", {}, False),  # three years
    ("2018-03-15", "2018-03-31", "2020-03-01", {}, False),  # no years
    ("2018-03-15", "2016-03-31", "2020-03-01", {}, False),  # before registration
    ("2018-03-15", None, "2020-03-01", {}, False),
    # Seven years: a node until 2020, and of the original cycle for whoever is excluded now or was then.
    ("2014-03-15", "2021-03-31", "2021-01-01", {}, True),
    ("2023-03-15", "2030-03-31", "2030-01-01", {}, True),
    # Half years at 15: a node until 2022 and of the original cycle.
    ("2007-04-15", "2022-10-31", "2022-10-10", {}, True),
    ("2007-04-15", "2021-10-31", "2021-10-10", {}, False),
    # Formerly for hire: yearly ends from that time.
    ("2017-12-20", "2020-12-31", "2020-12-05", {"use": "L"}, True),
    ("2017-12-20", "2020-12-31", "2020-12-05", {"use": "A"}, False),
    ("2015-12-20", "2021-06-30", "2021-06-05", {"use": "M"}, True),
    # Motorcycles: five years was a node, and is one of the original cycle.
    ("2017-12-20", "2022-12-31", "2022-12-05", {"vehicle_type": "M21"}, True),
    ("2017-12-20", "2020-12-31", "2022-12-05", {"vehicle_type": "M21"}, False),
    # Others.
    ("2019-06-20", "2020-06-30", "2020-03-01", {"vehicle_type": "H11", "use": "F"}, True),
    ("2019-06-20", "2019-12-31", "2019-11-01", {"vehicle_type": "H11", "use": "F"}, False),
    ("2008-06-20", "2020-12-31", "2020-11-01", {"vehicle_type": "H11", "use": "F"}, True),
    ("2019-06-20", "2019-12-31", "2019-11-01", {"use": "P"}, True),
    ("2016-02-29", "2020-02-29", "2020-02-01", {}, True),
    ("2016-02-29", "2020-02-28", "2020-02-01", {}, False),
    ("1999-05-15", "2020-05-31", "2020-03-01", {}, True),
    # Registered on the very day, and in the future.
    ("2020-03-01", "2022-03-31", "2020-03-01", {}, True),
    ("2020-03-02", "2022-03-31", "2020-03-01", {}, False),
]


@pytest.mark.parametrize(("reg", "until", "on", "facts", "expected"), GRID)
def test_which_ends_are_on_the_grid(
    reg: str, until: str | None, on: str, facts: dict[str, Any], expected: bool
) -> None:
    car = vehicle(
        registered_on=date.fromisoformat(reg), valid_until=until and date.fromisoformat(until), **facts
    )
    assert on_grid(POLICY, car, date.fromisoformat(on)) is expected


# Switches that are policy data


def policy_with(rules: dict[str, dict[str, Any]]) -> Policy:
    """The launch policy with parts of its rule sets changed, compiled as an operator would publish it."""
    import json

    from jianbiao.domain.policy_document import SOURCE, compile_policy, parse

    document = json.loads(SOURCE.read_bytes())
    for rule_id, changes in rules.items():
        document["rules"][rule_id].update(changes)
    return Policy(compile_policy(parse(json.dumps(document).encode())))


def odd_car() -> Vehicle:
    return vehicle(registered_on=date(2013, 12, 15), manufactured_on=None, valid_until=date(2020, 12, 31))


def test_the_snap_can_be_switched_off() -> None:
    plain = policy_with({"SP2020": {"off_node": {"snap": False, "claim": False}}})
    period = next_period(plain, odd_car(), date(2020, 12, 1))
    assert (period.valid_until, period.action, period.transition) == (date(2022, 12, 31), ONSITE, True)
    assert period.why == "onsite-node"
    snapped = next_period(POLICY, odd_car(), date(2020, 12, 1))
    assert (snapped.valid_until, snapped.action) == (date(2021, 12, 31), CLAIM)


def test_overdue_since_before_a_rule_set_can_be_decided_under_the_old_one() -> None:
    car = vehicle(registered_on=date(2014, 6, 1), manufactured_on=None, valid_until=date(2022, 6, 30))
    assert next_period(POLICY, car, date(2022, 11, 1)).rule_id == "SP2022"
    old = policy_with({"SP2022": {"overdue_under": "due"}})
    assert next_period(old, car, date(2022, 11, 1)).rule_id == "SP2020"
    due_later = vehicle(registered_on=date(2014, 10, 1), manufactured_on=None, valid_until=date(2022, 10, 31))
    assert next_period(old, due_later, date(2022, 11, 1)).rule_id == "SP2022"
    unknown = vehicle(valid_until=None)
    assert deciding_rule(old, unknown, date(2022, 11, 1))[0].id == "SP2022"


def test_an_age_of_a_rule_with_one_band() -> None:
    rule: Rule = POLICY.rule("SB2004")
    assert (rule.next_node(0), rule.next_node(5), rule.next_node(6), rule.following(3)) == (6, 6, 12, 6)


def test_nodes_of_a_rule_set_count_only_for_vehicles_that_can_have_met_it() -> None:
    """With a node that no other rule set and no original cycle has: three years, from 2014-09-01 to 2020-11-19."""
    three = policy_with({"SP2014": {"bands": [[0, 36], [72, 12], [180, 6]], "claim_at": [36]}})

    def accepted(registered: date, on: date) -> bool:
        car = vehicle(registered_on=registered, valid_until=years_after(registered, 3))
        return on_grid(three, car, on)

    assert not accepted(date(2014, 8, 31), date(2014, 8, 31))  # before it was in force
    assert accepted(date(2014, 8, 31), date(2014, 9, 1))
    assert accepted(date(2020, 11, 19), date(2023, 1, 1))
    assert not accepted(date(2020, 11, 20), date(2023, 1, 1))  # registered after it ended


def test_an_early_inspection_says_why_the_vehicle_is_tested() -> None:
    early = date(2023, 12, 31)
    assert after_inspection(POLICY, vehicle(valid_until=date(2024, 3, 31)), early).why == "onsite-node"
    van = vehicle(valid_until=date(2024, 3, 31), is_van=True)
    assert after_inspection(POLICY, van, early).why == "van"
