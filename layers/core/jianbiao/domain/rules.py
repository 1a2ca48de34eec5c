"""One dated inspection rule set and the arithmetic of its nodes (实施条例 art 16 and its overlays)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Exemption:
    """Who may claim a mark without a test (六年免检 and what followed). All others keep the `otherwise` rule
    set."""

    types: frozenset[str]
    """Vehicle types that may be exempt (车辆类型); empty: every type of the class."""
    uses: str
    """Letters of 使用性质 that may be exempt."""
    max_seats: int | None
    """Most seats, the driver included; None: seats do not matter."""
    max_months_before_registration: int | None
    """Most months from 出厂 to 初次登记; None: does not matter."""
    van: bool
    """Whether vans are excluded."""
    casualty_accident: bool
    """Whether a casualty accident excludes."""
    illegal_modification: bool
    """Whether a punished illegal modification excludes."""
    otherwise: str
    """Id of the rule set (the original cycle) that excluded vehicles keep, without claims."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule set for one class of vehicles, in force for decisions made from `starts` through `ends`.

    Ages are completed months from the month of first registration. `bands` are (from age, period in
    months); each band begins on a node of the one before, so the node at age a is followed by the period of
    a (a vehicle that reaches the age of a band is in it: 达到和超过).
    """

    id: str
    vehicle_class: str
    starts: date
    ends: date | None
    bands: tuple[tuple[int, int], ...]
    claim_at: frozenset[int]
    """Node ages at which exempt vehicles claim; on-site inspection at all others."""
    exemption: Exemption | None
    snap: bool
    """A validity that ends between two nodes (granted under an older rule set) runs to the next node of
    this one; else a full period is added."""
    claim_off_node: bool
    """Whether an exempt vehicle between two nodes claims (this rule set asks for no test there)."""
    overdue_under_due_rule: bool
    """Whether a validity that ended before `starts` is decided by the rule set in force when it ended."""

    def is_node(self, age: int) -> bool:
        """Whether an inspection period may end at `age` months."""
        if age <= 0:
            return False
        start, period = self._band(age - 1)
        return (age - start) % period == 0

    def next_node(self, age: int) -> int:
        """The first node after `age` months."""
        start, period = self._band(age)
        return age + period - (age - start) % period

    def following(self, age: int) -> int:
        """Where the period after one that ended at `age` ends."""
        return self.next_node(age) if self.snap else age + self._band(age)[1]

    def nodes(self, limit: int) -> Iterator[int]:
        """All nodes up to `limit` months."""
        age = self.next_node(0)
        while age <= limit:
            yield age
            age = self.next_node(age)

    def _band(self, age: int) -> tuple[int, int]:
        for band, following in pairwise(self.bands):
            if age < following[0]:
                return band
        return self.bands[-1]
