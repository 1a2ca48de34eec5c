"""What a citizen sees of the vehicles that she owns or that are bound to her, and of their certificates."""

from __future__ import annotations

from dataclasses import dataclass

from jianbiao.domain.bindings import BindingState
from jianbiao.domain.certificate import State
from jianbiao.domain.eligibility import Person, Possibilities, check_reading, what_can_be_done
from jianbiao.domain.insurance import insurance_of
from jianbiao.domain.policy import Policy
from jianbiao.domain.times import day_of
from jianbiao.errors import Refusal
from jianbiao.ports import Bindings, Certificates, Clock, Keys, Vehicles
from jianbiao.records import Certificate, VehicleRecord
from jianbiao.services.access import believed
from jianbiao.services.bindings import Relation
from jianbiao.services.paging import chained


@dataclass(frozen=True, slots=True)
class ListedVehicle:
    """A vehicle with its certificate and what can be done for it now."""

    record: VehicleRecord
    relation: Relation
    certificate: Certificate | None
    possibilities: Possibilities


@dataclass(frozen=True, slots=True)
class CitizenDesk:
    """Lists of a person's vehicles and certificates, page by page."""

    vehicles: Vehicles
    certificates: Certificates
    bindings: Bindings
    clock: Clock
    keys: Keys

    def my_vehicles(
        self, person: Person, policy: Policy, *, limit: int, after: str | None
    ) -> tuple[list[ListedVehicle], str | None]:
        """A page of the person's own vehicles in the order of their VINs, then of those bound to her in the order
        of their bindings, and where the next page starts."""
        today = day_of(self.clock())
        page = []
        records, following = self._records(person, limit, after)
        found = self._signed([r.current for r, _ in records if r.current])
        for record, relation in records:
            certificate = found.get(record.current or "")
            active = certificate.facts if certificate and certificate.status == State.ACTIVE else None
            insurance, tax_paid_until = insurance_of(record.registered)
            possibilities = what_can_be_done(
                policy,
                record.registered.vehicle,
                person=person,
                held=record.hold is not None,
                insurance=insurance,
                tax_paid_until=tax_paid_until,
                active=active,
                on=today,
            )
            page.append(ListedVehicle(record, relation, certificate, possibilities))
        return page, following

    def my_certificates(
        self, person: Person, policy: Policy, *, limit: int, after: str | None
    ) -> tuple[list[Certificate], str | None]:
        """A page of the newest certificates of own and bound vehicles; those that the person's division may not
        read are left out."""
        records, following = self._records(person, limit, after)
        readable = []
        for record, _ in records:
            try:
                check_reading(policy, record.registered.vehicle, person, day_of(self.clock()))
            except Refusal:
                continue
            if record.current:
                readable.append(record.current)
        found = self._signed(readable)
        return [found[id_] for id_ in readable if id_ in found], following

    def _signed(self, certificate_ids: list[str]) -> dict[str, Certificate]:
        """Certificates by id as whoever verifies them finds them, without issuances that were voided before they were
        signed."""
        found = self.certificates.get_many(certificate_ids)
        if not found:
            return {}
        published = self.keys.current().published
        return {id_: believed(certificate, published) for id_, certificate in found.items() if certificate.data}

    def _records(
        self, person: Person, limit: int, after: str | None
    ) -> tuple[list[tuple[VehicleRecord, Relation]], str | None]:
        ref = person.person_ref

        def own(room: int, key: str | None) -> tuple[list[tuple[VehicleRecord, Relation]], str | None]:
            vins, following = self.vehicles.of_owner(ref, limit=room, after=key)
            found = self.vehicles.get_many(vins)
            records = [found[vin] for vin in vins if vin in found]
            # The index follows the table by a moment: a vehicle that has just been sold may still be in it.
            kept = [r for r in records if r.registered.vehicle.owner_ref == ref]
            return [(record, Relation.OWNER) for record in kept], following

        def bound(room: int, key: str | None) -> tuple[list[tuple[VehicleRecord, Relation]], str | None]:
            bindings, following = self.bindings.of_person(ref, limit=room, after=key)
            found = self.vehicles.get_many([binding.vin for binding in bindings])
            now = self.clock()
            kept = [
                found[binding.vin]
                for binding in bindings
                if binding.vin in found
                and binding.state(now, found[binding.vin].registered.vehicle.owner_ref)
                is BindingState.APPROVED
            ]
            return [(record, Relation.BOUND) for record in kept], following

        return chained({"o": own, "b": bound}, limit, after)
