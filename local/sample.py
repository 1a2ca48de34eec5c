"""The data of a local deployment: a made-up ledger (or a given one), and samples of what came of it for stack.json."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from jianbiao.domain.times import rfc3339, start_of_day
from jianbiao.records import Certificate, VehicleRecord
from jianbiao.services.ledger_run import Accounts
from jianbiao.wire.jb1 import code_text
from local.clients import Operator
from local.ledger import Ledger, write
from local.ledger_scenarios import PEOPLE, Scenario, scenarios
from local.loading import Loader
from local.progress import Progress
from local.sample_codes import CodeMaker
from local.sample_life import Life, choose, stores
from local.state import State, read_json, write_json

SEED = 1
SAMPLE = "sample"
SHOWN_PER_OWNER = 40
OWNERS = {person.person_ref: name for name, person in PEOPLE.items()}
"""Owner in the ledger → name of the token."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Loads data once, and describes what is there at every start."""

    operator: Operator
    outputs: Mapping[str, str]
    base_url: str
    state: State

    def load(self, given: Path | None, count: int, as_of: date, progress: Progress) -> list[dict[str, Any]]:
        """Load what is not loaded yet; returns the samples. Raises LoadFailed."""
        record_file = self.state.data / "loaded.json"
        record: dict[str, Any] = read_json(record_file) or {"loaded": {}}
        name = hashlib.sha256(given.read_bytes()).hexdigest() if given else SAMPLE
        if name not in record["loaded"]:
            ledger = given or self._make(count, as_of, progress)
            with progress.step("Ledger to certificates"):
                accounts = Loader(self.operator, self.outputs).load(
                    ledger,
                    rfc3339(start_of_day(as_of)),
                    lambda done, rows: progress.bar("certificates from the ledger", done, rows),
                )
            _say(accounts, progress)
            record["loaded"][name] = {"as_of": as_of.isoformat(), "counts": dict(accounts.counts)}
            if not given:
                record["life"] = self._live(as_of, progress)
            write_json(record_file, record)
        return self._describe(record)

    def _make(self, count: int, as_of: date, progress: Progress) -> Path:
        file = self.state.data / "sample.jsonl"
        with progress.step(f"Making a ledger of {count:,} vehicles"):
            write(Ledger(count, SEED, as_of), file, {"seed": SEED, "as_of": as_of.isoformat()})
        return file

    def _live(self, as_of: date, progress: Progress) -> dict[str, str | None]:
        chosen, life = choose(scenarios(as_of)), Life(self.operator, self.outputs)
        now = int(time.time())
        with progress.step("Superseding, suspending and revoking a sample each"):
            return {
                "superseded": life.supersede(chosen.superseded, start_of_day(as_of) + 1, self.state.tmp),
                "suspended": life.end(chosen.suspended, "suspended", now),
                "revoked": life.end(chosen.revoked, "revoked", now),
            }

    def _describe(self, record: Mapping[str, Any]) -> list[dict[str, Any]]:
        sample = record["loaded"].get(SAMPLE)
        as_of = date.fromisoformat(sample["as_of"]) if sample else None
        known = {s.vin: s for s in scenarios(as_of)} if as_of else {}
        found = [
            self._of_vehicle(r, c, known.get(r.registered.vehicle.vin)) for r, c in self._owned(set(known))
        ]
        # The first is the citizen's own and active; then what has a certificate, by owner.
        order = [*PEOPLE, None]
        found.sort(
            key=lambda s: (s["code"] is None, not s["why"].startswith("valid"), order.index(s["owner"]))
        )
        ended = [self._of_certificate(state, id_) for state, id_ in record.get("life", {}).items() if id_]
        today = as_of or date.fromisoformat(next(iter(record["loaded"].values()))["as_of"])
        made = CodeMaker(self.operator, self.outputs, self.base_url).samples(int(time.time()), today)
        return [*found, *(s for s in ended if s["why"].startswith("superseded")), *made]

    def _owned(self, vins: set[str]) -> list[tuple[VehicleRecord, Certificate | None]]:
        """Vehicles of the sample people and of the scenarios, with the certificates they refer to."""
        vehicles, certificates = stores(self.operator, self.outputs)
        for ref in OWNERS:
            vins |= set(vehicles.of_owner(ref, limit=SHOWN_PER_OWNER, after=None)[0])
        records = vehicles.get_many(sorted(vins))
        present = certificates.get_many([r.current for r in records.values() if r.current])
        return [(record, present.get(record.current or "")) for record in records.values()]

    def _of_vehicle(
        self, record: VehicleRecord, certificate: Certificate | None, scenario: Scenario | None
    ) -> dict[str, Any]:
        vehicle = record.registered.vehicle
        told = scenario.why if scenario else "from the ledger"
        if certificate is None:
            reason = f" ({scenario.refused})" if scenario and scenario.refused else ""
            why = f"no certificate: {told}{reason}"
        else:
            now = int(time.time())
            verdict = "valid" if certificate.running(now) else certificate.status
            why = f"{verdict}: {told}" if verdict != "active" else f"expired: {told}"
        return {
            "plate_class": vehicle.plate_class,
            "plate": vehicle.plate,
            "vin": vehicle.vin,
            "certificate_id": certificate.certificate_id if certificate else None,
            "code": code_text(self.base_url, certificate.data) if certificate else None,
            "owner": OWNERS.get(vehicle.owner_ref),
            "why": why,
        }

    def _of_certificate(self, state: str, certificate_id: str) -> dict[str, Any]:
        certificate = stores(self.operator, self.outputs)[1].get(certificate_id)
        if certificate is None:
            raise KeyError(certificate_id)
        claims = certificate.claims
        return {
            "plate_class": claims.plate_class,
            "plate": claims.plate,
            "vin": certificate.issuance.vin,
            "certificate_id": certificate_id,
            "code": code_text(self.base_url, certificate.data),
            "owner": None,
            "why": f"{state}: a newer certificate of the vehicle took its place",
        }


def _say(accounts: Accounts, progress: Progress) -> None:
    counts = accounts.counts
    progress.say(
        f"          {counts['rows']:,} rows: {counts['issued']:,} issued, {counts['already']:,} already there,"
        f" {counts['refused']:,} refused, {counts['invalid']:,} invalid"
    )
