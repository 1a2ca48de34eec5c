"""The preview of a policy: every difference once, by its path."""

from __future__ import annotations

import copy
import json

from hypothesis import given
from hypothesis import strategies as st

from jianbiao.domain.policy import COMPILED
from jianbiao.domain.policy_changes import Change, changes

NOW = json.loads(COMPILED.read_bytes())


def test_nothing_changes() -> None:
    assert list(changes(NOW, copy.deepcopy(NOW))) == []


def test_each_difference_is_told_once_in_order() -> None:
    new = copy.deepcopy(NOW)
    new["app"]["minimum_version"] = "3.0.0"
    new["divisions"]["230200"]["enabled"] = True
    new["divisions"]["230100"]["plates"] = ["黑A"]
    del new["texts"]["reasons"]["hold"]
    new["tables"]["colours"]["K/~"] = ["银", "silver"]
    hold = NOW["texts"]["reasons"]["hold"]
    assert list(changes(NOW, new)) == [
        Change("/app/minimum_version", "2.4.4", "3.0.0"),
        Change("/divisions/230100/plates", ["黑A", "黑L"], ["黑A"]),
        Change("/divisions/230200/enabled", False, True),
        Change("/tables/colours/K~1~0", None, ["银", "silver"]),
        Change("/texts/reasons/hold", hold, None),
    ]


JSON = st.recursive(
    st.integers() | st.text(max_size=3) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, JSON)
def test_there_are_changes_exactly_where_the_two_differ(one: object, other: object) -> None:
    assert bool(list(changes(one, other))) is (one != other)
    assert [(c.path, c.after, c.before) for c in changes(one, other)] == [
        (c.path, c.before, c.after) for c in changes(other, one)
    ]
