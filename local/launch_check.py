"""What a launch has to have made of a ledger, checked on everything that is stored.

Each check returns sentences about what is wrong; none of them decides anything itself: the ledger's make-up is the
generator's, and certificates are judged by the verifier that terminals use, from their bytes and the published keys.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jianbiao.aws.certificates import certificate_of
from jianbiao.aws.dynamo import GET_LIMIT, Item, Table, batches, text
from jianbiao.aws.indices import LIST
from jianbiao.aws.issuances import stored_issuance
from jianbiao.aws.vehicles import vehicle_record
from jianbiao.errors import Forged
from jianbiao.records import Issuance
from jianbiao.services.ledger_run import Accounts
from jianbiao.wire.jb1 import code_text
from jianbiao.wire.keys import KeySet
from jianbiao.wire.reasons import Verdict
from jianbiao.wire.verify import judge, verify


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
        """How many items there are."""
        pages = self.client.get_paginator("scan").paginate(TableName=self.name_of(table), Select="COUNT")
        return sum(page["Count"] for page in pages)

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

    Nothing is held but a page: every certificate is looked at beside the vehicle that it is of and the record of what
    was meant to be signed. A vehicle refers to one certificate, so where each certificate is the one that its vehicle
    refers to, no vehicle has two; that none is missing, the numbers say.
    """

    stored: Stored
    keys: KeySet
    base_url: str
    now: int
    shown: Callable[[int, int], None] = lambda _done, _all: None

    def wrong(self, issued: int, vehicles: int) -> list[str]:
        """Sentences about what is not as it has to be."""
        wrong = Wrong()
        wrong.same("active certificates", self._certificates(wrong, issued), issued)
        wrong.unless(self._intents(wrong) >= issued, "there are fewer issuance records than certificates")
        wrong.same("vehicles", self.stored.count("vehicles"), vehicles)
        return wrong.sentences()

    def _certificates(self, wrong: Wrong, issued: int) -> int:
        """Every certificate by the offline verifier; how many there are."""
        done = 0
        for items in batches(self.stored.scan("certificates"), GET_LIMIT):
            ids = [text(item, "certificate_id") for item in items]
            vehicles = self.stored.get_many("vehicles", "vin", list({text(item, "vin") for item in items}))
            intents = self.stored.get_many("issuances", "certificate_id", ids)
            for id_, item in zip(ids, items, strict=True):
                intent = intents.get(id_)
                self._certificate(wrong, item, stored_issuance(intent) if intent else None)
                vehicle = vehicles.get(text(item, "vin"))
                current = vehicle_record(vehicle).current if vehicle else None
                wrong.unless(current == id_, "a certificate is not the one that its vehicle refers to")
            done += len(items)
            self.shown(done, issued)
        return done

    def _certificate(self, wrong: Wrong, item: Item, intent: Issuance | None) -> None:
        certificate = certificate_of(item)
        try:
            verdict = judge(verify(code_text(self.base_url, certificate.data), self.keys), self.now, None)
        except Forged as error:
            verdict = Verdict.FORGED
            wrong.unless(False, f"a certificate does not verify: {error}")
        wrong.unless(verdict == Verdict.VALID, f"a certificate is {verdict} to the verifier")
        wrong.unless(certificate.status == "active", f"a certificate is {certificate.status}")
        wrong.unless(certificate.issuance == intent, "a certificate is not what was meant to be signed")

    def _intents(self, wrong: Wrong) -> int:
        """Every issuance record, those that nothing was signed for, too; how many there are."""
        indices, done = Indices(), 0
        for item in self.stored.scan("issuances"):
            claims = stored_issuance(item).claims
            wrong.unless(indices.take(claims.status_uri, claims.status_idx), "a status index is used twice")
            done += 1
        return done


def expected_of(ledger: Path) -> dict[str, Any]:
    """What the generator says about a ledger."""
    text = ledger.with_name(ledger.name + ".expected.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document
