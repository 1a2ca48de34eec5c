"""What a launch has to have made of a ledger, checked on everything that is stored.

Each check returns sentences about what is wrong; none of them decides anything itself: the ledger's make-up is the
generator's, and certificates are judged by the verifier that terminals use, from their bytes and the published keys.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jianbiao.aws.certificates import certificate_of
from jianbiao.aws.dynamo import GET_LIMIT, Item, Table, batches, text
from jianbiao.aws.indices import LIST
from jianbiao.aws.issuances import stored_issuance
from jianbiao.aws.vehicles import vehicle_record
from jianbiao.errors import Forged
from jianbiao.records import Certificate, Issuance
from jianbiao.services.ledger_run import Accounts
from jianbiao.wire.jb1 import code_text
from jianbiao.wire.keys import KeySet
from jianbiao.wire.reasons import Verdict
from jianbiao.wire.verify import judge, verify

VIN = re.compile(rb'"clsbdh": ?"([A-Z0-9]{17})"')


@dataclass(slots=True)
class Wrong:
    """What is wrong: a sentence, with how often."""

    found: Counter[str] = field(default_factory=Counter)

    def unless(self, right: bool, sentence: str) -> None:
        """Note the sentence where the condition does not hold."""
        if not right:
            self.found[sentence] += 1

    def same(self, what: str, got: object, expected: object) -> None:
        """Note a difference."""
        if got != expected:
            self.found[f"{what}: {got}, expected {expected}"] += 1

    def sentences(self) -> list[str]:
        """One line each."""
        return [f"{sentence} ({times}×)" if times > 1 else sentence for sentence, times in self.found.items()]


def check_accounts(accounts: Accounts, expected: Mapping[str, Any], ledger: Path) -> list[str]:
    """The accounts against the generator's make-up, to the row; each reason against the line that it names."""
    wrong, counts = Wrong(), accounts.counts
    for name in ("rows", "issued", "already", "unknown_columns"):
        wrong.same(name, counts[name], expected[name])
    wrong.same("warnings", counts["warnings"], expected["vin_warnings"])
    wrong.same(
        "issued + already + refused + invalid",
        sum(counts[name] for name in ("issued", "already", "refused", "invalid")),
        counts["rows"],
    )
    by_outcome: dict[str, Counter[str]] = {"refused": Counter(), "invalid": Counter()}
    for entry in accounts.reasons:
        by_outcome[entry["outcome"]].update(reason.partition(":")[0] for reason in entry["reasons"])
    for outcome, found in by_outcome.items():
        wrong.same(outcome, dict(sorted(found.items())), dict(sorted(expected[outcome].items())))
        named = sum(entry["outcome"] == outcome for entry in accounts.reasons)
        wrong.same(f"{outcome} rows that are named", named, counts[outcome])
    line_of = {entry["offset"]: entry["line"] for entry in accounts.reasons}
    wrong.same("rows named twice", len(accounts.reasons) - len(line_of), 0)
    offset = 0
    with ledger.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if offset in line_of:
                wrong.unless(line_of.pop(offset) == number, "a row is named with another line number")
            offset += len(line)
    wrong.unless(not line_of, "a row is named where no line begins")
    return wrong.sentences()


@dataclass(frozen=True, slots=True)
class Stored:
    """The tables of a deployment, read by their fields in `aws.tables.Tables`, a page at a time."""

    client: Any
    name_of: Callable[[str], str]

    def scan(self, table: str) -> Iterator[Item]:
        """All items."""
        pages = self.client.get_paginator("scan").paginate(TableName=self.name_of(table))
        return (item for page in pages for item in page["Items"])

    def count(self, table: str) -> int:
        """How many items there are. The local AWS knows at every moment; Amazon's looks every six hours."""
        return int(self.client.describe_table(TableName=self.name_of(table))["Table"]["ItemCount"])

    def get_many(self, table: str, key: str, values: list[str]) -> dict[str, Item]:
        """Items by the value of their key."""
        found = Table(self.client, self.name_of(table)).get_many({key: {"S": value}} for value in values)
        return {text(item, key): item for item in found}


