"""Routes of the administrators: certificates and holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jianbiao.domain import vin as vins
from jianbiao.domain.certificate import State
from jianbiao.domain.policy import Policy
from jianbiao.domain.times import rfc3339
from jianbiao.errors import FieldError, InvalidInput
from jianbiao.http.answers import certificate_face, certificate_status
from jianbiao.http.auth import actor, client_id
from jianbiao.http.edge import Request, Response, Route
from jianbiao.ports import Audit, Clock, Policies
from jianbiao.records import AuditEntry, HoldStep, Step, VehicleRecord
from jianbiao.services.admin import AdminDesk, History
from jianbiao.services.audit import RETENTION, of_actor, of_certificate


def routes(*, desk: AdminDesk, policies: Policies, audit: Audit, clock: Clock) -> Mapping[str, Route]:
    """Route key → function."""

    def revocation(request: Request) -> Response:
        body = request.body("RevocationRequest")
        kind = State(body["kind"])
        history = desk.stop(request.path["id"], kind, reason=body["reason"], actor=body["actor"])
        return Response(200, admin_certificate(history, policies.current(), clock()))

    def reinstatement(request: Request) -> Response:
        body = request.body("ReasonRequest")
        history = desk.reinstate(request.path["id"], reason=body["reason"], actor=body["actor"])
        return Response(200, admin_certificate(history, policies.current(), clock()))

    def lift(request: Request) -> Response:
        body = request.body("LiftRequest")
        try:
            vin = vins.normalise(body["vin"])
        except ValueError as error:
            raise InvalidInput(FieldError("/vin", str(error))) from error
        record = desk.lift(vin, reason=body["reason"], actor=body["actor"])
        return Response(200, {"vin": vin, **holds(record)})

    def history(request: Request) -> Response:
        by = actor(request)
        policy = policies.current()
        found = desk.history(request.path["id"])
        id_ = found.certificate.certificate_id
        # On record before it is shown: without the trail there is no look.
        read = AuditEntry(
            at=clock(),
            action="admin-read",
            by=by,
            client=client_id(request),
            subjects=(of_certificate(id_), of_actor(by)),
            detail={"certificate_id": id_},
            keep_days=policy.retention_days[RETENTION],
        )
        audit.record([read])
        return Response(200, admin_certificate(found, policy, clock()))

    return {
        "POST /v1/admin/certificates/{id}/revocation": revocation,
        "POST /v1/admin/certificates/{id}/reinstatement": reinstatement,
        "POST /v1/admin/holds/lift": lift,
        "GET /v1/admin/certificates/{id}": history,
    }


def admin_certificate(history: History, policy: Policy, now: int) -> dict[str, Any]:
    """A certificate with all that is known of it: how it came to be, its whole life, its vehicle's holds."""
    certificate, record = history.certificate, history.record
    issuance, vehicle = certificate.issuance, record.registered.vehicle
    return {
        **certificate_face(certificate.claims, policy),
        "use": policy.coded("uses", certificate.claims.use).as_json(),
        "status": certificate_status(certificate, now),
        "status_as_of": rfc3339(now),
        "signed": bool(certificate.data),
        "life": [_step(step) for step in certificate.life],
        "issuance": {
            "channel": issuance.cause.channel,
            "trigger": issuance.cause.trigger,
            "actor": issuance.cause.actor,
            "rule_id": issuance.rule_id,
            "policy_version": issuance.policy_version,
            "transition": issuance.transition,
            "supersedes": issuance.supersedes,
            "kid": issuance.kid.hex(),
            "status_list": {
                "uri": certificate.claims.status_uri,
                "idx": certificate.claims.status_idx,
            },
        },
        "newest": record.current == certificate.certificate_id,
        "vin": vehicle.vin,
        "paper_mark_number": vehicle.paper_mark_number or None,
        **holds(record),
    }


def holds(record: VehicleRecord) -> dict[str, Any]:
    """The hold on a vehicle, and every one that there was."""
    hold = record.hold
    return {
        "hold": hold and {"at": rfc3339(hold.at), "by": hold.actor, "why": hold.reason},
        "holds": [_hold_step(step) for step in record.hold_steps],
    }


def _step(step: Step) -> dict[str, str]:
    return {"status": step.status, "at": rfc3339(step.at), "by": step.by, "why": step.why}


def _hold_step(step: HoldStep) -> dict[str, str]:
    return {
        "step": "held" if step.held else "lifted",
        "at": rfc3339(step.at),
        "by": step.by,
        "why": step.why,
    }
