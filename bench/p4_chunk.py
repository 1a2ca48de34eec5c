"""P4: what a vehicle costs in a ledger chunk: our own CPU, AWS calls and write units, and botocore's CPU beside it.

Own CPU is measured with AWS answered at the ports: doubles that do as little as they can, their own share and that of
the stand-in for KMS measured alone and taken off. Calls are counted on the real adapters, over a low-level client that
answers in process.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from statistics import median
from typing import Any

from bench.common import show, verdict
from bench.sdk_cost import sign_microseconds
from jianbiao.aws.certificates import DynamoCertificates
from jianbiao.aws.indices import DynamoIndices
from jianbiao.aws.issuances import DynamoIssuances
from jianbiao.aws.tables import Tables
from jianbiao.aws.vehicles import DynamoVehicles
from jianbiao.domain.ledger_lines import lines_of_range
from jianbiao.services.backfill import ChunkResult, ChunkWorker, LedgerFile
from jianbiao.services.issue import Issuer
from local import ledger_plates
from tests.services.ledgers import row
from tests.support.packaged import template
from tests.support.world import World

VEHICLES = 500
ROUNDS = 7
MICROSECONDS, UNITS, REQUESTS = 400.0, 6.0, 1.2
TABLES = Tables(
    vehicles="vehicles",
    plates="plates",
    certificates="certificates",
    issuances="issuances",
    statuses="statuses",
)
WRITE_UNIT = 1024
"""Bytes that one write unit pays for."""


WRITTEN = {"vehicles", "plates", "certificates", "issuances", "statuses"}
"""Tables that a chunk writes."""


def _indices() -> dict[str, dict[str, set[str]]]:
    """Table → index → its key attributes, as the template has them; all of them project their keys only."""
    found: dict[str, dict[str, set[str]]] = {}
    for name, resource in template()["Resources"].items():
        if resource["Type"] == "AWS::DynamoDB::Table":
            table = name.removesuffix("Table").lower()
            for index in resource["Properties"].get("GlobalSecondaryIndexes", ()):
                keys = {part["AttributeName"] for part in index["KeySchema"]}
                found.setdefault(table, {})[index["IndexName"]] = keys
                if table in WRITTEN:
                    assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}, index
    return found


INDICES = _indices()


def ledger() -> bytes:
    """500 rows as the register writes them, every one eligible."""
    full = {"csys": "A", "hdzk": "5", "ccrq": "2023-02-01", "djrq": "2025-03-20", "bxzzrq": "2027-01-14"}
    rows = []
    for n in range(VEHICLES):
        plate = {"hphm": f"黑A{10000 + n}", "clsbdh": ledger_plates.vin("LSJ", n, 2023)}
        rows.append(row(n, **full, **plate, fzjg="黑A", jyhgbzbh=f"2300{n:012d}"))
    return b"\n".join(rows)


def worked(world: World, worker: ChunkWorker, data: bytes) -> ChunkResult:
    """One chunk; every row must be issued."""
    lines = lines_of_range(lambda first, stop: [data[first:stop]], 0, len(data), len(data))
    result = worker.run(lines, LedgerFile("bench", world.clock()))
    assert result.counts["issued"] == VEHICLES, result.counts
    return result


def cpu(call: Callable[[], object]) -> float:
    """CPU seconds of a call."""
    begun = time.process_time()
    call()
    return time.process_time() - begun


class Timed:
    """A port whose own CPU is added up."""

    def __init__(self, port: Any) -> None:
        self._port, self.spent = port, 0.0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)

        def timed(*args: Any, **kwargs: Any) -> Any:
            begun = time.process_time()
            try:
                return method(*args, **kwargs)
            finally:
                self.spent += time.process_time() - begun

        return timed


def own_microseconds(data: bytes) -> float:
    """Our CPU per vehicle: parse, rules, encode, check."""
    world = World()
    published = world.keys.current()
    world.keys.current = lambda: published  # type: ignore[method-assign]  # kept for half a minute, as deployed
    stores = [
        Timed(p) for p in (world.vehicles, world.certificates, world.issuances, world.indices, world.signer)
    ]
    vehicles, certificates, issuances, indices, signer = stores
    issuer = Issuer(
        "bench", vehicles, certificates, issuances, indices, signer, world.keys, world.clock, world.random
    )
    whole = cpu(lambda: worked(world, ChunkWorker(world.registrar(issuer), world.policies), data))
    return 1e6 * (whole - sum(store.spent for store in stores)) / VEHICLES


class CountingClient:
    """A low-level DynamoDB client that answers in process, as an empty database would, and counts."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.units: Counter[str] = Counter()
        self._taken = 0

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        """Nothing is there yet."""
        self.calls["BatchGetItem"] += 1
        return {"Responses": {name: [] for name in RequestItems}, "UnprocessedKeys": {}}

    def batch_execute_statement(self, Statements: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        """Every insert succeeds."""
        self.calls["BatchExecuteStatement"] += 1
        for statement in Statements:
            names = [part.split("'")[1] for part in statement["Statement"].split("{")[1].split(", ")]
            item = dict(zip(names, statement["Parameters"], strict=True))
            table = statement["Statement"].split('"')[1]
            self.units[table] += -(-_size(item) // WRITE_UNIT)
            for index, keys in INDICES.get(table, {}).items():
                # An index that keeps keys alone costs one unit for each item that has them.
                self.units[f"{table}, index {index}"] += keys <= item.keys()
        return {"Responses": [{} for _ in Statements]}

    def update_item(self, TableName: str, **request: Any) -> dict[str, Any]:  # noqa: N803
        """Takes indices; a block never runs out here."""
        self.calls["UpdateItem"] += 1
        self.units[TableName] += 1
        self._taken += int(request["ExpressionAttributeValues"][":count"]["N"])
        number = str(self._taken)
        return {"Attributes": {"next": {"N": number}, "block": {"N": "0"}, "secret": {"B": bytes(16)}}}

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"a call that nobody counts: {name}")


def _size(item: dict[str, Any]) -> int:
    """Bytes of an item as DynamoDB counts them: names and values in UTF-8, numbers by their digits."""
    total = 0
    for name, value in item.items():
        ((kind, content),) = value.items()
        total += len(name.encode())
        if kind == "BOOL":
            total += 1
        elif kind == "N":
            total += len(content) // 2 + 2
        else:
            total += len(content if kind == "B" else content.encode())
    return total


def counted(data: bytes) -> tuple[Counter[str], Counter[str], int]:
    """Calls and write units of a chunk through the real adapters, and how many payloads were signed."""
    world, client = World(), CountingClient()
    issuer = Issuer(
        "bench",
        DynamoVehicles(client, TABLES),
        DynamoCertificates(client, TABLES),
        DynamoIssuances(client, TABLES.issuances),
        DynamoIndices(client, "allocations", bytes),
        world.signer,
        world.keys,
        world.clock,
        world.random,
    )
    worked(world, ChunkWorker(world.registrar(issuer), world.policies), data)
    assert len(set(world.signer.signed)) == len(world.signer.signed), "a payload was signed twice"
    return client.calls, client.units, len(world.signer.signed)


def run() -> bool:
    """Measure, count and print; False when a bar is missed."""
    data = ledger()
    own_microseconds(data)
    own = median(own_microseconds(data) for _ in range(ROUNDS))
    calls, units, signed = counted(data)
    requests = sum(calls.values()) / VEHICLES
    written = sum(units.values()) / VEHICLES
    show(
        f"P4  a chunk of {VEHICLES} new vehicles, each",
        ["", "measured", "bar"],
        [
            ["own CPU, µs", f"{own:.0f}", f"{MICROSECONDS:.0f}"],
            ["botocore's CPU for a Sign, µs", f"{sign_microseconds():.0f}", ""],
            ["payloads signed", f"{signed / VEHICLES:.2f}", "1"],
            ["write units", f"{written:.2f}", f"{UNITS:.0f}"],
            *[[f"  {name}", f"{count / VEHICLES:.3f}", ""] for name, count in sorted(units.items())],
            ["requests besides Sign", f"{requests:.3f}", f"{REQUESTS}"],
            *[[f"  {name}", f"{count / VEHICLES:.3f}", ""] for name, count in sorted(calls.items())],
        ],
    )
    ok = own <= MICROSECONDS and signed == VEHICLES and written <= UNITS and requests <= REQUESTS
    return verdict("P4 ≤ 400 µs, one Sign, ≤ 6 write units, ≤ 1.2 requests", ok)
