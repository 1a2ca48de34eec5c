"""The whole domain over HTTP: that an end-to-end test shows each channel, each reason of refusal, and a held vehicle
met by whatever could issue. The tests say so with `pytest.mark.shows`; one that is missing fails here."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jianbiao.domain.reasons import Reason

EXPECTED = {
    **{f"channel {number}": "product.md, how a certificate comes to be" for number in range(1, 7)},
    **{str(reason): "api.md, reason codes of refusal" for reason in Reason},
    **{f"hold met by {what}": "no way around a hold" for what in ("an application", "an event", "a ledger")},
}
EACH = "each "
"""`shows("each code")`: every value of the parameter `code`."""


def shown() -> Iterator[str]:
    """What the end-to-end tests say they show."""
    for path in sorted((Path(__file__).parent / "e2e").glob("test_*.py")):
        module = importlib.import_module(f"tests.e2e.{path.stem}")
        for name, test in vars(module).items():
            marks = getattr(test, "pytestmark", []) if name.startswith("test_") else []
            for mark in marks:
                if mark.name == "shows":
                    yield from _values(mark.args[0], marks)


def _values(what: str, marks: list[pytest.Mark]) -> Iterator[str]:
    if not what.startswith(EACH):
        yield what
        return
    for mark in marks:
        names = _names(mark)
        if what.removeprefix(EACH) in names:
            at = names.index(what.removeprefix(EACH))
            yield from (str(row[at]) for row in mark.args[1])


def _names(mark: pytest.Mark) -> list[str]:
    names: Any = mark.args[0] if mark.name == "parametrize" else ()
    return [n.strip() for n in names.split(",")] if isinstance(names, str) else list(names)


def test_the_whole_domain_is_shown_over_http() -> None:
    found = Counter(shown())
    assert sorted(EXPECTED.keys() - found.keys()) == [], "no end-to-end test shows these"
    assert sorted(found.keys() - EXPECTED.keys()) == [], "not among what has to be shown: a slip of the pen?"
    assert len(EXPECTED) == 6 + 17 + 3
