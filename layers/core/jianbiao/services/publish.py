"""What the bus is told of certificates, for messages to their owners.

Notices are derived from what was stored, by the change stream of the certificate store: a certificate that is there
has its notice, and a crash in between only delays it. The stream tells everything at least once; each notice has an
id that is the same each time.

A certificate that came of a ledger row has no notice when it begins (product.md, channel 4: the app pulls it
silently); what happens to it later has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from jianbiao.domain.certificate import State
from jianbiao.domain.policy import Policy
from jianbiao.domain.times import rfc3339
from jianbiao.ports import Policies
from jianbiao.records import Certificate
from jianbiao.services.registry import PLATE_CHANGED, PLATE_TAKEN

ISSUED, SUPERSEDED, REVOKED = "CertificateIssued", "CertificateSuperseded", "CertificateRevoked"
LEDGER = "ledger:"
"""What the trigger of a certificate that came of a ledger row begins with."""
BY_OPERATOR = "operator"
"""Cause of a revocation whose reason is an operator's own words: they are not for the owner."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One entry for the bus."""

    kind: str
    """Detail type: `CertificateIssued`, `CertificateSuperseded` or `CertificateRevoked`."""
    detail: dict[str, Any]
    """`id` (the same when told again), `certificate_id`, `at`, `owner_ref` (who owns the vehicle now; null where
    nobody is known to), `channel`, `valid_until`; `superseded_by` or `cause` where it ended. No plate and no VIN:
    whoever sends the message asks our API for what the owner may see."""


class Owners(Protocol):
    """Who owns vehicles now."""

    def owners_of(self, vins: Sequence[str]) -> dict[str, str]:
        """VIN → owner; vehicles without one are left out."""


class Bus(Protocol):
    """The event bus."""

    def put(self, notices: Sequence[Notice]) -> None:
        """Publish; raises Unavailable unless the bus took all of them."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """Tells the bus."""

    owners: Owners
    bus: Bus
    policies: Policies

    def tell(self, changed: Sequence[Certificate]) -> int:
        """Publish what each certificate's newest step was; returns how many notices that were.

        Raises Unavailable: tell all of them again.
        """
        told = [certificate for certificate in changed if _kind(certificate)]
        if not told:
            return 0
        owners = self.owners.owners_of(list(dict.fromkeys(c.issuance.vin for c in told)))
        policy = self.policies.current()
        self.bus.put([notice(c, owners.get(c.issuance.vin), policy) for c in told])
        return len(told)


def channels(changed: Sequence[Certificate]) -> list[int]:
    """The channel of each certificate whose newest step is its first: those that came to be."""
    return [c.issuance.cause.channel for c in changed if c.data and len(c.life) == 1]


def notice(certificate: Certificate, owner_ref: str | None, policy: Policy) -> Notice:
    """The notice of a certificate's newest step."""
    kind, step = _kind(certificate), certificate.life[-1]
    detail: dict[str, Any] = {
        "id": f"{certificate.certificate_id}-{len(certificate.life)}",
        "certificate_id": certificate.certificate_id,
        "at": rfc3339(step.at),
        "owner_ref": owner_ref,
        "channel": certificate.issuance.cause.channel,
        "valid_until": certificate.valid_until.isoformat(),
    }
    if kind == SUPERSEDED:
        detail["superseded_by"] = step.why
    elif kind == REVOKED:
        ours = step.why in {PLATE_CHANGED, PLATE_TAKEN} or policy.has("revocation_causes", step.why)
        detail["cause"] = step.why if ours else BY_OPERATOR
    return Notice(kind, detail)


def _kind(certificate: Certificate) -> str:
    """Detail type of the newest step; empty for one that nobody is told of."""
    if not certificate.data:
        return ""  # voided before it was signed: it never was one
    status = certificate.status
    if status == State.ACTIVE and len(certificate.life) == 1:
        return "" if certificate.issuance.cause.trigger.startswith(LEDGER) else ISSUED
    return {State.SUPERSEDED: SUPERSEDED, State.REVOKED: REVOKED}.get(State(status), "")
