"""What drives in a made-up city: kinds of vehicles with their shares, made into register rows."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from random import Random

from local.ledger_faults import Row
from local.ledger_owners import Owners
from local.ledger_periods import Periods
from local.ledger_plates import serials, vin

HARBIN = "230100"
PREFIXES = ("黑A", "黑L")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of vehicle that may have a mark. Tuples are drawn from evenly; what comes twice is likelier."""

    share: float
    plate_class: str
    serial: str
    """Kind of serial in `ledger_plates`."""
    types: tuple[str, ...]
    uses: tuple[str, ...]
    seats: tuple[str, ...]
    oldest: int
    """Years since registration of the oldest."""
    company: float
    """Share that companies own."""
    suffix: str = ""
    """What `hphm` has behind the serial; the register leaves 挂 out."""
    makers: tuple[str, ...] = ("LFV", "LSV", "LSG", "LVS", "LGB", "LHG", "LBV", "LZW", "LVV", "LSJ")


_TRUCKS = ("LFW", "LZZ", "LZG", "LGA")
_BUSES = ("LZY", "LKL", "LA6")
_NEW_ENERGY = ("LGX", "LC0", "LRW", "LNB", "LW4")
_MOTORCYCLES = ("LBP", "LC6", "LAL", "LWB")

_SEDANS = ("K33",) * 6 + ("K31", "K31", "K32", "K32", "K43", "K41")
_FIVE = ("5",) * 8 + ("4", "7", "7")

KINDS = (
    Kind(0.660, "02", "ordinary", _SEDANS, ("A",), _FIVE, 18, 0.06),
    Kind(
        0.080, "52", "nev-small", ("K33", "K33", "K32", "K31", "K43"), ("A",), _FIVE, 7, 0.1, "", _NEW_ENERGY
    ),
    Kind(0.015, "52", "nev-small", ("K33",), ("T", "D"), ("5",), 7, 0.7, "", _NEW_ENERGY),
    Kind(0.020, "02", "ordinary", ("K39", "K49"), ("A",), ("7", "8", "9"), 14, 0.3),
    Kind(0.025, "02", "ordinary", ("K33",), ("D", "T"), ("5",), 8, 0.6),
    Kind(0.008, "02", "ordinary", ("K33", "K31"), ("G",), ("5", "7"), 10, 1.0),
    Kind(
        0.060,
        "02",
        "ordinary",
        ("H31", "H32", "H37", "H38"),
        ("F", "F", "A"),
        ("2", "3"),
        14,
        0.5,
        "",
        _TRUCKS,
    ),
    Kind(
        0.030, "01", "ordinary", ("H11", "H12", "H17", "Q11", "H21"), ("F",), ("2", "3"), 14, 0.9, "", _TRUCKS
    ),
    Kind(0.008, "01", "ordinary", ("K11", "K21"), ("B", "C", "E"), ("19", "33", "45"), 10, 1.0, "", _BUSES),
    Kind(0.004, "01", "ordinary", ("K11", "K21"), ("A",), ("19", "33", "45"), 14, 1.0, "", _BUSES),
    Kind(0.006, "51", "nev-large", ("K11", "K21"), ("C",), ("28", "33"), 8, 1.0, "", _BUSES),
    Kind(0.003, "01", "ordinary", ("K18", "K28"), ("O", "P", "S"), ("19", "36"), 9, 1.0, "", _BUSES),
    Kind(0.004, "01", "ordinary", ("Z11", "Z21"), ("A",), ("2",), 14, 1.0, "", _TRUCKS),
    Kind(0.040, "07", "ordinary", ("M21", "M21", "M11"), ("A",), ("2",), 12, 0.02, "", _MOTORCYCLES),
    Kind(0.006, "08", "ordinary", ("M22",), ("A",), ("2",), 12, 0.0, "", _MOTORCYCLES),
    Kind(0.016, "15", "tail", ("B11", "B12", "B15"), ("F",), ("",), 14, 0.9, "", _TRUCKS),
    Kind(0.007, "16", "tail", ("K33", "H31"), ("N",), ("5",), 10, 1.0, "学"),
    Kind(0.003, "13", "ordinary", ("H51", "N11"), ("A",), ("2",), 10, 0.0, "", _TRUCKS),
    Kind(0.005, "23", "tail", ("K33", "K31", "K32"), ("H",), ("5",), 12, 1.0, "警"),
)
_CUMULATED = list(accumulate(kind.share for kind in KINDS))
_COLOURS = ("A", "A", "A", "B", "J", "J", "F", "H", "I", "C", "G", "AJ")


