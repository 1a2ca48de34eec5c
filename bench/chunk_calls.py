"""What a backfill asks of AWS for each certificate, counted on the real adapters over clients that only answer.

The ledger is made up, its vehicles are new, and some rows come twice. What is written is kept, so that conditions
hold; everything is counted: requests, read and write units by the size of each item, signatures, and processor time.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bench.sdk_cost import sign_microseconds
from jianbiao.aws.bindings import DynamoBindings
from jianbiao.aws.certificates import DynamoCertificates
from jianbiao.aws.indices import DynamoIndices
from jianbiao.aws.issuances import DynamoIssuances
from jianbiao.aws.paper import DynamoPaper
from jianbiao.aws.shares import DynamoShares
from jianbiao.aws.tables import Tables
from jianbiao.aws.vehicles import DynamoVehicles
from jianbiao.domain.ledger_lines import cut, lines_of_range
from jianbiao.domain.policy import Policy, default_policy
from jianbiao.domain.times import start_of_day
from jianbiao.ports import SigningKeys
from jianbiao.services.backfill import ChunkWorker, LedgerFile
from jianbiao.services.issue import Issuer
from jianbiao.services.ledger_run import CHUNK_BYTES
from jianbiao.services.registrar import Registrar
from jianbiao.wire.keys import CERTIFICATE, KeySet, jwk_of, kid_of
from local.ledger import Ledger

KIB = 1024
INDEXED = {"vehicles": ("owner_ref", "vin")}
"""Tables with an index of keys alone: one more write for each item that has them."""


def item_size(item: Mapping[str, Any]) -> int:
    """Bytes that DynamoDB counts: names and values."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "B":
        return len(content)
    if kind == "N":
        return len(content) // 2 + 2
    return 1


@dataclass
class CountingDynamo:
    """Answers what the backfill asks, and counts it."""

    counts: Counter[str] = field(default_factory=Counter)
    sizes: dict[str, list[int]] = field(default_factory=dict)
    _items: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By table, by the key as text."""
    _blocks: int = 0

    def batch_get_item(self, RequestItems: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N803
        self.counts["requests"] += 1
        found: dict[str, list[Any]] = {}
        for table, asked in RequestItems.items():
            # Read consistently; what is not there is read, too.
            self.counts["read_units"] += len(asked["Keys"])
            items = (self._items.get(table, {}).get(str(*key.values())) for key in asked["Keys"])
            found[table] = [item for item in items if item]
        return {"Responses": found}

    def batch_execute_statement(self, Statements: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        self.counts["requests"] += 1
        answers: list[dict[str, Any]] = []
        for statement in Statements:
            text = statement["Statement"]
            table = text.split('"')[1]
            names = text.partition("{")[2].split("'")[1::2]
            item = dict(zip(names, statement["Parameters"], strict=True))
            units = -(-item_size(item) // KIB)
            self.sizes.setdefault(table, []).append(item_size(item))
            self.counts["write_units"] += units
            self.counts[f"write_units_{table}"] += units
            key, there = str(item[names[0]]), self._items.setdefault(table, {})
            if key in there:
                answers.append({"Error": {"Code": "DuplicateItem"}})
                continue
            there[key] = item
            if all(name in item for name in INDEXED.get(table, ("",))):
                self.counts["write_units"] += 1
                self.counts[f"write_units_{table}_index"] += 1
            answers.append({})
        return {"Responses": answers}

    def update_item(self, **request: Any) -> dict[str, Any]:
        self.counts["requests"] += 1
        self.counts["write_units"] += 1
        count = int(request["ExpressionAttributeValues"][":count"]["N"])
        self._blocks += 1
        return {
            "Attributes": {
                "next": {"N": str(count)},
                "secret": {"B": bytes(16)},
                "block": {"N": str(self._blocks)},
            }
        }


@dataclass
class CountingKms:
    """Port `Signer` with a key in memory."""

    counts: Counter[str]
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    seconds: float = 0.0

    @cached_property
    def spki(self) -> bytes:
        """The public half."""
        return self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, _kid: bytes, message: bytes) -> bytes:
        """KMS's work, not ours: its time is taken off."""
        began = time.process_time()
        self.counts["signatures"] += 1
        signature = self.key.sign(message, ec.ECDSA(hashes.SHA256()))
        self.seconds += time.process_time() - began
        return signature


@dataclass(frozen=True)
class Fixed:
    """Ports `Keys` and `Policies`: what never changes."""

    value: Any

    def current(self) -> Any:
        """It."""
        return self.value


def random(seed: int = 1) -> Callable[[int], bytes]:
    """Bytes that are the same in every run."""
    from random import Random

    return Random(seed).randbytes


@dataclass(frozen=True, slots=True)
class Measured:
    """Counts of one run over new vehicles."""

    rows: int
    issued: int
    ledger_bytes: int
    counts: Mapping[str, int]
    largest_item: int
    """Bytes of the largest item written."""
    item_bytes: float
    """Bytes of all items that are kept for one certificate."""
    own_us_per_vehicle: float
    """Processor time without the signatures themselves and without the SDK."""
    sdk_us_per_signature: float
    """Processor time of botocore for a call of KMS."""

    def each(self, name: str) -> float:
        """For one certificate."""
        return self.counts.get(name, 0) / self.issued


def measure(rows: int = 5_000, as_of: date = date(2026, 11, 1)) -> Measured:
    """Count over a made-up ledger of `rows` rows."""
    policy: Policy = default_policy()
    data = b"\n".join(Ledger(rows, 1, as_of)) + b"\n"
    dynamo, drawn = CountingDynamo(), random()
    kms = CountingKms(dynamo.counts)
    kid = kid_of(kms.spki)
    issuers = [policy.issuer("230100")]
    jwks = {
        "version": 1,
        "keys": [jwk_of(kms.spki, purpose=CERTIFICATE, issuers=issuers, nbf=0, exp=1 << 32)],
    }
    tables = Tables(
        vehicles="vehicles",
        plates="plates",
        certificates="certificates",
        issuances="issuances",
        statuses="statuses",
    )
    issuer = Issuer(
        deployment="model",
        vehicles=DynamoVehicles(dynamo, tables),
        certificates=DynamoCertificates(dynamo, tables),
        issuances=DynamoIssuances(dynamo, "issuances"),
        indices=DynamoIndices(dynamo, "allocations", drawn),
        signer=kms,
        keys=Fixed(SigningKeys(KeySet.from_jwks(jwks), kid)),
        clock=lambda: start_of_day(as_of) + 3600,
        random=drawn,
    )
    registrar = Registrar(
        issuer, DynamoBindings(dynamo, tables), DynamoPaper(dynamo, tables), DynamoShares(dynamo, tables)
    )
    worker = ChunkWorker(registrar, Fixed(policy))
    total: Counter[str] = Counter()
    began = time.process_time()
    for start, end in cut(len(data), CHUNK_BYTES):
        lines = lines_of_range(lambda first, stop: [data[first:stop]], start, end, len(data))
        total.update(worker.run(lines, LedgerFile("model", start_of_day(as_of))).counts)
    seconds = time.process_time() - began - kms.seconds
    sizes = [size for written in dynamo.sizes.values() for size in written]
    return Measured(
        rows=total["rows"],
        issued=total["issued"],
        ledger_bytes=len(data),
        counts=dict(dynamo.counts),
        largest_item=max(sizes),
        item_bytes=sum(sizes) / total["issued"],
        own_us_per_vehicle=1e6 * seconds / total["rows"],
        sdk_us_per_signature=sign_microseconds(),
    )
