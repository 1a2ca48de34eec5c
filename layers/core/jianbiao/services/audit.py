"""What the audit trail is searched by, and the search itself, which leaves its own entry first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jianbiao.domain.policy import Policy
from jianbiao.ports import Audit, AuditTrail, Clock
from jianbiao.records import AuditEntry

RETENTION = "police_audit"
"""Name of the retention period in the policy, in days."""


def of_certificate(certificate_id: str) -> str:
    """Subject of all that concerns a certificate."""
    return f"certificate#{certificate_id}"


def of_plate(plate_class: str, plate: str) -> str:
    """Subject of all that concerns a plate. It is in clear: the trail is a store of its own, and what it is for is
    to be searched by plate; no log and no object key has it."""
    return f"plate#{plate_class}#{plate}"


def of_terminal(terminal_id: str) -> str:
    """Subject of all that a terminal has asked."""
    return f"terminal#{terminal_id}"


def of_actor(actor: str) -> str:
    """Subject of all that an administrator has read."""
    return f"actor#{actor}"


@dataclass(frozen=True, slots=True)
class AuditDesk:
    """Searches the trail for an administrator."""

    audit: Audit
    trail: AuditTrail
    clock: Clock

    def query(
        self,
        subject: str,
        policy: Policy,
        *,
        actor: str,
        client: str,
        since: int,
        until: int,
        limit: int,
        after: str | None,
    ) -> tuple[Sequence[AuditEntry], str | None]:
        """A page of the entries under `subject`. The search is on record before anything is shown: under the same
        subject, so that whoever searches later sees it, and under the actor's. Raises Unavailable."""
        asked = AuditEntry(
            at=self.clock(),
            action="audit-query",
            by=actor,
            client=client,
            subjects=(subject, of_actor(actor)),
            detail={"subject": subject},
            keep_days=policy.retention_days[RETENTION],
        )
        self.audit.record([asked])
        return self.trail.entries(subject, since=since, until=until, limit=limit, after=after)
