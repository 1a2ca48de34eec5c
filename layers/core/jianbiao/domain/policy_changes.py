"""What publishing a policy would change: the preview that an operator reads before, and the record kept after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """One value that differs. Values are plain JSON; None stands for absent where `before` or `after` has none."""

    path: str
    """JSON pointer (RFC 6901) into the compiled policy."""
    before: Any
    after: Any


def changes(before: object, after: object, path: str = "") -> Iterator[Change]:
    """The differences of two compiled policies, by key in order; lists are compared as a whole."""
    if not (isinstance(before, dict) and isinstance(after, dict)):
        if before != after:
            yield Change(path, before, after)
        return
    for key in sorted(before.keys() | after.keys()):
        escaped = key.replace("~", "~0").replace("/", "~1")
        yield from changes(before.get(key), after.get(key), f"{path}/{escaped}")
