"""Police routes: verdict and vehicle state, each call on record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jianbiao import metrics
from jianbiao.domain import plates
from jianbiao.domain.times import rfc3339
from jianbiao.errors import FieldError, InvalidInput, Unavailable
from jianbiao.http.answers import counted, peer_finding, plate_sight, police_finding
from jianbiao.http.auth import client_id
from jianbiao.http.edge import Logger, Request, Response, Route
from jianbiao.http.instants import instant
from jianbiao.ports import Audit, Clock, Policies
from jianbiao.records import AuditEntry
from jianbiao.services.audit import RETENTION, of_certificate, of_plate, of_terminal
from jianbiao.services.police import PoliceDesk
from jianbiao.services.verify import Finding, Scan
from jianbiao.wire.ids import certificate_id

MAX_BATCH_BODY = 512 * 1024
"""100 codes of the longest length that is a code (wire format 1), with room for the rest."""


def routes(
    *,
    desk: PoliceDesk,
    policies: Policies,
    audit: Audit,
    clock: Clock,
    logger: Logger,
    count: metrics.Count,
) -> Mapping[str, Route]:
    """Route key → function. `count` is told each verdict, and of audit records that are lost."""

    def verify(request: Request) -> Response:
        body = request.body("PoliceVerifyRequest")
        finding = counted(desk.verifier.verify(body["code"]), count)
        policy = policies.current()
        vehicles = desk.vehicles_of([finding])
        record(request, [_entry("verify", request, body, finding, policy.retention_days[RETENTION])])
        return Response(200, police_finding(finding, _vehicle(vehicles, finding), policy))

    def verify_batch(request: Request) -> Response:
        body = request.body("PoliceBatchRequest", MAX_BATCH_BODY)
        moments = [
            instant(scan["scanned_at"], f"/scans/{i}/scanned_at") for i, scan in enumerate(body["scans"])
        ]
        codes = [scan["code"] for scan in body["scans"]]
        scans = desk.verifier.verify_scans(list(zip(codes, moments, strict=True)))
        found = [counted(scan.now, count) for scan in scans if scan]
        policy = policies.current()
        vehicles = desk.vehicles_of(found)
        keep = policy.retention_days[RETENTION]
        record(
            request,
            [
                _entry("verify-batch", request, body, scan.now, keep, _scanned(scan, moment))
                for scan, moment in zip(scans, moments, strict=True)
                if scan
            ],
        )
        answers = [
            {
                "scanned_at": rfc3339(moment),
                "problem": None if scan else "not-a-code",
                "as_of_scan": scan and peer_finding(scan.then, policy),
                "as_of_now": scan and police_finding(scan.now, _vehicle(vehicles, scan.now), policy),
            }
            for scan, moment in zip(scans, moments, strict=True)
        ]
        return Response(200, {"results": answers})

    def look_up(request: Request) -> Response:
        body = request.body("PoliceLookupRequest")
        try:
            plate = plates.normalise(body["plate"], body["plate_class"])
        except ValueError as error:
            raise InvalidInput(FieldError("/plate", str(error))) from error
        sight = desk.look_up(body["plate_class"], plate)
        policy = policies.current()
        keep = policy.retention_days[RETENTION]
        asked = of_plate(body["plate_class"], plate)
        record(
            request,
            [_entry("lookup", request, body, sight.finding, keep, {"known": bool(sight.registered)}, asked)],
        )
        return Response(200, plate_sight(sight, policy, clock()))

    def _entry(
        action: str,
        request: Request,
        body: Mapping[str, Any],
        finding: Finding | None,
        keep_days: int,
        detail: Mapping[str, Any] | None = None,
        plate: str | None = None,
    ) -> AuditEntry:
        """Who asked, from where, about what, and what was said."""
        claims = finding.claims if finding else None
        id_ = certificate_id(claims.cti) if claims else None
        subjects = [of_terminal(body["terminal_id"])]
        if id_:
            subjects.append(of_certificate(id_))
        if claims and not plate:
            plate = of_plate(claims.plate_class, claims.plate)
        if plate:
            subjects.append(plate)
        said: dict[str, Any] = {
            "officer_ref": body["officer_ref"],
            "terminal_id": body["terminal_id"],
            "certificate_id": id_,
            "plate": plate.removeprefix("plate#") if plate else None,
            "verdict": str(finding.verdict) if finding else None,
            "reason": str(finding.reason) if finding and finding.reason else None,
            "status_checked": finding.status_checked if finding else None,
        }
        return AuditEntry(
            at=clock(),
            action=action,
            by=body["officer_ref"],
            client=client_id(request),
            subjects=tuple(subjects),
            detail=said | dict(detail or {}),
            keep_days=keep_days,
        )

    def record(request: Request, entries: Sequence[AuditEntry]) -> None:
        try:
            audit.record(entries)
        except Unavailable:
            # The roadside does not wait for the archive: the line below is an alarm (docs/decisions.md).
            logger.exception(
                "audit record lost", extra={"alarm": "audit-lost", "request_id": request.request_id}
            )
            count(metrics.AUDIT_FAILED, entries[0].action)

    return {
        "POST /v1/police/verify": verify,
        "POST /v1/police/verify/batch": verify_batch,
        "POST /v1/police/lookup": look_up,
    }


def _scanned(scan: Scan, moment: int) -> dict[str, Any]:
    return {"scanned_at": rfc3339(moment), "verdict_as_of_scan": str(scan.then.verdict)}


def _vehicle(vehicles: Mapping[str, Any], finding: Finding) -> Any:
    return vehicles.get(finding.certificate.certificate_id) if finding.certificate else None
