"""Peak memory of a worker that works off a ledger of so many rows, AWS answered at the ports; prints bytes.

    python -m tests.services.memory_of_a_chunk ROWS

A process of its own: peak memory is the process's, and never falls.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jianbiao.domain.ledger_lines import cut, lines_of_range
from jianbiao.domain.policy import default_policy
from jianbiao.ports import SigningKeys
from jianbiao.records import Certificate, Issuance, VehicleRecord
from jianbiao.services.backfill import ChunkWorker, LedgerFile
from jianbiao.services.issue import Issuer
from jianbiao.services.ledger_run import CHUNK_BYTES
from tests.services.ledgers import row
from tests.support.world import World

KIND = 600
"""Rows that differ; the file repeats them, and no store remembers."""
FIRST = 10_000
"""From here on all rows have the same length."""
WIDTH = len(row(FIRST)) + 1


class Forgetful:
    """All stores: nothing is there, and everything is taken."""

    def get_many(self, _keys: Any) -> dict[str, Any]:
        return {}

    def vins_of_plates(self, _plates: Any) -> dict[Any, str]:
        return {}

    def insert_many(self, things: Sequence[Any]) -> set[str]:
        return {t.registered.vehicle.vin for t in things if isinstance(t, VehicleRecord)}

    def commit_many(self, certificates: Sequence[Certificate]) -> set[str]:
        return {certificate.certificate_id for certificate in certificates}

    def take(self, count: int) -> list[tuple[int, int]]:
        return [(0, number) for number in range(count)]


class QuickIssuer(Issuer):
    """An issuer whose signature and check take no time: memory is what is measured."""

    def sign(self, issuance: Issuance) -> Certificate:
        return Certificate(issuance, bytes(300), ())


def read(first: int, stop: int) -> Iterator[bytes]:
    """A ledger that is nowhere: made up block by block."""
    at = first
    while at < stop:
        number, within = divmod(at, WIDTH)
        line = LINES[number % KIND] + b"\n"
        block = line[within : within + stop - at]
        yield block
        at += len(block)


LINES = [row(FIRST + number) for number in range(KIND)]
assert {len(line) + 1 for line in LINES} == {WIDTH}


def main(rows: int) -> Mapping[str, int]:
    """Work off the rows in chunks as the engine cuts them, one after the other."""
    world, stores = World(), Forgetful()
    keys: SigningKeys = world.keys.current()

    class Keys:
        def current(self) -> SigningKeys:
            return keys

    issuer = QuickIssuer(
        deployment="memory",
        vehicles=stores,  # type: ignore[arg-type]
        certificates=stores,  # type: ignore[arg-type]
        issuances=stores,  # type: ignore[arg-type]
        indices=stores,
        signer=world.signer,
        keys=Keys(),
        clock=world.issuer.clock,
        random=world.issuer.random,
    )

    class Policies:
        policy = default_policy()

        def current(self) -> Any:
            return self.policy

    worker, size, issued = ChunkWorker(world.registrar(issuer), Policies()), rows * WIDTH, 0
    for start, end in cut(size, CHUNK_BYTES):
        result = worker.run(lines_of_range(read, start, end, size), LedgerFile("memory", 1_700_000_000))
        issued += result.counts["issued"]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"rows": rows, "issued": issued, "peak": peak * (1 if sys.platform == "darwin" else 1024)}


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
