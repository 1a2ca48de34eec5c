"""Issuing: from an entitlement to one signed, stored certificate.

1. *Prepare*: settle what an earlier attempt left behind, and see whether the vehicle needs a new certificate.
2. *Reserve*: fix id, index and times, and store them as the vehicle's current issuance, conditionally. From here
   on there is one payload, whoever finishes it.
3. *Sign*: KMS signs that payload. Signing it again after a crash is a retry, not a second certificate.
4. *Check*: decode the bytes again, verify the signature with the published key, compare with what was meant.
5. *Commit*: store the certificate and, in the same transaction, supersede the one it replaces.

A crash after 2 leaves a reservation without a certificate; the next caller finds it in step 1 and goes on with 3.
A crash after 3 leaves a signature that nobody has; the next caller signs the same payload again.

The caller has to decide the entitlement (domain.eligibility) and to read the vehicle before; `issue` reads it
again itself when somebody else was first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from jianbiao.domain.certificate import CertificateFacts, State, is_terminal, needs_new
from jianbiao.domain.eligibility import Entitlement, facts
from jianbiao.domain.reasons import Reason
from jianbiao.domain.register import Registered
from jianbiao.domain.times import end_of_day
from jianbiao.domain.vehicle import Vehicle
from jianbiao.errors import Refusal, Unavailable
from jianbiao.ports import (
    Certificates,
    Clock,
    Indices,
    Issuances,
    Keys,
    Random,
    Signer,
    SigningKeys,
    Stale,
    Vehicles,
)
from jianbiao.records import Cause, Certificate, Issuance, Step, VehicleRecord
from jianbiao.wire import jb1
from jianbiao.wire.claims import Claims
from jianbiao.wire.verify import verify_certificate

ATTEMPTS = 5
"""Tries to reserve before a caller is told to come back; each failed one means that another caller got ahead."""


class IssuedWrong(Exception):
    """A signature came back that does not verify, or a payload that does not say what was meant: a defect or a
    fault of the signing service. Nothing was stored."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The vehicle's certificate, and whether this call made it."""

    certificate: Certificate
    created: bool


Decide = Callable[[VehicleRecord], Entitlement]
"""Entitlement of a vehicle as just read; raises Refusal."""

Needs = Callable[[CertificateFacts | None, CertificateFacts], bool]
"""Whether a certificate for the second has to be issued where the first is active (domain.certificate)."""

