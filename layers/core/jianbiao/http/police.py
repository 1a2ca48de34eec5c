"""Police routes: verdict and vehicle state, each call on record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jianbiao.domain.register import Registered
from jianbiao.errors import Unavailable
from jianbiao.http.answers import police_finding
from jianbiao.http.auth import client_id
from jianbiao.http.edge import Logger, Request, Response, Route
from jianbiao.ports import Audit, Policies, Vehicles
from jianbiao.services.verify import Finding, Verifier


def routes(
    *, verifier: Verifier, vehicles: Vehicles, policies: Policies, audit: Audit, logger: Logger
) -> Mapping[str, Route]:
    """Route key → function."""

    def verify(request: Request) -> Response:
        body = request.body("PoliceVerifyRequest")
        finding = verifier.verify(body["code"])
        entry = {
            "action": "verify",
            "client": client_id(request),
            "officer_ref": body["officer_ref"],
            "terminal_id": body["terminal_id"],
            "verdict": str(finding.verdict),
            "reason": str(finding.reason) if finding.reason else None,
        }
        record_scan(finding, entry)
        return Response(200, police_finding(finding, registered(finding), policies.current()))

    def registered(finding: Finding) -> Registered | None:
        """The vehicle of the certificate, where the store answers; the verdict does not wait for it."""
        if finding.certificate is None:
            return None
        try:
            record = vehicles.get(finding.certificate.issuance.vin)
        except Unavailable:
            return None
        return record.registered if record else None

    def record_scan(finding: Finding, entry: dict[str, Any]) -> None:
        id_ = finding.certificate.certificate_id if finding.certificate else "none"
        try:
            audit.record(f"certificate#{id_}", finding.checked_at, entry)
        except Unavailable:
            # The roadside does not wait for the archive: the line below is an alarm (docs/decisions.md).
            logger.exception("audit record lost", extra={"alarm": "audit-lost"})

    return {"POST /v1/police/verify": verify}
