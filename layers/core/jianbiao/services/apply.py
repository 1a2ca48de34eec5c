"""Applications of citizens.

1. The vehicle must be the person's own or bound to her; a claim is the owner's (`services.access`: not-bound).
2. The rules decide (`domain.eligibility`). A decision on a claim is kept with its grounds before anything is issued.
3. The issuer issues what they entitle to. After a claim the vehicle's own end of validity is the new one, stored in
   the transaction that reserves the certificate, so that later applications find the vehicle in its new period.

A crash after 3's reservation leaves the vehicle in its new period with a certificate that is not signed yet. The same
claim sent again, by the same application or within a day, is recognised by that reservation and finishes it: it is not
a claim of yet another period.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from jianbiao.citizen_records import Decision
from jianbiao.domain.eligibility import Entitlement, Person, entitle_claim, entitle_current
from jianbiao.domain.insurance import insurance_of
from jianbiao.domain.policy import Policy
from jianbiao.domain.reasons import Reason
from jianbiao.domain.register import Registered, merge
from jianbiao.domain.times import day_of, last_valid_day
from jianbiao.domain.vehicle import Vehicle
from jianbiao.errors import Refusal
from jianbiao.ports import Decisions
from jianbiao.records import Cause, Issuance, VehicleRecord
from jianbiao.services.access import Access
from jianbiao.services.issue import Issuer, Outcome

CLAIM = 2
"""Channels of product.md. 2: the owner claims the next period of an exempt vehicle."""
IN_PERIOD = 4
"""4: already within its inspection period; pulled when the owner first asks."""
REPLACEMENT = 5
"""5: there was a certificate for this period and plate already, which ended before its time."""
ELSEWHERE = 6
"""6: inspected in another division; generated when the owner asks for it."""

AGAIN = 86_400
"""Seconds in which a claim that would be refused is answered as the repetition of the one that succeeded."""


@dataclass(frozen=True, slots=True)
class ApplicationDesk:
    """Where citizens apply."""

    access: Access
    issuer: Issuer
    decisions: Decisions

    def current(
        self, person: Person, policy: Policy, plate_class: str, plate: str, application_id: str
    ) -> Outcome:
        """The certificate for the period the vehicle is in. Raises Refusal, Unavailable."""
        record = self.access.vehicle(person, plate_class, plate)
        today = day_of(self.issuer.clock())

        def decide(read: VehicleRecord) -> Entitlement:
            held = read.hold is not None
            return entitle_current(policy, read.registered.vehicle, person=person, held=held, on=today)

        cause = Cause(self._channel(record), _trigger(application_id), person.person_ref)
        return self.issuer.issue(
            record, decide, cause, extend=lambda known, _granted: known.with_application()
        )

    def claim(
        self, person: Person, policy: Policy, plate_class: str, plate: str, application_id: str
    ) -> Outcome:
        """The certificate for the next period of an exempt vehicle. Raises Refusal, Unavailable."""
        record = self.access.vehicle(person, plate_class, plate)
        if record.registered.vehicle.owner_ref != person.person_ref:
            raise Refusal(Reason.NOT_BOUND)
        cause = Cause(CLAIM, _trigger(application_id), person.person_ref)
        claim = _Claim(self, person, policy, application_id)
        before = self._last_claim(record, cause)
        if before is not None and before.cause == cause:
            claim.granted = _entitlement(before)
        elif before is not None:
            claim.repeats = _entitlement(before)
        return self.issuer.issue(record, claim.decide, cause, extend=claim.extend)

    def _channel(self, record: VehicleRecord) -> int:
        if record.registered.elsewhere:
            return ELSEWHERE
        issuance = self.issuer.issuances.get(record.current) if record.current else None
        if issuance is None:
            return IN_PERIOD
        c, v = issuance.claims, record.registered.vehicle
        same = (last_valid_day(c.exp), c.plate, c.plate_class) == (v.valid_until, v.plate, v.plate_class)
        return REPLACEMENT if same else IN_PERIOD

    def _last_claim(self, record: VehicleRecord, cause: Cause) -> Issuance | None:
        """The vehicle's newest issuance, if it is this application's own, or a claim of the same person within a
        day, and the vehicle is in its period."""
        issuance = self.issuer.issuances.get(record.current) if record.current else None
        if issuance is None or issuance.cause.channel != CLAIM or issuance.cause.actor != cause.actor:
            return None
        if last_valid_day(issuance.claims.exp) != record.registered.vehicle.valid_until:
            return None
        recent = self.issuer.clock() - issuance.claims.iat < AGAIN
        return issuance if issuance.cause == cause or recent else None


class _Claim:
    """One claim while it is being decided; the issuer may ask again when somebody else was first."""

    def __init__(self, desk: ApplicationDesk, person: Person, policy: Policy, application_id: str) -> None:
        self._desk, self._person, self._policy = desk, person, policy
        self._application_id = application_id
        self._now = desk.issuer.clock()
        self.granted: Entitlement | None = None
        """What this claim was granted already: not to be decided again once the vehicle has it."""
        self.repeats: Entitlement | None = None
        """What an earlier claim was granted: the answer where a new one would come too early."""

    def decide(self, read: VehicleRecord) -> Entitlement:
        """The entitlement of the vehicle as read. Raises Refusal."""
        vehicle, held = read.registered.vehicle, read.hold is not None
        if self.granted is not None and self.granted.valid_until == vehicle.valid_until:
            return self._still(self.granted, vehicle, held=held)
        insurance, tax_paid_until = insurance_of(read.registered)
        grounds = {
            "policy_version": str(self._policy.version),
            "valid_until": _text(vehicle.valid_until),
            "insured_until": _text(insurance.to_day if insurance else vehicle.insured_until),
            "insurance": "policy" if insurance else "ledger" if vehicle.insured_until else "none",
            "tax_paid_until": _text(tax_paid_until),
        }
        try:
            granted = entitle_claim(
                self._policy,
                vehicle,
                person=self._person,
                held=held,
                insurance=insurance,
                tax_paid_until=tax_paid_until,
                on=day_of(self._now),
            )
        except Refusal as refusal:
            early = refusal.reason in {Reason.WINDOW_NOT_OPEN, Reason.ONSITE_INSPECTION_DUE}
            if early and self.repeats is not None and self.repeats.valid_until == vehicle.valid_until:
                return self._still(self.repeats, vehicle, held=held)
            self._keep(vehicle, str(refusal.reason), grounds | refusal.extras)
            raise
        self._keep(
            vehicle,
            "",
            grounds
            | {
                "rule_id": granted.rule_id,
                "granted_until": granted.valid_until.isoformat(),
                "transition": str(granted.transition).lower(),
            },
        )
        self.granted = granted
        return granted

    def extend(self, known: Registered, entitlement: Entitlement) -> Registered:
        """The vehicle in its new period."""
        if known.vehicle.valid_until == entitlement.valid_until:
            return known
        # Newer than whatever set the old end, also where that one's clock was ahead of ours.
        at = max(self._now, known.stamp_of("valid_until")[0] + 1)
        stamp = (at, f"claim:{self._application_id}")
        return merge(known, {"valid_until": entitlement.valid_until}, stamp, self._policy)

    def _still(self, entitlement: Entitlement, vehicle: Vehicle, *, held: bool) -> Entitlement:
        """What was granted, if the vehicle may have it still: a hold or a state may have come since."""
        entitle_current(self._policy, vehicle, person=self._person, held=held, on=day_of(self._now))
        return entitlement

    def _keep(self, vehicle: Vehicle, reason: str, grounds: dict[str, str]) -> None:
        random = self._desk.issuer.random(8).hex()
        self._desk.decisions.record(
            Decision(
                decision_id=f"{self._now:012d}-{random}",
                vin=vehicle.vin,
                at=self._now,
                by=self._person.person_ref,
                application_id=self._application_id,
                granted=not reason,
                reason=reason,
                grounds={name: value for name, value in grounds.items() if value},
                keep=self._policy.keep("decisions"),
            )
        )


def attributed(outcome: Outcome, application_id: str) -> Outcome:
    """The outcome of an application that may have been made before: `created` also where an earlier attempt of the
    same one made the certificate."""
    own = outcome.certificate.issuance.cause.trigger == _trigger(application_id)
    return replace(outcome, created=outcome.created or own)


def _trigger(application_id: str) -> str:
    return f"application:{application_id}"


def _entitlement(issuance: Issuance) -> Entitlement:
    return Entitlement(
        last_valid_day(issuance.claims.exp), issuance.rule_id, issuance.policy_version, issuance.transition
    )


def _text(day: object) -> str:
    return str(day) if day is not None else ""
