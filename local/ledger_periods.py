"""Which inspection period a made-up vehicle is in, by the rules themselves, remembered by month."""

from __future__ import annotations

from datetime import date

from jianbiao.domain import cycles
from jianbiao.domain.months import last_day, month_of
from jianbiao.domain.policy import Policy
from jianbiao.domain.rules import Rule
from jianbiao.domain.vehicle import Vehicle


class Periods:
    """Ends of validity as of one day. Remembers one entry for each rule set and month of registration."""

    def __init__(self, policy: Policy, as_of: date) -> None:
        self._policy, self._as_of = policy, as_of
        self._rules: dict[tuple[str, str, str], Rule] = {}
        self._ends: dict[tuple[str, int], tuple[date | None, date]] = {}

    def of(self, vehicle_type: str, use: str, seats: str, registered: date) -> tuple[date | None, date]:
        """The end of the period before the running one (None in the first) and that of the running one."""
        rule = self._rules.get((vehicle_type, use, seats))
        if rule is None:
            rule = self._rules[vehicle_type, use, seats] = self._rule(vehicle_type, use, seats)
        month = month_of(registered)
        found = self._ends.get((rule.id, month))
        if found is None:
            found = self._ends[rule.id, month] = self._around(rule, month)
        return found

    def _rule(self, vehicle_type: str, use: str, seats: str) -> Rule:
        vehicle = Vehicle(
            vin="",
            plate_class="",
            plate="",
            vehicle_type=vehicle_type,
            use=use,
            division="",
            owner_ref="",
            registered_on=self._as_of,
            valid_until=None,
            seats=int(seats) if seats else None,
        )
        return cycles.deciding_rule(self._policy, vehicle, self._as_of)[0]

    def _around(self, rule: Rule, month: int) -> tuple[date | None, date]:
        previous = None
        age = rule.next_node(0)
        while last_day(month + age) < self._as_of:
            previous = last_day(month + age)
            age = rule.next_node(age)
        return previous, last_day(month + age)
