"""Paging of lists: `limit` and an opaque `next`.

A cursor is made for somebody: a citizen, or a text that names a machine's list."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from jianbiao.domain.eligibility import Person
from jianbiao.errors import FieldError, InvalidInput
from jianbiao.http.edge import Request

MAX_LIMIT = 100
MAX_CURSOR = 512
"""Characters; ours have at most a hundred, and a key of a table must not be longer than it takes."""
_DIGEST = 8


class Cursor:
    """Where a list goes on. Opaque, and of no use to anybody but the person it was made for."""

    @staticmethod
    def after(key: str | None, person: Person | str) -> str | None:
        """The cursor behind `key`; None at the end of the list."""
        if key is None:
            return None
        return base64.urlsafe_b64encode(_owner(person) + key.encode()).decode().rstrip("=")

    @staticmethod
    def read(text: str, person: Person | str) -> str:
        """The key in a cursor. Raises ValueError."""
        if len(text) > MAX_CURSOR:
            raise ValueError("too long for a cursor")
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        if data[:_DIGEST] != _owner(person):
            raise ValueError("another list's cursor")
        return data[_DIGEST:].decode("ascii")


@dataclass(frozen=True, slots=True)
class Page:
    """Which page is asked for."""

    limit: int
    after: str | None


def page_of(request: Request, person: Person | str) -> Page:
    """The page in the query. Raises InvalidInput."""
    limit, text = request.query.get("limit", str(MAX_LIMIT)), request.query.get("next")
    if not limit.isascii() or not limit.isdecimal() or len(limit) > 3 or not 1 <= int(limit) <= MAX_LIMIT:
        raise InvalidInput(FieldError("/limit", f"a whole number from 1 to {MAX_LIMIT}"))
    try:
        after = Cursor.read(text, person) if text is not None else None
    except ValueError:
        raise InvalidInput(FieldError("/next", "use the `next` of the page before, as it is")) from None
    return Page(int(limit), after)


def _owner(person: Person | str) -> bytes:
    text = person if isinstance(person, str) else person.person_ref
    return hashlib.sha256(text.encode()).digest()[:_DIGEST]
