"""Properties of inspection cycles that must hold for every vehicle and day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jianbiao.domain.cycles import Action, after_inspection, deciding_rule, next_period, on_grid
from jianbiao.domain.eligibility import entitle_claim, entitle_current
from jianbiao.domain.months import is_month_end, last_day, month_of
from jianbiao.domain.policy import default_policy
from jianbiao.domain.reasons import Reason
from jianbiao.domain.vehicle import Vehicle
from jianbiao.errors import Refusal
from tests.domain.samples import person, vehicle

POLICY = default_policy()
TYPES, USES = POLICY.codes("vehicle_types"), POLICY.codes("uses")
FIRST, LAST = date(2004, 5, 1), date(2040, 12, 31)
DAYS = st.dates(FIRST, LAST)
COMMON = st.sampled_from([("K33", "A"), ("K31", "A"), ("K33", "L"), ("K33", "D"), ("K38", "P"), ("H11", "F"),
                          ("M21", "A"), ("B11", "F"), ("K16", "A"), ("K39", "A")])  # fmt: skip


@st.composite
def vehicles(draw: st.DrawFn, on: date | None = None) -> Vehicle:
    """Any vehicle whose validity is on its grid: a node of a rule set that was in force in its life."""
    vehicle_type, use = draw(st.one_of(COMMON, st.tuples(st.sampled_from(TYPES), st.sampled_from(USES))))
    registered = draw(st.dates(date(1985, 1, 1), LAST))
    rules = POLICY.rules(POLICY.vehicle_class(vehicle_type, use) or "")
    rule = draw(st.sampled_from([r for r in rules if r.ends is None or r.ends >= registered]))
    age = draw(st.sampled_from(list(rule.nodes(300))))
    return vehicle(
        vehicle_type=vehicle_type,
        use=use,
        registered_on=registered,
        manufactured_on=draw(st.none() | st.just(registered - timedelta(days=draw(st.integers(0, 3000))))),
        valid_until=last_day(month_of(registered) + age),
        seats=draw(st.none() | st.integers(1, 60)),
        is_van=draw(st.booleans()),
        casualty_accident=draw(st.booleans()),
        illegal_modification=draw(st.booleans()),
    )


@given(vehicles(), DAYS)
@settings(deadline=None, max_examples=400)
def test_a_period_ends_on_a_month_end_after_the_decision_and_after_the_running_one(
    car: Vehicle, on: date
) -> None:
    period = next_period(POLICY, car, on)
    assert car.valid_until is not None
    assert is_month_end(period.valid_until)
    assert period.valid_until > max(on, car.valid_until)
    # On the grid of the deciding rule set: late or early, the registration month stays.
    assert POLICY.rule(period.rule_id).is_node(month_of(period.valid_until) - month_of(car.registered_on))
    assert period.opens_on.day == 1
    assert period.opens_on <= car.valid_until
    assert (period.action is Action.CLAIM) is (period.why is None)
    assert period.why is None or POLICY.has("onsite_reasons", period.why)


@given(vehicles(), DAYS)
@settings(deadline=None, max_examples=300)
def test_no_inspection_shortens_or_skips_a_validity(car: Vehicle, passed_on: date) -> None:
    assert car.valid_until is not None
    period = after_inspection(POLICY, car, passed_on)
    assert period.valid_until >= car.valid_until
    if passed_on < period.opens_on:
        assert period.valid_until == car.valid_until
    else:
        assert period.valid_until > passed_on


@given(vehicles(), DAYS, st.integers(0, 40))
@settings(deadline=None, max_examples=300)
def test_the_day_within_the_window_does_not_matter_while_the_rule_is_the_same(
    car: Vehicle, on: date, days: int
) -> None:
    assert car.valid_until is not None
    opens = next_period(POLICY, car, on).opens_on
    one, other = opens + timedelta(days=days), car.valid_until
    if one <= other and deciding_rule(POLICY, car, one) == deciding_rule(POLICY, car, other):
        assert next_period(POLICY, car, one).valid_until == next_period(POLICY, car, other).valid_until


@given(vehicles(), DAYS)
@settings(deadline=None, max_examples=300)
def test_what_was_decided_is_on_the_grid_ever_after(car: Vehicle, on: date) -> None:
    """A validity granted today is never called inconsistent later, whatever rule sets follow."""
    import dataclasses

    granted = next_period(POLICY, car, max(on, car.registered_on)).valid_until
    later = dataclasses.replace(car, valid_until=granted)
    assert on_grid(POLICY, later, max(on, car.registered_on))
    assert on_grid(POLICY, later, LAST)
    # Facts that exclude may become known or be corrected afterwards.
    for changed in ({"casualty_accident": True}, {"seats": 5, "is_van": False, "casualty_accident": False}):
        assert on_grid(POLICY, dataclasses.replace(later, **changed), LAST)  # type: ignore[arg-type]


@given(st.sampled_from(TYPES), st.sampled_from(USES), DAYS)
@settings(deadline=None, max_examples=400)
def test_exactly_one_rule_set_is_in_force_for_every_vehicle_and_day(
    vehicle_type: str, use: str, on: date
) -> None:
    vehicle_class = POLICY.vehicle_class(vehicle_type, use)
    assert vehicle_class is not None
    found = [r for r in POLICY.rules(vehicle_class) if r.starts <= on and (r.ends is None or on <= r.ends)]
    assert len(found) == 1
    rule, why = deciding_rule(POLICY, vehicle(vehicle_type=vehicle_type, use=use, valid_until=None), on)
    assert rule in (found[0], *(POLICY.rule(r.exemption.otherwise) for r in found if r.exemption))
    assert (why is None) == (bool(rule.claim_at))


@given(
    vehicles(),
    DAYS,
    st.sampled_from(POLICY.codes("plate_classes")),
    st.text("ABCDEGHIJKLMNOPQXZ", max_size=3),
)
@settings(deadline=None, max_examples=400)
def test_every_vehicle_yields_a_decision(car: Vehicle, on: date, plate_class: str, state: str) -> None:
    import dataclasses

    car = dataclasses.replace(car, plate_class=plate_class, state=state)
    for decide in (
        lambda: entitle_current(POLICY, car, person=None, held=False, on=on),
        lambda: entitle_current(POLICY, car, person=person(), held=False, on=on),
        lambda: entitle_claim(
            POLICY, car, person=person(), held=False, insurance=None, tax_paid_until=None, on=on
        ),
    ):
        try:
            entitled = decide()
        except Refusal as refusal:
            assert refusal.reason in list(Reason)
            assert POLICY.reason_text(refusal.reason)["next_step"]["zh"]
        else:
            assert is_month_end(entitled.valid_until)
            assert entitled.valid_until >= on
            assert entitled.rule_id


AGES = [0, 5, 11, 24, 47, 72, 84, 119, 186, 240]


@pytest.mark.parametrize("plate_class", POLICY.codes("plate_classes"))
def test_every_class_type_use_and_age_yields_a_decision(plate_class: str) -> None:
    on = date(2026, 11, 22)
    outcomes = set()
    for index, vehicle_type in enumerate(TYPES):
        for use in USES:
            # The ages rotate through types and uses, so that the table stays quick.
            age = AGES[(index + ord(use)) % len(AGES)]
            registered = month_of(on) - age
            rule = POLICY.rules(POLICY.vehicle_class(vehicle_type, use) or "")[-1]
            car = vehicle(
                plate_class=plate_class,
                vehicle_type=vehicle_type,
                use=use,
                registered_on=last_day(registered),
                manufactured_on=None,
                valid_until=last_day(registered + rule.next_node(age - 1 if age else 0)),
            )
            try:
                outcomes.add(entitle_current(POLICY, car, person=None, held=False, on=on).rule_id)
            except Refusal as refusal:
                outcomes.add(refusal.reason)
    eligible = POLICY.eligible(plate_class)
    assert (Reason.PLATE_CLASS_NOT_ELIGIBLE in outcomes) is not eligible
    if eligible:
        assert outcomes - set(Reason), "no vehicle of this class is entitled to anything"
        assert outcomes & set(Reason) == {Reason.RECORD_INCONSISTENT}
