"""Further steps in the lives of some sample certificates, so that every verdict can be tried."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jianbiao.aws.certificates import DynamoCertificates
from jianbiao.aws.tables import Tables
from jianbiao.aws.vehicles import DynamoVehicles
from jianbiao.domain.times import rfc3339
from jianbiao.records import Certificate, Hold, VehicleChange
from local.clients import Operator
from local.ledger_scenarios import Scenario
from local.loading import Loader

FLEET = "one of a company's fleet"
ACTOR = "local-sample"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The sample vehicles that get a further step, by VIN."""

    superseded: Scenario
    suspended: Scenario
    revoked: Scenario


def choose(scenarios: tuple[Scenario, ...]) -> Chosen:
    """Three cars of the company's fleet; its other vehicles stay as they are."""
    cars = [s for s in scenarios if s.why == FLEET and s.row["cllx"] == "K33"]
    return Chosen(*cars[:3])


@dataclass(frozen=True, slots=True)
class Life:
    """Changes the state of sample certificates, as an operator."""

    operator: Operator
    outputs: Mapping[str, str]

    def certificate_of(self, vin: str) -> Certificate | None:
        """The certificate that a vehicle refers to."""
        record = self._vehicles().get(vin)
        return self._certificates().get(record.current) if record and record.current else None

    def supersede(self, scenario: Scenario, as_of: int, place: Path) -> str | None:
        """Report another vehicle type in a second ledger; returns the id of the certificate that ends by it."""
        before = self.certificate_of(scenario.vin)
        ledger = place / "changed.jsonl"
        ledger.write_text(
            json.dumps(scenario.row | {"cllx": "K31"}, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        Loader(self.operator, self.outputs).load(ledger, rfc3339(as_of), lambda _done, _rows: None)
        after = self.certificate_of(scenario.vin)
        return (
            before.certificate_id
            if before and after and before.certificate_id != after.certificate_id
            else None
        )

    def end(self, scenario: Scenario, status: str, now: int) -> str | None:
        """Suspend or revoke for cause: the certificate's step and the hold on the vehicle, in one transaction."""
        record = self._vehicles().get(scenario.vin)
        certificate = self.certificate_of(scenario.vin)
        if record is None or certificate is None or certificate.status == status:
            return certificate.certificate_id if certificate else None
        why = "sample of this state"
        after = certificate.step(status, at=now, by=ACTOR, why=why)
        change = VehicleChange(record.registered, Hold(now, ACTOR, why), now, ACTOR, steps=(after,))
        self._vehicles().change(record, change)
        return certificate.certificate_id

    def _certificates(self) -> DynamoCertificates:
        return DynamoCertificates(self.operator.client("dynamodb"), self._tables())

    def _vehicles(self) -> DynamoVehicles:
        return DynamoVehicles(self.operator.client("dynamodb"), self._tables())

    def _tables(self) -> Tables:
        return Tables(
            vehicles=self.outputs["VehiclesTableName"],
            plates=self.outputs["PlatesTableName"],
            certificates=self.outputs["CertificatesTableName"],
            statuses=self.outputs["StatusesTableName"],
        )
