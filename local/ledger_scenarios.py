"""The first rows of every generated ledger: one vehicle for each situation that somebody may want to try.

All dates are relative to `as_of`, so the situations are the same whenever the ledger is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from jianbiao.domain.months import first_day, last_day, month_of
from jianbiao.domain.reasons import Reason
from local.ledger_plates import vin

HARBIN, QIQIHAR = "230100", "230200"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a token of the local deployment."""

    person_ref: str
    division: str
    why: str


PEOPLE = {
    "citizen": Person("p-citizen-1", HARBIN, "a citizen of Harbin with four cars"),
    "citizen_2": Person("p-citizen-2", HARBIN, "another citizen of Harbin"),
    "citizen_other_division": Person(
        "p-citizen-3", QIQIHAR, "registered in Qiqihar, owns a car with a Harbin plate"
    ),
    "citizen_portal": Person("p-portal-1", HARBIN, "a company that uses the web portal for its fleet"),
}
"""By the name of the token in stack.json."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One vehicle of the ledger that was made to show something."""

    why: str
    """What it shows, one sentence."""
    owner: str | None
    """Name of the owner's token (key of PEOPLE), None where the owner has none."""
    plate: str
    """The canonical plate; the row's `hphm` may lack its last character."""
    row: dict[str, str]
    refused: Reason | None = None
    """What a first run answers: None: a certificate is issued."""
    vin_warning: bool = False

    @property
    def plate_class(self) -> str:
        return self.row["hpzl"]

    @property
    def vin(self) -> str:
        return self.row["clsbdh"]


def scenarios(as_of: date) -> tuple[Scenario, ...]:
    """All scenario vehicles, in the order of the ledger; the first is `citizen`'s and gets a certificate."""
    make = _Maker(as_of)
    return (*_people(make), *_fleet(make), *_special(make), *_refused(make))


class _Maker:
    def __init__(self, as_of: date) -> None:
        self._as_of = as_of
        self._count = 0

    def __call__(
        self,
        why: str,
        owner: str | None,
        plate: str,
        *,
        due: int = 8,
        age: int = 48,
        refused: Reason | None = None,
        plate_class: str = "02",
        vehicle_type: str = "K33",
        use: str = "A",
        seats: str = "5",
        state: str = "A",
        division: str = HARBIN,
        insured_days: int | None = 200,
        off_grid: int = 0,
        right_vin: bool = True,
    ) -> Scenario:
        """A vehicle whose validity ends in `due` months, `age` months after its registration."""
        self._count += 1
        ends = month_of(self._as_of) + due
        registered = first_day(ends - age).replace(day=15)
        made = registered - timedelta(days=40)
        insured = "" if insured_days is None else (self._as_of + timedelta(days=insured_days)).isoformat()
        row = {
            "hpzl": plate_class,
            "hphm": plate.removesuffix("挂"),
            "clsbdh": vin("LJB", self._count, made.year, right=right_vin),
            "cllx": vehicle_type,
            "syxz": use,
            "csys": "AJHBF"[self._count % 5],
            "hdzk": seats,
            "ccdjrq": registered.isoformat(),
            "ccrq": made.isoformat(),
            "djrq": registered.isoformat(),
            "yxqz": last_day(ends + off_grid).isoformat(),
            "bxzzrq": insured,
            "fzjg": plate[:2],
            "zt": state,
            "jyhgbzbh": f"2300{self._count:012d}",
            "division": division,
            "owner_ref": PEOPLE[owner].person_ref if owner else f"p-sample-{self._count}",
        }
        return Scenario(why, owner, plate, row, refused, not right_vin)


def _people(make: _Maker) -> tuple[Scenario, ...]:
    return (
        make("an ordinary car in its inspection period", "citizen", "黑A12345"),
        make(
            "a car whose inspection ran out last month",
            "citizen",
            "黑A2K578",
            due=-1,
            age=72,
            refused=Reason.INSPECTION_EXPIRED,
        ),
        make(
            "a new-energy car in its inspection period",
            "citizen",
            "黑AD12345",
            due=10,
            age=24,
            plate_class="52",
        ),
        make(
            "exempt from the test and due next month: the owner may claim",
            "citizen",
            "黑L8C866",
            due=1,
            age=24,
        ),
        make("the car of another citizen of the same division", "citizen_2", "黑A6Q688", due=5),
        make(
            "a Harbin plate whose owner is registered in another division and is refused",
            "citizen_other_division",
            "黑A7M123",
            due=6,
        ),
    )


_FLEET = (
    ("01", "H11", "F", "3", 12, 12),
    ("02", "H31", "F", "2", 24, 12),
    ("01", "K11", "B", "45", 36, 12),
    ("02", "K33", "A", "5", 48, 24),
    ("15", "B11", "F", "", 36, 12),
    ("51", "K11", "C", "28", 24, 12),
    ("07", "M21", "A", "2", 48, 24),
)
"""Plate class, type, use, seats, age of the node that ends the validity, length of the period, in months."""


