"""A ledger that names a plate or a vehicle twice: of the rows that disagree the first one counts, however it is run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from jianbiao.domain.ledger_lines import lines_of_range
from jianbiao.services.backfill import ROWS_DISAGREE, ChunkResult
from tests.services.ledgers import file, row, run, vin
from tests.services.soundness import sound
from tests.support.world import World

P, Q = "黑A00001", "黑A00002"
OWN = {1: "黑A10001", 2: "黑A10002", 3: "黑A10003"}

Row = tuple[int, str]
"""Vehicle and plate."""

ROWS = st.lists(st.tuples(st.integers(1, 3), st.sampled_from([P, Q])), min_size=1, max_size=5)
STORED = st.dictionaries(st.integers(1, 3), st.sampled_from([P, Q, "own"]), max_size=3).filter(
    lambda plates: max(Counter(p for p in plates.values() if p != "own").values(), default=1) == 1
)
"""What an older ledger has brought: vehicle → plate."""


def begun(stored: dict[int, str]) -> World:
    world = World()
    published = world.keys.current()
    world.keys.current = lambda: published  # type: ignore[method-assign]  # kept for a while, as deployed
    run(
        world,
        b"\n".join(line((n, OWN[n] if p == "own" else p)) for n, p in stored.items()),
        file("first", 100),
    )
    return world


def line(one: Row) -> bytes:
    return row(one[0], hphm=one[1])


def chunks(world: World, rows: Sequence[Row], *cuts: int) -> list[ChunkResult]:
    """The ledger in chunks that begin with the first row and those numbered `cuts`."""
    whole = [line(one) + b"\n" for one in rows]
    data = b"".join(whole)
    bounds = [len(b"".join(whole[:at])) for at in (0, *cuts, len(rows))]
    return [
        world.worker.run(
            lines_of_range(lambda first, stop: [data[first:stop]], start, end, len(data)), file()
        )
        for start, end in pairwise(bounds)
    ]


def accounts(results: Sequence[ChunkResult]) -> tuple[dict[str, int], list[tuple[int, str, str]]]:
    """Counts, and what became of the rows that were not issued."""
    counts = sum((result.counts for result in results), Counter[str]())
    told = [(e["offset"], e["outcome"], *e["reasons"]) for result in results for e in result.reasons]
    return {name: n for name, n in counts.items() if n}, sorted(told)


def state(world: World) -> Any:
    """Plates, their pointers, and the certificates that are active, without ids, which are drawn anew."""
    plates = {vin: r.registered.vehicle.plate for vin, r in world.vehicles.records.items()}
    active = sorted(
        (c.issuance.vin, c.claims.plate) for c in world.certificates.by_id.values() if c.status == "active"
    )
    assert all(plates[bearer] == plate for bearer, plate in active)
    return plates, dict(world.vehicles.plates), active


@settings(max_examples=150, deadline=None)
@given(stored=STORED, rows=ROWS, cut=st.integers(0, 5))
@example(stored={}, rows=[(1, P), (2, P), (2, Q)], cut=1)
@example(stored={3: Q}, rows=[(1, P), (1, Q), (2, Q), (2, P)], cut=2)
def test_the_first_row_counts_and_the_others_change_nothing(
    stored: dict[int, str], rows: list[Row], cut: int
) -> None:
    world = begun(stored)
    found = accounts(chunks(world, rows))
    end = state(world)
    sound(world)
    # By the rule alone: a row counts where no row before it that counts has the vehicle or the plate otherwise.
    counting: list[Row] = []
    for one in rows:
        if all((n == one[0]) == (plate == one[1]) for n, plate in counting):
            counting.append(one)
    expected = {vin(n): plate for n, plate in counting}
    assert {vin_: end[0][vin_] for vin_ in expected} == expected
    assert found[0].get("invalid", 0) == sum(one not in counting for one in rows)
    assert {why for _, outcome, why in found[1] if outcome == "invalid"} <= {ROWS_DISAGREE}
    assert {outcome for _, outcome, _ in found[1]} <= {"invalid"}
    # Without the rows that are invalid all is the same.
    others = begun(stored)
    chunks(others, counting)
    assert state(others) == end
    # Once more, in chunks, or once more after a worker has died in the middle.
    assert accounts(chunks(world, rows)) == found
    assert state(world) == end
    cut = min(cut, len(rows))
    for first_run in (chunks, lambda world, rows, cut: chunks(world, rows[:cut])):
        parts = begun(stored)
        first_run(parts, rows, cut)
        assert accounts(chunks(parts, rows)) == found
        assert state(parts) == end
