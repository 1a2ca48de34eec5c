"""What police ask beyond a single code: a vehicle by its plate, and what each answer leaves in the audit trail."""

from __future__ import annotations

from dataclasses import dataclass

from jianbiao.domain.reports import Registered
from jianbiao.errors import Unavailable
from jianbiao.ports import Certificates, Issuances, Vehicles
from jianbiao.records import Certificate, VehicleRecord
from jianbiao.services.verify import Finding, Verifier


@dataclass(frozen=True, slots=True)
class Sight:
    """A vehicle found by its plate. Both are None for a plate that no vehicle bears; the finding alone where the
    vehicle has no certificate."""

    registered: Registered | None
    finding: Finding | None


@dataclass(frozen=True, slots=True)
class PoliceDesk:
    """Verification with the vehicle's state. Reads only."""

    verifier: Verifier
    vehicles: Vehicles
    certificates: Certificates
    issuances: Issuances

    def look_up(self, plate_class: str, plate: str) -> Sight:
        """The vehicle that bears a plate (canonical form) now, with the finding on its certificate.

        Raises Unavailable: without the store there is nothing to be said about a plate.
        """
        vin = self.vehicles.vin_of_plate(plate_class, plate)
        record = self.vehicles.get(vin) if vin else None
        if record is None:
            return Sight(None, None)
        vehicle = record.registered.vehicle
        if (vehicle.plate_class, vehicle.plate) != (plate_class, plate):
            return Sight(None, None)  # a pointer left over from a plate that has moved on
        certificate = self._newest(record)
        finding = self.verifier.verify_stored(certificate.data) if certificate else None
        return Sight(record.registered, finding)

    def vehicles_of(self, findings: list[Finding]) -> dict[str, Registered]:
        """The vehicles of certificates that the store knows, by certificate id. Where the store does not answer
        there are none: a verdict does not wait for them."""
        known = [f.certificate for f in findings if f.certificate]
        if not known:
            return {}
        try:
            records = self.vehicles.get_many(c.issuance.vin for c in known)
        except Unavailable:
            return {}
        return {
            c.certificate_id: records[c.issuance.vin].registered for c in known if c.issuance.vin in records
        }

    def _newest(self, record: VehicleRecord) -> Certificate | None:
        """The vehicle's newest certificate. One that is reserved and not signed yet leaves the one it is going to
        replace in force; one that was voided before it was signed is none."""
        if record.current is None:
            return None
        certificate = self.certificates.get(record.current)
        if certificate is None:
            issuance = self.issuances.get(record.current)
            older = issuance.supersedes if issuance else None
            certificate = self.certificates.get(older) if older else None
        return certificate if certificate and certificate.data else None
