"""Owners of made-up vehicles: persons with one to three, companies with up to two hundred."""

from __future__ import annotations

from random import Random


class Owners:
    """Draws owners; an owner's vehicles lie scattered over the neighbourhood, as they do in a register.

    Constant memory: only owners who still wait for a vehicle are kept, in a fixed number of places.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self._count = 0
        self._persons: list[tuple[str, int]] = [("", 0)] * 300
        self._companies: list[tuple[str, int]] = [("", 0)] * 40

    def person(self) -> str:
        """Reference of a person who owns one to three vehicles."""
        return self._draw(self._persons, "p", 3, 4.0)

    def company(self) -> str:
        """Reference of a company that owns up to 200 vehicles."""
        return self._draw(self._companies, "c", 200, 2.5)

    def _draw(self, places: list[tuple[str, int]], letter: str, most: int, skew: float) -> str:
        place = int(self._random.random() * len(places))
        owner, waits_for = places[place]
        if waits_for == 0:
            self._count += 1
            # Scattered over 32 bits by an odd factor, so that no two are alike and none tells its place.
            owner = f"{letter}-{self._count * 2654435761 % 2**32:08x}"
            waits_for = 1 + int(most * self._random.random() ** skew)
        places[place] = owner, waits_for - 1
        return owner
