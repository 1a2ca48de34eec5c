"""Further steps in the lives of some sample certificates, so that every verdict can be tried."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
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


def stores(operator: Operator, outputs: Mapping[str, str]) -> tuple[DynamoVehicles, DynamoCertificates]:
    """The deployment's own stores, reached as its operator."""
    names = {field.name: outputs.get(f"{field.name.capitalize()}TableName", "") for field in fields(Tables)}
    client, tables = operator.client("dynamodb"), Tables(**names)
    return DynamoVehicles(client, tables), DynamoCertificates(client, tables)


@dataclass(frozen=True, slots=True)
class Life:
    """Changes the state of sample certificates, as an operator."""

    operator: Operator
    outputs: Mapping[str, str]

    def certificate_of(self, vin: str) -> Certificate | None:
        """The certificate that a vehicle refers to."""
        vehicles, certificates = stores(self.operator, self.outputs)
        record = vehicles.get(vin)
        return certificates.get(record.current) if record and record.current else None

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
        vehicles = stores(self.operator, self.outputs)[0]
        record, certificate = vehicles.get(scenario.vin), self.certificate_of(scenario.vin)
        if record is None or certificate is None:
            return None
        why = "sample of this state"
        change = VehicleChange(
            record.registered,
            hold=Hold(at=now, actor=ACTOR, reason=why),
            at=now,
            by=ACTOR,
            steps=(certificate.step(status, at=now, by=ACTOR, why=why),),
        )
        vehicles.change(record, change)
        return certificate.certificate_id
