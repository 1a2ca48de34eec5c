"""Applications of citizens.

1. The vehicle must be the person's (`services.access`: not-bound).
2. The rules decide (`domain.eligibility`), and the issuer issues what they entitle to.
"""

from __future__ import annotations

from dataclasses import dataclass

from jianbiao.domain.eligibility import Entitlement, Person, entitle_current
from jianbiao.domain.policy import Policy
from jianbiao.domain.times import day_of
from jianbiao.records import Cause, VehicleRecord
from jianbiao.services.access import Access
from jianbiao.services.issue import Issuer, Outcome

CURRENT_CHANNEL = 4
"""product.md: already within its inspection period; pulled when the owner first asks."""


@dataclass(frozen=True, slots=True)
class ApplicationDesk:
    """Where citizens apply."""

    access: Access
    issuer: Issuer

    def current(
        self, person: Person, policy: Policy, plate_class: str, plate: str, request_id: str
    ) -> Outcome:
        """The certificate for the period the vehicle is in. Raises Refusal, Unavailable."""
        record = self.access.vehicle(person, plate_class, plate)
        today = day_of(self.issuer.clock())

        def decide(read: VehicleRecord) -> Entitlement:
            held = read.hold is not None
            return entitle_current(policy, read.registered.vehicle, person=person, held=held, on=today)

        cause = Cause(CURRENT_CHANNEL, f"application:{request_id}", person.person_ref)
        return self.issuer.issue(record, decide, cause)
