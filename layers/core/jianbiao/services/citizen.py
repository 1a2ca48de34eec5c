"""What a citizen sees of her vehicles and certificates."""

from __future__ import annotations

from dataclasses import dataclass

from jianbiao.domain.certificate import State
from jianbiao.domain.eligibility import Person, Possibilities, check_reading, what_can_be_done
from jianbiao.domain.policy import Policy
from jianbiao.domain.times import day_of
from jianbiao.errors import Refusal
from jianbiao.ports import Certificates, Clock, Vehicles
from jianbiao.records import Certificate, VehicleRecord


@dataclass(frozen=True, slots=True)
class OwnVehicle:
    """A vehicle with its certificate and what can be done for it now."""

    record: VehicleRecord
    certificate: Certificate | None
    possibilities: Possibilities


@dataclass(frozen=True, slots=True)
class CitizenDesk:
    """Lists of a person's vehicles and certificates, page by page."""

    vehicles: Vehicles
    certificates: Certificates
    clock: Clock

    def own_vehicles(
        self, person: Person, policy: Policy, *, limit: int, after: str | None
    ) -> tuple[list[OwnVehicle], str | None]:
        """A page of the person's vehicles in the order of their VINs, and where the next page starts."""
        today = day_of(self.clock())
        page = []
        records, following = self._records(person, limit, after)
        found = self.certificates.get_many([r.current for r in records if r.current])
        for record in records:
            certificate = found.get(record.current or "")
            active = certificate.facts if certificate and certificate.status == State.ACTIVE else None
            possibilities = what_can_be_done(
                policy,
                record.registered.vehicle,
                person=person,
                held=record.hold is not None,
                insurance=None,
                tax_paid_until=None,
                active=active,
                on=today,
            )
            page.append(OwnVehicle(record, certificate, possibilities))
        return page, following

    def own_certificates(
        self, person: Person, policy: Policy, *, limit: int, after: str | None
    ) -> tuple[list[Certificate], str | None]:
        """A page of the newest certificates of the person's vehicles; those that the person's division may not
        read are left out."""
        records, following = self._records(person, limit, after)
        readable = []
        for record in records:
            try:
                check_reading(policy, record.registered.vehicle, person, day_of(self.clock()))
            except Refusal:
                continue
            if record.current:
                readable.append(record.current)
        found = self.certificates.get_many(readable)
        return [found[id_] for id_ in readable if id_ in found], following

    def _records(
        self, person: Person, limit: int, after: str | None
    ) -> tuple[list[VehicleRecord], str | None]:
        vins, following = self.vehicles.of_owner(person.person_ref, limit=limit, after=after)
        found = self.vehicles.get_many(vins)
        # The index follows the table by a moment: a vehicle that has just been sold may still be in it.
        own = [found[vin] for vin in vins if vin in found]
        return [r for r in own if r.registered.vehicle.owner_ref == person.person_ref], following
