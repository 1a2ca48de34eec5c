"""What a mistake is."""

from __future__ import annotations

from dataclasses import dataclass

CORE = "layers/core/jianbiao"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake."""

    what: str
    file: str
    old: str
    """Occurs exactly once in the file."""
    new: str
    tests: tuple[str, ...]


def of(what: str, file: str, old: str, new: str, *tests: str) -> Mutant:
    """A mistake in the core package, or in infra/."""
    return Mutant(what, file if file.startswith("infra/") else f"{CORE}/{file}", old, new, tests)