class Fleet:
    """Makes vehicles one after the other; the same `seed` and `as_of` give the same vehicles.

    Raises OverflowError from `make` when a plate class has no serials left (above some 10 million vehicles).
    """

    def __init__(self, seed: int, as_of: date, periods: Periods, reserved: frozenset[str]) -> None:
        self._random = Random(seed)  # noqa: S311 - made-up data, no secret
        self._as_of, self._today = as_of, as_of.toordinal()
        self._periods = periods
        self._reserved = reserved
        self._owners = Owners(self._random)
        self._made = 0
        self._serials = {kind.serial: serials(kind.serial) for kind in KINDS}
        self._plates: dict[str, Iterator[str]] = {}

    def make(self, *, expired: bool = False) -> tuple[Row, bool]:
        """A consistent row in state A, in period or `expired`, and whether its VIN's check digit is wrong."""
        rnd = self._random.random
        while True:
            kind = KINDS[min(bisect_right(_CUMULATED, rnd() * _CUMULATED[-1]), len(KINDS) - 1)]
            vehicle_type, use, seats = self._any(kind.types), self._any(kind.uses), self._any(kind.seats)
            registered = self._today - int(kind.oldest * 365 * rnd() ** 1.3)
            made = registered - 10 - int(rnd() * 200)
            previous, current = self._periods.of(vehicle_type, use, seats, date.fromordinal(registered))
            if not expired:
                valid_until = current
                break
            if previous is not None:
                valid_until = previous
                break
            # A vehicle in its first period cannot be expired: draw another one.
        self._made += 1
        right = rnd() >= 0.003
        number = vin(self._any(kind.makers), self._made, date.fromordinal(made).year, right=right)
        inspected = registered
        if previous is not None and not expired:
            inspected = max(registered, previous.toordinal() - int(rnd() * 85))
        plate = self._plate(kind)
        row = {
            "hpzl": kind.plate_class,
            "hphm": plate,
            "clsbdh": number,
            "cllx": vehicle_type,
            "syxz": use,
            "csys": self._any(_COLOURS),
            "hdzk": seats,
            "ccdjrq": date.fromordinal(registered).isoformat(),
            "ccrq": date.fromordinal(made).isoformat(),
            "djrq": date.fromordinal(inspected).isoformat(),
            "yxqz": valid_until.isoformat(),
            "bxzzrq": date.fromordinal(self._today - 25 + int(rnd() * 390)).isoformat(),
            "fzjg": plate[:2],
            "zt": "A",
            "jyhgbzbh": f"2301{self._made:012d}",
            "division": HARBIN,
            "owner_ref": self._owners.company() if rnd() < kind.company else self._owners.person(),
        }
        return row, not right

    def _any(self, of: tuple[str, ...]) -> str:
        return of[int(self._random.random() * len(of))]

    def _plate(self, kind: Kind) -> str:
        plates = self._plates.get(kind.plate_class)
        if plates is None:
            plates = self._plates[kind.plate_class] = self._all_plates(kind)
        for plate in plates:
            if plate not in self._reserved:
                return plate
        raise OverflowError(f"no plate of class {kind.plate_class} is left")

    def _all_plates(self, kind: Kind) -> Iterator[str]:
        total, serial = self._serials[kind.serial]
        for number in range(total * len(PREFIXES)):
            rank, which = divmod(number, len(PREFIXES))
            yield f"{PREFIXES[which]}{serial(rank)}{kind.suffix}"
