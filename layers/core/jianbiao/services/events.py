"""Applying one registry event.

1. *Register*, 2. *issue* and 3. *withdraw* are the steps of `services.registrar`: where an event of the vehicle issues
   at once (channels 1 and 3), the certificate must say what the register says now; `services.issue` makes a new one
   where it does not.
4. *Note* how the event ended, for whoever reads it back.

An event that comes twice changes nothing in 1, finds its certificate in 2, and its outcome in 4. A crash between
any two steps leaves the event `queued`, and its message comes again. Events of one vehicle may be applied at the
same time and in any order: the vehicle's record decides who was first, and the outcome is that of their order of
occurrence, since step 1 replays them in that order and step 2 goes by what the replay gives.
"""

from __future__ import annotations

from dataclasses import dataclass

from jianbiao.domain.certificate import differs
from jianbiao.domain.eligibility import Entitlement
from jianbiao.domain.events import Event, event_of
from jianbiao.domain.policy import Policy
from jianbiao.domain.reasons import Reason
from jianbiao.domain.register import Registered, add
from jianbiao.errors import Refusal
from jianbiao.ports import Policies
from jianbiao.records import Cause, VehicleRecord
from jianbiao.services.registrar import Registrar
from jianbiao.services.registry import VEHICLE_UNKNOWN, EventState, EventStore, Outcome, StoredEvent


@dataclass(frozen=True, slots=True)
class EventWorker:
    """Applies events. One instance serves any number of them; it keeps no state of its own."""

    registrar: Registrar
    policies: Policies
    events: EventStore

    def apply(self, event_id: str) -> Outcome | None:
        """Apply an event that was stored; None where there is none (its retention is over).

        Raises Unavailable, IssuedWrong: apply it again.
        """
        stored = self.events.get(event_id)
        if stored is None:
            return None
        if stored.outcome.state is not EventState.QUEUED:
            return stored.outcome
        event, policy = event_of(stored.body), self.policies.current()
        report = event.report(policy)
        # 1. Register.
        record = self.registrar.register(
            event.vin,
            lambda known: add(known, report, policy),
            policy,
            by=stored.sent_by,
            state=str(event.facts.get("state", "")),
        )
        outcome = self._issue(record, event, policy, stored)
        # 4. Note. The event itself comes last: once it is noted, its message does nothing more.
        now = self.registrar.issuer.clock()
        if report.full:
            for waited in _others(record.registered, event):
                self.events.finish(waited, outcome, now)
        self.events.finish(event_id, outcome, now)
        return outcome

    # 2. and 3.

    def _issue(self, record: VehicleRecord, event: Event, policy: Policy, stored: StoredEvent) -> Outcome:
        known = record.registered
        if not known.known:
            return Outcome(EventState.REFUSED, reason=VEHICLE_UNKNOWN)
        here = event.inspection is None or event.inspection.division == known.vehicle.division
        waits = event.issues and here
        if known.issues <= known.ends:
            self.registrar.withdraw(record, by=stored.sent_by)
            return Outcome(EventState.APPLIED)

        def decide(read: VehicleRecord) -> Entitlement:
            return self.entitle(read, policy)

        channel = event.report(policy).channel if waits else known.channel
        cause = Cause(channel, f"event:{event.id}", stored.sent_by)
        try:
            issued = self.registrar.issuer.issue(record, decide, cause, needs=differs)
        except Refusal as refusal:
            self.registrar.withdraw(record, by=stored.sent_by)
            if waits:
                return Outcome(EventState.REFUSED, reason=str(refusal.reason))
            return Outcome(EventState.APPLIED)
        id_ = issued.certificate.certificate_id
        return Outcome(EventState.APPLIED, id_ if waits or issued.created else None)

    def entitle(self, read: VehicleRecord, policy: Policy) -> Entitlement:
        """What events entitle a vehicle to, as read; raises Refusal."""
        if read.registered.issues <= read.registered.ends:
            # A state that ends certificates was reported meanwhile.
            raise Refusal(Reason.STATE_BLOCKED)
        return self.registrar.entitle(read, policy)


def _others(known: Registered, event: Event) -> list[str]:
    """Ids of the events that the vehicle has besides this one; they may have waited for it."""
    return [id_ for _, id_ in (r.stamp for r in known.history) if id_ != event.id and "\0" not in id_]
