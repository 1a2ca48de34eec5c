"""Inspection cycles: when a period ends, how the next is had (道路交通安全法实施条例 art 16, overlays).

The rule set is that of the day of decision, never of the due date or of the registration; its id goes with
every decision. A validity once granted is never recomputed. All days are Chinese calendar days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from jianbiao.domain.months import first_day, is_month_end, last_day, month_of
from jianbiao.domain.policy import Policy
from jianbiao.domain.reasons import Reason
from jianbiao.domain.rules import Exemption, Rule
from jianbiao.domain.vehicle import Vehicle
from jianbiao.errors import Refusal


class Action(StrEnum):
    """How the next mark is had."""

    CLAIM = "claim"
    ONSITE = "onsite"


@dataclass(frozen=True, slots=True)
class Period:
    """The next inspection period of a vehicle, as decided on one day."""

    rule_id: str
    action: Action
    why: str | None
    """Why on site: a code of the policy's onsite_reasons; None for a claim."""
    opens_on: date
    """First day on which the period can be had."""
    valid_until: date
    """Last day of the period, a month end."""
    transition: bool
    """The running validity ends between two nodes of the deciding rule set: it came from an older one."""


def class_of(policy: Policy, vehicle: Vehicle) -> str:
    """The class whose rules the vehicle has; refuses a type or use that no class selects."""
    found = policy.vehicle_class(vehicle.vehicle_type, vehicle.use)
    if found is None:
        raise Refusal(Reason.RECORD_INCONSISTENT, why="class-and-type")
    return found


def deciding_rule(policy: Policy, vehicle: Vehicle, on: date) -> tuple[Rule, str | None]:
    """The rule set for a decision made on a day, and why the vehicle is not exempt (None if it is).

    A vehicle that the exemption leaves out keeps the original cycle, every inspection on site.
    """
    rules = policy.rules(class_of(policy, vehicle))
    rule = _in_force(rules, on)
    due = vehicle.valid_until
    if rule.overdue_under_due_rule and due is not None and due < rule.starts:
        rule = _in_force(rules, due)
    if rule.exemption is None:
        return rule, "class-not-exempt"
    why = _not_exempt(rule.exemption, vehicle)
    return (rule, None) if why is None else (policy.rule(rule.exemption.otherwise), why)


def _in_force(rules: tuple[Rule, ...], on: date) -> Rule:
    # The oldest rule set also answers for days before it: 2004 is when the present regulation began, and
    # whatever was granted earlier has long ended.
    return next((rule for rule in reversed(rules) if rule.starts <= on), rules[0])


def _not_exempt(exemption: Exemption, vehicle: Vehicle) -> str | None:
    """The first ground on which a vehicle is not exempt: a code of the policy's onsite_reasons."""
    if vehicle.is_van and exemption.van:
        return "van"
    if vehicle.casualty_accident and exemption.casualty_accident:
        return "casualty-accident"
    if vehicle.illegal_modification and exemption.illegal_modification:
        return "illegal-modification"
    if exemption.types and vehicle.vehicle_type not in exemption.types:
        return "type-not-exempt"
    if vehicle.use not in exemption.uses:
        return "use-not-exempt"
    return _too_many_seats(exemption, vehicle) or _late_registration(exemption, vehicle)


def _too_many_seats(exemption: Exemption, vehicle: Vehicle) -> str | None:
    if exemption.max_seats is None:
        return None
    if vehicle.seats is None:
        # An exempt mark without a test is not given on a guess.
        return "seats-unknown"
    return "too-many-seats" if vehicle.seats > exemption.max_seats else None


def _late_registration(exemption: Exemption, vehicle: Vehicle) -> str | None:
    most, made = exemption.max_months_before_registration, vehicle.manufactured_on
    if most is None or made is None or month_of(vehicle.registered_on) - month_of(made) <= most:
        return None
    return "late-registration"