@dataclass(slots=True)
class Indices:
    """Status indices seen so far: a bit each, whatever their number."""

    lists: dict[str, bytearray] = field(default_factory=dict)

    def take(self, uri: str, index: int) -> bool:
        """Whether an index is seen for the first time."""
        seen = self.lists.setdefault(uri, bytearray(LIST // 8))
        place, bit = index >> 3, 1 << (index & 7)
        new = not seen[place] & bit
        seen[place] |= bit
        return new


@dataclass(frozen=True, slots=True)
class StoreCheck:
    """What a launch over an empty deployment has to have left in its tables.

    The ledger is walked a hundred rows at a time: from the row to its vehicle, to the certificate that the vehicle
    refers to, to the record of what was meant to be signed. A certificate counts at the row that has caused it, so
    each counts once, also where a vehicle has several rows. That there is nothing besides, the sizes of the tables
    say: a vehicle refers to one certificate, and there are no more certificates than vehicles that refer to one.
    Nothing is held but a batch of rows and a bit for each status index.
    """

    stored: Stored
    keys: KeySet
    base_url: str
    now: int
    shown: Callable[[str, int, int], None] = lambda _what, _done, _all: None

    def wrong(self, ledger: Path, issued: int, vehicles: int) -> list[str]:
        """Sentences about what is not as it has to be."""
        wrong, indices = Wrong(), Indices()
        counted = done = 0
        with ledger.open("rb") as file:
            for rows in batches(vins_of(file), GET_LIMIT):
                counted += self._rows(wrong, indices, rows)
                done += len(rows)
                self.shown("rows checked", min(done, vehicles), vehicles)
        wrong.same("active certificates at the rows that have caused them", counted, issued)
        wrong.same("certificates", self.stored.count("certificates"), issued)
        wrong.same("vehicles", self.stored.count("vehicles"), vehicles)
        intents = self.stored.count("issuances")
        wrong.unless(intents >= issued, "there are fewer issuance records than certificates")
        if intents > issued:
            self._intents(wrong, intents)
        return wrong.sentences()

    def _rows(self, wrong: Wrong, indices: Indices, rows: list[tuple[int, str]]) -> int:
        """How many certificates these rows have caused."""
        vins = list({vin for _, vin in rows})
        vehicles = self.stored.get_many("vehicles", "vin", vins)
        current = {vin: id_ for vin, item in vehicles.items() if (id_ := vehicle_record(item).current)}
        certificates = self.stored.get_many("certificates", "certificate_id", list(current.values()))
        intents = self.stored.get_many("issuances", "certificate_id", list(current.values()))
        caused = 0
        for offset, vin in rows:
            if vin not in current:
                continue
            item, intent = certificates.get(current[vin]), intents.get(current[vin])
            if item is None:
                wrong.unless(False, "a vehicle refers to no certificate")
                continue
            certificate = certificate_of(item)
            if certificate.issuance.cause.trigger.endswith(f":{offset}"):
                caused += 1
                wrong.unless(certificate.issuance.vin == vin, "a certificate is another vehicle's")
                self._certificate(wrong, indices, certificate, stored_issuance(intent) if intent else None)
        return caused

    def _certificate(
        self, wrong: Wrong, indices: Indices, certificate: Certificate, intent: Issuance | None
    ) -> None:
        try:
            verdict = judge(verify(code_text(self.base_url, certificate.data), self.keys), self.now, None)
        except Forged as error:
            verdict = Verdict.FORGED
            wrong.unless(False, f"a certificate does not verify: {error}")
        wrong.unless(verdict == Verdict.VALID, f"a certificate is {verdict} to the verifier")
        wrong.unless(certificate.status == "active", f"a certificate is {certificate.status}")
        wrong.unless(certificate.issuance == intent, "a certificate is not what was meant to be signed")
        claims = certificate.claims
        wrong.unless(indices.take(claims.status_uri, claims.status_idx), "a status index is used twice")

    def _intents(self, wrong: Wrong, intents: int) -> None:
        """All indices once more where a crash has left records that nothing was signed for. (Reads the whole table,
        which takes the local AWS seconds a page when it is large.)"""
        indices = Indices()
        for done, item in enumerate(self.stored.scan("issuances"), start=1):
            claims = stored_issuance(item).claims
            if not done % GET_LIMIT:
                self.shown("issuance records checked", done, intents)
            wrong.unless(indices.take(claims.status_uri, claims.status_idx), "a status index is used twice")


def vins_of(lines: Iterable[bytes]) -> Iterator[tuple[int, str]]:
    """Offset and VIN of each line of a ledger that names one, whatever else is wrong with it."""
    offset = 0
    for line in lines:
        if found := VIN.search(line):
            yield offset, found[1].decode()
        offset += len(line)


def expected_of(ledger: Path) -> dict[str, Any]:
    """What the generator says about a ledger."""
    text = ledger.with_name(ledger.name + ".expected.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document
