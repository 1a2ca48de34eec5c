"""Lists that go through several sources, one after the other, page by page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from jianbiao.errors import FieldError, InvalidInput

T = TypeVar("T")
Source = Callable[[int, str | None], tuple[list[T], str | None]]
"""(how many at most, behind which key) → a part, and the key behind which it goes on (None: that was all)."""


def chained(sources: Mapping[str, Source[T]], limit: int, after: str | None) -> tuple[list[T], str | None]:
    """A page through `sources` (one-letter name → source, in order), and where the next page starts.

    A page may have fewer than `limit` entries and not be the last: a source filters what an index gave it.
    Raises InvalidInput for a place in a source that is not there.
    """
    names = list(sources)
    begin, key = (after[:1], after[1:] or None) if after else (names[0], None)
    if begin not in sources:
        raise InvalidInput(FieldError("/next", "use the `next` of the page before, as it is"))
    found: list[T] = []
    for name in names[names.index(begin) :]:
        if len(found) >= limit:
            return found, name
        part, following = sources[name](limit - len(found), key)
        found += part
        if following:
            return found, name + following
        key = None
    return found, None
