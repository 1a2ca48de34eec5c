"""What the API says about certificates, vehicles and findings: who sees which fields is decided here alone."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from jianbiao import metrics
from jianbiao.domain.policy import Policy
from jianbiao.domain.times import day_of, last_valid_day, rfc3339
from jianbiao.records import Certificate
from jianbiao.services.verify import Finding
from jianbiao.wire.claims import Claims
from jianbiao.wire.ids import certificate_id
from jianbiao.wire.reasons import Verdict

if TYPE_CHECKING:
    from jianbiao.citizen_records import Share
    from jianbiao.domain.reports import Registered
    from jianbiao.services.police import Sight

VIN_TAIL = 4
"""Characters of the VIN that police see."""


def peer_finding(finding: Finding, policy: Policy) -> dict[str, Any]:
    """The answer of `POST /v1/verify`: all that a stranger may see."""
    checked = finding.status_checked != "none"
    return {
        "verdict": str(finding.verdict),
        "reason": str(finding.reason) if finding.reason else None,
        "status_checked": finding.status_checked,
        "status_as_of": rfc3339(finding.status_as_of) if finding.status_as_of is not None else None,
        "checked_at": rfc3339(finding.checked_at),
        "certificate": certificate_face(finding.claims, policy) if finding.claims else None,
        "message": policy.verdict_text(finding.verdict, checked=checked),
    }


def counted(finding: Finding, count: metrics.Count) -> Finding:
    """The finding, once `count` is told of it."""
    count(metrics.VERIFIED, finding.verdict)
    if finding.verdict is not Verdict.FORGED and finding.status_checked != "store":
        count(metrics.DEGRADED, finding.status_checked)
    return finding


def certificate_face(claims: Claims, policy: Policy) -> dict[str, Any]:
    """What stands on the face of a certificate."""
    return {
        "certificate_id": certificate_id(claims.cti),
        "plate": claims.plate,
        "plate_class": policy.coded("plate_classes", claims.plate_class).as_json(),
        "vehicle_type": policy.coded("vehicle_types", claims.vehicle_type).as_json(),
        "valid_until": last_valid_day(claims.exp).isoformat(),
        "issued_at": rfc3339(claims.iat),
        "issuer": policy.issuer(claims.iss).as_json(),
    }


def police_finding(finding: Finding, registered: Registered | None, policy: Policy) -> dict[str, Any]:
    """The answer of `POST /v1/police/verify`: the peer's, with the reason, the vehicle and the period it is in."""
    today = day_of(finding.checked_at)
    until = registered.vehicle.valid_until if registered else None
    if until is None and finding.claims and finding.verdict is not Verdict.FORGED:
        until = last_valid_day(finding.claims.exp)
    return {
        **peer_finding(finding, policy),
        "vehicle": police_vehicle(registered, policy) if registered else None,
        "inspection": inspection(until, today),
        "enforcement_note": policy.enforcement_note,
    }


def plate_sight(sight: Sight, policy: Policy, now: int) -> dict[str, Any]:
    """The answer of `POST /v1/police/lookup`: the view of a scan, as far as there is a vehicle and a certificate."""
    if sight.finding is not None:
        return police_finding(sight.finding, sight.registered, policy)
    registered = sight.registered
    return {
        "verdict": None,
        "reason": None,
        "status_checked": "store",
        "status_as_of": rfc3339(now),
        "checked_at": rfc3339(now),
        "certificate": None,
        "message": None,
        "vehicle": police_vehicle(registered, policy) if registered else None,
        "inspection": inspection(registered.vehicle.valid_until, day_of(now)) if registered else None,
        "enforcement_note": policy.enforcement_note,
    }


def inspection(valid_until: date | None, today: date) -> str | None:
    """`in_period` or `expired`; None where neither the register nor a certificate says."""
    if valid_until is None:
        return None
    return "in_period" if today <= valid_until else "expired"


def police_vehicle(registered: Registered, policy: Policy) -> dict[str, Any]:
    """What police see of a vehicle."""
    v = registered.vehicle
    colour = policy.colours(v.colour)
    return {
        "state": [policy.coded("states", letter).as_json() for letter in v.state],
        "alerts": [alert.as_json() for alert in policy.alerts(v.state)],
        "vehicle_type": policy.coded("vehicle_types", v.vehicle_type).as_json(),
        "use": policy.coded("uses", v.use).as_json(),
        "colour": colour.as_json() if colour else None,
        "vin_tail": v.vin[-VIN_TAIL:],
        "seats": v.seats,
        "state_as_of": rfc3339(registered.as_of),
    }


def own_certificate(certificate: Certificate, code: str, policy: Policy, now: int) -> dict[str, Any]:
    """A certificate as its owner sees it, with its code and its state as of now."""
    issuance = certificate.issuance
    return {
        **certificate_face(certificate.claims, policy),
        "use": policy.coded("uses", certificate.claims.use).as_json(),
        "code": code,
        "status": certificate_status(certificate, now),
        "status_as_of": rfc3339(now),
        "supersedes": issuance.supersedes,
        "rule_id": issuance.rule_id,
        "policy_version": issuance.policy_version,
        "legal_effect": policy.legal_effect,
    }


def certificate_status(certificate: Certificate, now: int) -> str:
    """The state as of now: the date comes before what is stored, as in a verdict."""
    return "expired" if now >= certificate.claims.exp else certificate.status


def share_link(share: Share, now: int, *, own: bool) -> dict[str, Any]:
    """A share link in a list: the token is not stored and cannot be shown again. `own`: made by who looks; the
    owner of a vehicle sees those of bound persons, too."""
    state = (
        "withdrawn" if share.withdrawn_at is not None else "expired" if now >= share.expires_at else "open"
    )
    return {
        "share_id": share.share_id,
        "own": own,
        "status": state,
        "created_at": rfc3339(share.created_at),
        "expires_at": rfc3339(share.expires_at),
        "withdrawn_at": rfc3339(share.withdrawn_at) if share.withdrawn_at is not None else None,
        "views": share.views,
    }