Extend = Callable[[Registered, Entitlement], Registered]
"""The register facts once the vehicle has what it is entitled to."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """Issues certificates. One instance serves any number of vehicles; it keeps no state of its own."""

    deployment: str
    vehicles: Vehicles
    certificates: Certificates
    issuances: Issuances
    indices: Indices
    signer: Signer
    keys: Keys
    clock: Clock
    random: Random

    def issue(
        self,
        record: VehicleRecord,
        decide: Decide,
        cause: Cause,
        extend: Extend | None = None,
        needs: Needs = needs_new,
    ) -> Outcome:
        """The certificate that `decide` entitles the vehicle to: the active one where `needs` finds that it will do.

        `extend` adds to the register facts what follows from the decision; it is stored in the same transaction.
        Raises Refusal (from `decide`, or `hold`), Unavailable, IssuedWrong.
        """
        for attempt in range(ATTEMPTS):
            if attempt:
                record = self._read_again(record)
            entitlement = decide(record)
            known = extend(record.registered, entitlement) if extend else record.registered
            # 1. Prepare.
            present = self.settle(record)
            try:
                if (
                    present
                    and present.status == State.ACTIVE
                    and not self.compromised(present.issuance.kid)
                    and not needs(present.facts, facts(known.vehicle, entitlement))
                ):
                    if known != record.registered:
                        self.vehicles.update(record, known)
                    return Outcome(present, created=False)
                ends = present.certificate_id if present and present.unfinished(self.clock()) else None
                (index,) = self.indices.take(1)
                issuance = self.prepare(known.vehicle, entitlement, cause, index, supersedes=ends)
                # 2. Reserve.
                record = self.vehicles.reserve(record, issuance, known)
            except Stale:
                continue
            # 3. to 5.
            certificate = self.settle(record)
            # One that was voided or stopped between 2. and 5. is no answer: the next round says why.
            if certificate is not None and certificate.status == State.ACTIVE:
                return Outcome(certificate, created=certificate.certificate_id == issuance.certificate_id)
        raise Unavailable("the vehicle's record keeps changing", retry_after=2)

    def prepare(
        self,
        vehicle: Vehicle,
        entitlement: Entitlement,
        cause: Cause,
        index: tuple[int, int],
        *,
        supersedes: str | None,
        signing: SigningKeys | None = None,
    ) -> Issuance:
        """What is to be signed for the vehicle: everything that the payload depends on, fixed now."""
        list_number, status_idx = index
        claims = Claims(
            iss=vehicle.division,
            exp=end_of_day(entitlement.valid_until),
            iat=self.clock(),
            cti=self.random(16),
            status_idx=status_idx,
            status_uri=f"urn:jianbiao:{self.deployment}:{list_number}",
            plate=vehicle.plate,
            plate_class=vehicle.plate_class,
            vehicle_type=vehicle.vehicle_type,
            use=vehicle.use,
        )
        return Issuance(
            claims=claims,
            kid=(signing or self.keys.current()).active_kid,
            vin=vehicle.vin,
            cause=cause,
            rule_id=entitlement.rule_id,
            policy_version=entitlement.policy_version,
            transition=entitlement.transition,
            supersedes=supersedes,
        )

    def sign(self, issuance: Issuance) -> Certificate:
        """Steps 3 and 4. Raises Unavailable, IssuedWrong."""
        payload = jb1.payload_bytes(issuance.claims)
        kid, published = issuance.kid, self.keys.current().published
        profile = published.profile(kid)
        # 3. Sign: nothing reaches KMS that does not decode to what is meant.
        if jb1.decode_payload(payload) != issuance.claims:
            raise IssuedWrong("payload does not decode to its claims")
        der = self.signer.sign(kid, jb1.to_be_signed(kid, payload, profile))
        data = jb1.certificate_bytes(kid, payload, profile.raw_from_der(der), profile)
        # 4. Check: by the verifier that terminals use.
        verified = verify_certificate(data, published)
        if verified.claims != issuance.claims:
            raise IssuedWrong("certificate does not verify to its claims")
        begun = Step("active", self.clock(), issuance.cause.actor, issuance.cause.trigger)
        return Certificate(issuance, data, (begun,))

    def settle(self, record: VehicleRecord) -> Certificate | None:
        """The certificate of the vehicle's current issuance; finishes it where a crash left it unfinished.

        None where the vehicle has none, or where its reservation can no longer be signed because its key was
        compromised: it is then replaced like any other. Raises Refusal(hold), Unavailable, IssuedWrong.
        """
        if record.current is None:
            return None
        if found := self.certificates.get(record.current):
            return found
        issuance = self.issuances.get(record.current)
        if issuance is None:
            raise Unavailable("the issuance record is not readable yet", retry_after=1)
        if self.compromised(issuance.kid):
            return self.certificates.get(issuance.supersedes) if issuance.supersedes else None
        if record.hold is not None:
            raise Refusal(Reason.HOLD)
        return self._finish(issuance)

    def compromised(self, kid: bytes) -> bool:
        """Whether a key is marked so: all it signed is forged by now, and has to be issued anew."""
        return any(key.revoked_at is not None for key in self.keys.current().published.find(kid))

    def _finish(self, issuance: Issuance) -> Certificate:
        certificate = self.sign(issuance)
        ends = self.certificates.get(issuance.supersedes) if issuance.supersedes else None
        if ends is not None and is_terminal(State(ends.status)):
            ends = None
        # 5. Commit: whoever is second finds the first one's certificate and answers with that.
        try:
            self.certificates.commit(certificate, supersedes=ends)
        except Stale:
            stored = self.certificates.get(issuance.certificate_id)
            if stored is None:
                raise Unavailable("the certificate to be replaced is changing", retry_after=1) from None
            return stored
        return certificate

    def _read_again(self, record: VehicleRecord) -> VehicleRecord:
        found = self.vehicles.get(record.registered.vehicle.vin)
        if found is None:
            raise Unavailable("the vehicle's record is not readable yet", retry_after=1)
        return found