def on_grid(policy: Policy, vehicle: Vehicle, on: date) -> bool:
    """Whether the vehicle's end of validity can have been granted: a month end, on a node.

    A node of any rule set of its class in force at some time from registration to `on` counts, and of the
    original cycle that each leaves excluded vehicles in, since facts that exclude come and go; so do nodes
    of the class that the use tells it was in before a conversion. A validity keeps its end when rules
    change.
    """
    ends = vehicle.valid_until
    if ends is None or not is_month_end(ends) or on < vehicle.registered_on:
        return False
    age = month_of(ends) - month_of(vehicle.registered_on)
    own = class_of(policy, vehicle)
    return any(
        rule.is_node(age)
        or (rule.exemption is not None and policy.rule(rule.exemption.otherwise).is_node(age))
        for vehicle_class in (own, *policy.former_classes(own, vehicle.use))
        for rule in policy.rules(vehicle_class)
        if rule.starts <= on and (rule.ends is None or rule.ends >= vehicle.registered_on)
    )


def is_transition(rule: Rule, vehicle: Vehicle) -> bool:
    """Whether the running validity ends between two nodes of `rule`."""
    ends = vehicle.valid_until
    return ends is not None and not rule.is_node(month_of(ends) - month_of(vehicle.registered_on))


def window_opens(policy: Policy, vehicle: Vehicle, due: date) -> date:
    """First day of the window before a due date: whole calendar months, the due month the last of them
    (机动车登记规定 art 54, 62)."""
    return first_day(month_of(due) - policy.window_months(class_of(policy, vehicle)) + 1)


def next_period(policy: Policy, vehicle: Vehicle, on: date) -> Period:
    """The period after the running one, decided on a day. Needs a `valid_until`; `on_grid` is the caller's
    check.

    Whoever is late by more than one node gets the first node after the day of decision; a claim then needs
    every node that was missed to be one of claims.
    """
    if vehicle.valid_until is None:
        raise Refusal(Reason.RECORD_INCONSISTENT, why="valid-until")
    rule, why = deciding_rule(policy, vehicle, on)
    registered = month_of(vehicle.registered_on)
    missed = age = month_of(vehicle.valid_until) - registered
    claimable = _claimable(rule, age)
    age = rule.following(age)
    while last_day(registered + age) <= on:
        missed = age
        claimable = claimable and _claimable(rule, missed)
        age = rule.next_node(age)
    if why is None and not claimable:
        why = "onsite-node"
    return Period(
        rule_id=rule.id,
        action=Action.CLAIM if why is None else Action.ONSITE,
        why=why,
        opens_on=window_opens(policy, vehicle, vehicle.valid_until),
        valid_until=last_day(registered + age),
        transition=is_transition(rule, vehicle),
    )


def _claimable(rule: Rule, age: int) -> bool:
    return age in rule.claim_at if rule.is_node(age) else rule.claim_off_node


def after_inspection(policy: Policy, vehicle: Vehicle, passed_on: date) -> Period:
    """The period that an inspection passed on a day gives, where the station did not say until when.

    An inspection before the window changes nothing: an early one never moves or shortens a validity.
    Without a known validity the inspection counts for the node in whose window it lies.
    """
    ends = vehicle.valid_until
    if ends is not None and passed_on >= window_opens(policy, vehicle, ends):
        return next_period(policy, vehicle, passed_on)
    rule, why = deciding_rule(policy, vehicle, passed_on)
    if ends is None:
        registered = month_of(vehicle.registered_on)
        age = rule.next_node(0)
        while window_opens(policy, vehicle, last_day(registered + age)) <= passed_on:
            age = rule.next_node(age)
        ends = last_day(registered + age)
    return Period(
        rule_id=rule.id,
        action=Action.ONSITE,
        why=why or "onsite-node",
        opens_on=window_opens(policy, vehicle, ends),
        valid_until=ends,
        transition=is_transition(rule, vehicle),
    )
