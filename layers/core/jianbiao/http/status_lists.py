"""The published status lists as they are served."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Protocol

from jianbiao.errors import NotFound, Unavailable
from jianbiao.services.cached_lists import Stored
from jianbiao.wire.status_list import list_uri

_NUMBER = re.compile("0|[1-9][0-9]{0,6}", re.ASCII)
DIRECTORY_SECONDS = 10.0
"""Seconds for which the directory is not asked for again; it grows by a list for a million certificates, and a list
is in it before the first certificate refers to it."""


class Published(Protocol):
    """The part of `services.cached_lists.Lists` that is served."""

    def get(self, number: int) -> Stored | None:
        """The list. Raises Unavailable."""

    def published(self) -> Mapping[int, int]:
        """Every list that is there. Raises Unavailable."""


class StatusListShelf:
    """Serves lists as they lie in the store, newest at each call."""

    def __init__(self, lists: Published, deployment: str, monotonic: Callable[[], float]) -> None:
        self._lists, self._deployment, self._monotonic = lists, deployment, monotonic
        self._directory: list[dict[str, str]] = []
        self._until = float("-inf")

    def directory(self) -> list[dict[str, str]]:
        """{uri, path} of every list. Raises Unavailable, also as long as none is published."""
        if self._monotonic() >= self._until:
            numbers = sorted(self._lists.published())
            if not numbers:
                raise Unavailable("no status list is published yet", retry_after=60)
            self._directory = [
                {"uri": list_uri(self._deployment, n), "path": f"/status-lists/{n}"} for n in numbers
            ]
            self._until = self._monotonic() + DIRECTORY_SECONDS
        return self._directory

    def token(self, number: str) -> bytes:
        """The bytes of a list. Raises NotFound, Unavailable."""
        found = self._lists.get(int(number)) if _NUMBER.fullmatch(number) else None
        if found is None:
            raise NotFound
        return found.token
