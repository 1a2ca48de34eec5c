"""A first load and another word about the same plate, at any of their calls: one vehicle bears it in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from random import Random

import pytest

from jianbiao.errors import Unavailable
from jianbiao.services.backfill import ROWS_DISAGREE, ChunkResult
from jianbiao.services.registry import PLATE_TAKEN
from tests.services.ledgers import file, row, run, vin
from tests.services.turns import Actor, Turns
from tests.support.registry import BEGIN, HOUR, RegistryWorld, event, registered
from tests.support.world import CAR

PLATE = "黑A10001"
LOADED, RIVAL = vin(1), vin(2)
LOAD_AT = 5
"""Hours after the first event at which the ledger of the first load was true."""
OTHER = replace(CAR, vin=RIVAL, plate="黑A10002", owner_ref="p-2")


@dataclass
class Race:
    """The first load of one vehicle, and what gives its plate to another one, in a world of their own."""

    world: RegistryWorld
    rival: Callable[[], ChunkResult | None]
    hours: int
    """When the rival's word was true."""
    loaded: ChunkResult | None = None
    answer: ChunkResult | None = None

    def load(self) -> None:
        """The chunk of the first load."""
        self.loaded = run(self.world, row(1), file("first", BEGIN + LOAD_AT * HOUR))

    def take(self) -> None:
        """The other word."""
        self.answer = self.rival()


def started() -> RegistryWorld:
    """An empty world, whose actors take turns."""
    world = RegistryWorld(faults=Turns())
    published = world.keys.current()
    world.keys.current = lambda: published  # type: ignore[method-assign]  # kept for a while, as deployed
    return world


def applied(world: RegistryWorld) -> None:
    """The event's message comes, once more where its worker has died."""
    world.event_worker.apply("e-10")


def by_change(hours: int) -> Race:
    """An event gives it to a vehicle that has another plate, and a certificate for that one."""
    world = started()
    world.happen(registered("e-01", 0, OTHER))
    world.report(event("e-10", "vehicle.changed", hours, RIVAL, plate=PLATE))
    return Race(world, lambda: applied(world), hours)


def by_registration(hours: int) -> Race:
    """An event registers a vehicle with it."""
    world = started()
    world.report(registered("e-10", hours, OTHER, plate=PLATE))
    return Race(world, lambda: applied(world), hours)


def by_row(hours: int) -> Race:
    """A row of another ledger, or of another chunk of the same one, gives it to a vehicle that is not known yet."""
    world = started()
    return Race(world, lambda: run(world, row(2, hphm=PLATE), file("other", BEGIN + hours * HOUR)), hours)


RACES: dict[str, Callable[[], Race]] = {
    "newer event": lambda: by_change(10),
    "older event": lambda: by_registration(2),
    "newer row": lambda: by_row(10),
    "equally old row": lambda: by_row(LOAD_AT),
}


def schedules(make: Callable[[], Race], load_first: bool, killed: bool) -> Iterator[tuple[str, Race]]:
    """Every way in which one goes some calls far, then the other one some, and then the first one on to its end, or
    dies there. Whoever has died is started again when all is over."""
    for m in count():
        for n in count():
            race = make()
            begins = [race.load, race.take] if load_first else [race.take, race.load]
            first, second = (Actor(does) for does in begins)
            first.move(m)
            second.move(n)
            whole = first.over, second.over
            first.kill() if killed else first.finish()
            second.finish()
            if killed and not whole[0]:
                begins[0]()
            yield f"{m} calls, then {n}", race
            if whole[1]:
                break
        if whole[0]:
            return


def check(race: Race) -> None:
    """Exactly one vehicle bears the plate, has the one certificate for it, and the accounts say what became of it."""
    world = race.world
    assert race.loaded
    bearer = world.vehicles.plates[("02", PLATE)]
    if race.hours != LOAD_AT:
        assert bearer == (RIVAL if race.hours > LOAD_AT else LOADED)
    loser = LOADED if bearer == RIVAL else RIVAL
    (active,) = [c for c in world.certificates.by_id.values() if c.status == "active"]
    assert (active.issuance.vin, active.claims.plate) == (bearer, PLATE)
    records = world.vehicles.records
    assert records[bearer].current == active.certificate_id
    assert {vin for vin, r in records.items() if r.registered.vehicle.plate} == {bearer}
    assert world.vehicles.plates == {("02", PLATE): bearer}
    # A payload for each certificate; those that were voided may have been signed by whoever did not know yet.
    made_all = [c for c in world.certificates.by_id.values() if c.data]
    assert len(made_all) <= len(set(world.signer.signed)) <= len(world.certificates.by_id)
    for result, vin_ in ((race.loaded, LOADED), (race.answer, RIVAL)):
        if result is None:
            continue
        made = any(c.data and c.issuance.vin == vin_ for c in world.certificates.by_id.values())
        lost = ("invalid", ROWS_DISAGREE) if race.hours == LOAD_AT else ("refused", PLATE_TAKEN)
        assert result.counts["rows"] == 1
        told = [(entry["outcome"], *entry["reasons"]) for entry in result.reasons]
        assert (result.counts["issued"], told) == ((1, []) if made else (0, [lost]))
        assert made or vin_ == loser


@pytest.mark.parametrize("killed", [False, True], ids=["goes on", "killed"])
@pytest.mark.parametrize("load_first", [True, False], ids=["load first", "rival first"])
@pytest.mark.parametrize("name", RACES)
def test_whoever_comes_between_whom(name: str, load_first: bool, killed: bool) -> None:
    played = 0
    for schedule, race in schedules(RACES[name], load_first, killed):
        try:
            check(race)
            kept = dict(race.world.vehicles.records), dict(race.world.certificates.by_id)
            first = race.loaded
            race.load()
            race.take()
            assert (race.world.vehicles.records, race.world.certificates.by_id) == kept
            assert race.loaded == first
        except (AssertionError, Unavailable) as error:
            raise AssertionError(schedule) from error
        played += 1
    assert played > 100


@pytest.mark.parametrize("name", RACES)
def test_in_any_turns_delivered_twice_and_dying_at_any_call(name: str) -> None:
    for seed in range(40):
        chance, race = Random(seed), RACES[name]()  # noqa: S311
        left = [(Actor(does), does) for does in (race.load, race.load, race.take, race.take)]
        again: list[Callable[[], None]] = []
        while left:
            actor, does = chance.choice(left)
            try:
                if chance.random() < 0.02:
                    actor.kill()
                    again.append(does)
                else:
                    actor.move(chance.choice((1, 1, 2, 5)))
            except Unavailable:
                again.append(does)
            left = [one for one in left if not one[0].over]
        for does in (*again, race.load, race.take):
            does()
        try:
            check(race)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}") from error
