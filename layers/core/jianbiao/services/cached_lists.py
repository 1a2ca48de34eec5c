"""Published status lists as they lie there, and as verifiers keep them for when the store does not answer."""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from jianbiao.errors import Unavailable, Untrusted
from jianbiao.ports import Keys
from jianbiao.wire.status_list import StatusList, read_status_list

KEPT = 32
"""Lists that a verifier keeps inflated, 256 KiB each."""
RETRY_AFTER = 15.0
"""Seconds before a list that could not be had is asked for again: a scan must not wait for it each time."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A published list as it lies there."""

    token: bytes
    tag: str
    """Changes with every write."""


class Lists(Protocol):
    """Where published lists lie."""

    def get(self, number: int) -> Stored | None:
        """The list. Raises Unavailable."""

    def put(self, number: int, token: bytes, *, replaces: str | None) -> None:
        """Store a list in place of the one with the tag `replaces` (None: there is none yet). Raises Stale where
        it is another one by now, Unavailable."""

    def published(self) -> Mapping[int, int]:
        """Every list that is there, with the epoch second of its last write. Raises Unavailable."""


@dataclass(slots=True)
class _Held:
    list: StatusList | None
    ask_again: float


class CachedLists:
    """Port `ReadsStatusLists`: lists as verifiers keep them, each asked for again after its ttl.

    A list that is older than the one held, or that no list key has signed, is not taken; one past its `exp` is not
    used (wire format 5).
    """

    def __init__(
        self,
        deployment: str,
        fetch: Callable[[int], bytes | None],
        keys: Keys,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`fetch` gives the token of a list by number, and raises Unavailable."""
        self._fetch, self._keys, self._monotonic = fetch, keys, monotonic
        self._uri = re.compile(re.escape(f"urn:jianbiao:{deployment}:") + "(0|[1-9][0-9]{0,6})", re.ASCII)
        self._held: OrderedDict[int, _Held] = OrderedDict()

    def status(self, uri: str, idx: int, now: int) -> tuple[int, int] | None:
        """(value, `iat` of the list), or None where no list is usable at `now` or the index is out of range."""
        named = self._uri.fullmatch(uri)
        if named is None:
            return None
        found = self._current(int(named[1]), uri)
        value = found.status(idx, now) if found else None
        return None if found is None or value is None else (value, found.iat)

    def _current(self, number: int, uri: str) -> StatusList | None:
        held = self._held.get(number)
        if held is None or self._monotonic() >= held.ask_again:
            held = self._asked(number, uri, held.list if held else None)
            self._held[number] = held
        self._held.move_to_end(number)
        while len(self._held) > KEPT:
            self._held.popitem(last=False)
        return held.list

    def _asked(self, number: int, uri: str, held: StatusList | None) -> _Held:
        try:
            token = self._fetch(number)
            if token is None:
                return _Held(held, self._monotonic() + RETRY_AFTER)
            read = read_status_list(token, self._keys.current().published, uri)
            if held is not None:
                read.check_replaces(held)
        except (Unavailable, Untrusted):
            return _Held(held, self._monotonic() + RETRY_AFTER)
        return _Held(read, self._monotonic() + (read.ttl or RETRY_AFTER))
