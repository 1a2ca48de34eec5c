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
from jianbiao.aws.issuances import stored_issuance
from jianbiao.aws.vehicles import vehicle_record
from jianbiao.services.ledger_run import Accounts
from jianbiao.wire.jb1 import code_text
from jianbiao.wire.keys import KeySet
from jianbiao.wire.reasons import Verdict
from jianbiao.wire.verify import judge, verify

Scan = Callable[[str], Iterator[dict[str, Any]]]
"""All items of a table, by its field in `aws.tables.Tables`."""


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


def check_store(scan: Scan, keys: KeySet, base_url: str, now: int, issued: int, vehicles: int) -> list[str]:
    """Every certificate by the offline verifier; one active certificate for each eligible vehicle; no index twice."""
    wrong = Wrong()
    active: dict[str, str] = {}
    ids: set[str] = set()
    for item in scan("certificates"):
        certificate = certificate_of(item)
        issuance = certificate.issuance
        verified = verify(code_text(base_url, certificate.data), keys)
        wrong.unless(judge(verified, now, None) == Verdict.VALID, "a certificate is not valid")
        wrong.unless(verified.claims == issuance.claims, "a certificate says something else than its record")
        wrong.unless(certificate.status == "active", f"a certificate is {certificate.status}")
        wrong.unless(issuance.vin not in active, "a vehicle has two active certificates")
        active[issuance.vin] = certificate.certificate_id
        ids.add(certificate.certificate_id)
    wrong.same("active certificates", len(active), issued)
    indices: set[tuple[str, int]] = set()
    intents = 0
    for item in scan("issuances"):
        issuance = stored_issuance(item)
        intents += 1
        place = (issuance.claims.status_uri, issuance.claims.status_idx)
        wrong.unless(place not in indices, "a status index is used twice")
        indices.add(place)
        ids.discard(issuance.certificate_id)
    wrong.same("certificates without an issuance record", len(ids), 0)
    wrong.unless(intents >= issued, "there are fewer issuance records than certificates")
    stored = 0
    for item in scan("vehicles"):
        record = vehicle_record(item)
        stored += 1
        vehicle = record.registered.vehicle
        wrong.unless(
            record.current == active.pop(vehicle.vin, None), "a vehicle refers to no active certificate"
        )
    wrong.same("vehicles", stored, vehicles)
    wrong.same("certificates without a vehicle", len(active), 0)
    return wrong.sentences()


def expected_of(ledger: Path) -> dict[str, Any]:
    """What the generator says about a ledger."""
    text = ledger.with_name(ledger.name + ".expected.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document
