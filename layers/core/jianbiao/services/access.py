"""Which vehicles and certificates a person may see: the one gate that all citizen calls go through."""

from __future__ import annotations

from dataclasses import dataclass

from jianbiao.domain.bindings import BindingState
from jianbiao.domain.certificate import State, is_terminal
from jianbiao.domain.eligibility import Person, check_reading
from jianbiao.domain.policy import Policy
from jianbiao.domain.reasons import Reason
from jianbiao.domain.times import day_of
from jianbiao.errors import Forbidden, NotFound, Refusal
from jianbiao.ports import Bindings, Certificates, Clock, Keys, Vehicles
from jianbiao.records import Certificate, VehicleRecord
from jianbiao.services.bindings import Relation
from jianbiao.wire.ids import certificate_id, parse_certificate_id
from jianbiao.wire.keys import KeySet


def believed(certificate: Certificate, published: KeySet) -> Certificate:
    """The certificate as somebody who verifies it finds it: revoked, if its key was compromised, whatever is stored.
    The vehicle's next application gets another one."""
    marks = [key.revoked_at for key in published.find(certificate.issuance.kid) if key.revoked_at is not None]
    if not marks or is_terminal(State(certificate.status)):
        return certificate
    return certificate.step(State.REVOKED, at=marks[0], by="system", why="key-compromised")


@dataclass(frozen=True, slots=True)
class Access:
    """A person's way to vehicles and certificates."""

    vehicles: Vehicles
    certificates: Certificates
    bindings: Bindings
    clock: Clock
    keys: Keys

    def vehicle(self, person: Person, plate_class: str, plate: str) -> VehicleRecord:
        """The vehicle that bears a plate, if it is the person's own or bound to her; raises Refusal(not-bound) for
        all others alike."""
        vin = self.vehicles.vin_of_plate(plate_class, plate)
        record = self.vehicles.get(vin) if vin else None
        # A pointer whose vehicle bears another plate by now is left over from a move.
        if record is None or record.registered.vehicle.plate != plate or not self.may_see(person, record):
            raise Refusal(Reason.NOT_BOUND)
        return record

    def certificate(self, person: Person, policy: Policy, text: str) -> tuple[Certificate, VehicleRecord]:
        """The certificate with an id, for a person who may read it.

        Raises NotFound for unknown ids and other people's alike, Refusal for the divisions (reasons 3 to 5).
        """
        try:
            id_ = certificate_id(parse_certificate_id(text))
        except ValueError:
            raise NotFound from None
        certificate = self.certificates.get(id_)
        record = self.vehicles.get(certificate.issuance.vin) if certificate else None
        if certificate is None or record is None or not self.may_see(person, record) or not certificate.data:
            raise NotFound  # also an issuance that was voided before it was signed: there never was a certificate
        check_reading(policy, record.registered.vehicle, person, day_of(self.clock()))
        return believed(certificate, self.keys.current().published), record

    def own_certificate(self, person: Person, policy: Policy, text: str) -> tuple[Certificate, VehicleRecord]:
        """The same for the owner alone: raises Forbidden for a bound person, who knows the certificate anyway."""
        certificate, record = self.certificate(person, policy, text)
        if record.registered.vehicle.owner_ref != person.person_ref:
            raise Forbidden
        return certificate, record

    def may_see(self, person: Person, record: VehicleRecord) -> bool:
        """Whether the person may view, download and share the vehicle's certificate: she owns it or is bound."""
        return self.relation(person, record) is not None

    def relation(self, person: Person, record: VehicleRecord) -> Relation | None:
        """What the person is to the vehicle now: a binding that has ended or expired counts at once."""
        vehicle = record.registered.vehicle
        if vehicle.owner_ref == person.person_ref:
            return Relation.OWNER
        now = self.clock()
        _, found = self.bindings.open_list(vehicle.vin)
        if any(
            binding.person_ref == person.person_ref
            and binding.state(now, vehicle.owner_ref) is BindingState.APPROVED
            for binding in found
        ):
            return Relation.BOUND
        return None
