"""Whatever happens to the calls and the workers of a launch, it ends with the accounts of its ledger's make-up."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from random import Random

import pytest

from jianbiao.records import Hold
from jianbiao.services.ledger_run import Accounts
from local.ledger import Ledger, Shares
from tests.services.chaos import ALL, FAILED, KILLED, KILLED_AFTER, LOST, THROTTLED, Chaos, Weather
from tests.services.launching import Scene
from tests.services.ledgers import file, row, run, vin
from tests.services.soundness import sound
from tests.support.world import TODAY, World

HELD = 3
LONG = 70_000
"""Bytes of a line that is too long, and longer than several chunks."""
SHARES = Shares(invalid=0.1, refused=0.06, expired=0.04, duplicate=0.05)
SEEDS = range(2)
ROWS = 120


@cache
def made(rows: int, long: int = LONG) -> tuple[bytes, dict[str, int], dict[str, int]]:
    """A ledger of `rows` rows of every class, and behind them held vehicles, a line that is too long,
    and the held ones again; its make-up: rows by outcome, rows by reason."""
    generator = Ledger(rows, 7, TODAY, shares=SHARES)
    lines = list(generator)
    expected = generator.expected.as_json()
    held = [row(number) for number in range(1, HELD + 1)]
    lines += [*held, b'{"hphm":"' + b"x" * long + b'"}', *held]
    by_reason = Counter(expected["refused"]) + Counter(expected["invalid"])
    by_reason.update({"hold": 2 * HELD, "line-too-long": 1})
    counts = {
        "rows": expected["rows"] + 2 * HELD + 1,
        "issued": expected["issued"],
        "already": expected["already"],
        "refused": sum(expected["refused"].values()) + 2 * HELD,
        "invalid": sum(expected["invalid"].values()) + 1,
    }
    return b"\n".join(lines) + b"\n", counts, dict(by_reason)


def scene(rows: int, chunk_bytes: int, long: int = LONG) -> Scene:
    """The ledger before its launch; the held vehicles are known, have their certificates, and are on hold."""
    world = World()
    run(world, b"\n".join(row(number) for number in range(1, HELD + 1)), file("first", 100))
    for number in range(1, HELD + 1):
        record = world.vehicles.records[vin(number)]
        world.vehicles.records[vin(number)] = replace(record, hold=Hold(1, "op", "fraud"))
    world.signer.signed.clear()
    return Scene(made(rows, long)[0], chunk_bytes, world)


def right(found: Accounts, rows: int) -> None:
    """The accounts against the make-up, to the row."""
    _, counts, by_reason = made(rows)
    assert found.complete
    assert {name: found.counts[name] for name in counts} == counts
    named = Counter(reason.partition(":")[0] for entry in found.reasons for reason in entry["reasons"])
    assert named == by_reason
    assert len({entry["offset"] for entry in found.reasons}) == counts["refused"] + counts["invalid"]


def end(chaos: Chaos, rows: int) -> None:
    """What has to hold at the end of every launch."""
    scene, world = chaos.scene, chaos.scene.world
    right(scene.accounts(), rows)
    ours = f"ledger:{scene.id}:"
    before = {
        c.certificate_id
        for c in world.certificates.by_id.values()
        if not c.issuance.cause.trigger.startswith(ours)
    }
    assert len(before) == HELD
    for id_ in before:
        world.certificates.by_id.pop(id_)
        world.issuances.by_id.pop(id_)
    assert len(world.certificates.by_id) == made(rows)[1]["issued"]
    sound(world)


def test_the_ledger_has_rows_of_every_class() -> None:
    _, counts, by_reason = made(ROWS)
    assert min(counts.values()) > 1
    assert {"hold", "line-too-long", "state-blocked", "inspection-expired", "bad-json"} <= by_reason.keys()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "what",
    [(FAILED,), (LOST,), (THROTTLED,), (KILLED,), (KILLED_AFTER,), ALL],
    ids=["failed", "lost", "throttled", "killed", "killed-after", "all"],
)
def test_in_any_weather_the_accounts_are_the_ledger_s(what: tuple[str, ...], seed: int) -> None:
    weather = Weather(rate=0.05, what=what, random=Random(seed))  # noqa: S311
    chaos = Chaos(scene(ROWS, 9_000), weather)
    chaos.launch()
    assert sum(weather.hits.values()) > 5
    end(chaos, ROWS)


@pytest.mark.parametrize("seed", SEEDS)
def test_chunks_twice_reversed_shuffled_and_side_by_side(seed: int) -> None:
    def shuffled(tasks: list[object]) -> list[object]:
        Random(seed).shuffle(tasks)  # noqa: S311
        return tasks if seed % 2 else tasks[::-1]

    weather = Weather(rate=0.03, random=Random(seed))  # noqa: S311
    chaos = Chaos(scene(ROWS, 9_000), weather, threads=4, order=shuffled, times=2)
    chaos.launch()
    end(chaos, ROWS)


def test_a_line_of_ten_megabytes_across_chunks() -> None:
    weather = Weather(rate=0.03, random=Random(9))  # noqa: S311
    chaos = Chaos(scene(ROWS, 900_000, 10_000_000), weather, times=2)
    chaos.launch()
    end(chaos, ROWS)


def test_in_calm_weather_nothing_is_signed_twice() -> None:
    chaos = Chaos(scene(ROWS, 9_000), Weather())
    chaos.launch()
    signed = chaos.scene.world.signer.signed
    assert len(signed) == len(set(signed)) == made(ROWS)[1]["issued"]
    end(chaos, ROWS)


def test_each_signature_that_was_lost_is_made_once_more_and_no_other() -> None:
    weather = Weather(rate=0.3, what=(LOST,), random=Random(5))  # noqa: S311
    chaos = Chaos(scene(ROWS, 9_000), Signatures(weather))
    chaos.launch()
    signed = chaos.scene.world.signer.signed
    lost = weather.hits["MemorySigner.sign", LOST]
    assert lost > 10
    assert len(signed) - len(set(signed)) == lost
    end(chaos, ROWS)


class Signatures(Weather):
    """The weather for the signer alone."""

    def __init__(self, weather: Weather) -> None:
        super().__init__(rate=weather.rate, what=weather.what, random=weather.random, hits=weather.hits)

    def fate(self, call: str) -> str | None:
        """Of other calls: nothing."""
        return super().fate(call) if call == "MemorySigner.sign" else None


def calls_of_a_small_launch() -> list[str]:
    weather = Weather()
    Chaos(scene(12, 30_000), weather).launch()
    return weather.calls


@pytest.mark.parametrize("what", ALL)
def test_each_single_call_of_a_launch_may_go_wrong(what: str) -> None:
    calls = calls_of_a_small_launch()
    assert {"MemoryInbox.write_once", "MemoryLaunches.add", "MemoryCertificates.commit_many"} <= set(calls)
    for at in range(1, len(calls) + 1):
        weather = Weather(at=at, what=(what,))
        chaos = Chaos(scene(12, 30_000), weather)
        chaos.launch()
        assert sum(weather.hits.values()) == 1, at
        end(chaos, 12)