def _fleet(make: _Maker) -> list[Scenario]:
    """Twenty-eight ordinary vehicles of a company, so that its list needs more than one look."""
    made = []
    for number in range(28):
        plate_class, vehicle_type, use, seats, age, period = _FLEET[number % len(_FLEET)]
        serial = {"15": f"黑AT{number:03d}挂", "51": f"黑A9{number:04d}D"}.get(
            plate_class, f"黑AT{number:04d}"
        )
        made.append(
            make(
                "one of a company's fleet",
                "citizen_portal",
                serial,
                due=number % (period - 1),
                age=age,
                plate_class=plate_class,
                vehicle_type=vehicle_type,
                use=use,
                seats=seats,
            )
        )
    return made


def _special(make: _Maker) -> tuple[Scenario, ...]:
    """In period, so they get their certificate; what is special shows in a claim or to the police."""
    portal = "citizen_portal"
    return (
        make(
            "in its sixth year and due next month: a claim is answered with the test",
            portal,
            "黑AU0001",
            due=1,
            age=72,
        ),
        make(
            "due next month without insurance: no claim", portal, "黑AU0002", due=1, age=24, insured_days=None
        ),
        make(
            "due next month, insurance ran out: no claim", portal, "黑AU0003", due=1, age=24, insured_days=-3
        ),
        make(
            "due next month with an unhandled violation: no claim",
            portal,
            "黑AU0004",
            due=1,
            age=24,
            state="G",
        ),
        make("due in five months: the window for a claim is not open", portal, "黑AU0005", due=5, age=24),
        make(
            "a minibus, which is never exempt",
            portal,
            "黑AU0006",
            due=1,
            age=24,
            vehicle_type="K39",
            seats="8",
        ),
        make("valid through the end of this month", portal, "黑AU0007", due=0),
        make("an unhandled violation does not touch a running period", None, "黑AU0008", state="G"),
        make(
            "reported as overdue although its dates say otherwise: the dates decide",
            None,
            "黑AU0009",
            state="GQ",
        ),
        make("out of use: a notice for the police, no more", None, "黑AU0010", state="D"),
        make("VIN with a wrong check digit: issued, with a warning", None, "黑AU0011", right_vin=False),
        make(
            "same plate text as the first car, other plate class",
            None,
            "黑A12345",
            plate_class="07",
            vehicle_type="M21",
            seats="2",
        ),
        make("a training car", None, "黑A1234学", due=2, age=36, plate_class="16", use="N"),
        make("a police car", None, "黑A0001警", plate_class="23", use="H"),
    )


def _refused(make: _Maker) -> tuple[Scenario, ...]:
    portal = "citizen_portal"
    blocked, inconsistent = Reason.STATE_BLOCKED, Reason.RECORD_INCONSISTENT
    foreign, ineligible = Reason.PLATE_DIVISION, Reason.PLATE_CLASS_NOT_ELIGIBLE
    overdue = Reason.INSPECTION_EXPIRED
    return (
        make(
            "a plate of another city, in whose register it is",
            portal,
            "黑B3F456",
            division=QIQIHAR,
            refused=foreign,
        ),
        make("a plate of Qiqihar in the register of Harbin", portal, "黑B3F458", refused=foreign),
        make(
            "a consulate's car: its plate tells no division",
            None,
            "黑22478领",
            plate_class="04",
            refused=foreign,
        ),
        make("a temporary plate never has a mark", None, "黑A22478", plate_class="22", refused=ineligible),
        make(
            "stolen: in its period, but nothing new is issued", portal, "黑AU0020", state="C", refused=blocked
        ),
        make("seized by a court", portal, "黑AU0021", state="K", refused=blocked),
        make("under customs supervision", portal, "黑AU0022", state="H", refused=blocked),
        make("transferred out", None, "黑AU0023", state="B", refused=blocked),
        make("deregistered", portal, "黑AU0024", state="E", refused=blocked),
        make("scrapped", None, "黑AU0025", state="GM", refused=blocked),
        make(
            "a Harbin plate in the register of Qiqihar",
            None,
            "黑A5F457",
            division=QIQIHAR,
            refused=inconsistent,
        ),
        make(
            "a car's plate class on a motorcycle", None, "黑AU0026", vehicle_type="M21", refused=inconsistent
        ),
        make("validity off the grid of its month", None, "黑AU0027", off_grid=1, refused=inconsistent),
        make(
            "stolen and overdue: the first reason is told",
            None,
            "黑AU0028",
            due=-2,
            age=72,
            state="CQ",
            refused=blocked,
        ),
        make(
            "foreign and overdue: the first reason is told", None, "黑B3F459", due=-2, age=72, refused=foreign
        ),
        make("overdue for almost a year", portal, "黑AU0029", due=-11, age=72, refused=overdue),
    )
