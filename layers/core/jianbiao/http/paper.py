"""The owner's routes of a paper mark."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jianbiao.citizen_records import PaperRequest
from jianbiao.domain.policy import Policy
from jianbiao.domain.times import rfc3339
from jianbiao.http.auth import citizen
from jianbiao.http.edge import Request, Response, Route
from jianbiao.ports import Policies
from jianbiao.records import Certificate, VehicleRecord
from jianbiao.services.access import Access
from jianbiao.services.paper import PaperDesk


def routes(*, desk: PaperDesk, access: Access, policies: Policies) -> Mapping[str, Route]:
    """Route key → function."""

    def own(request: Request) -> tuple[Certificate, VehicleRecord, Policy, str]:
        policy = policies.current()
        person = citizen(request, policy)
        certificate, record = access.own_certificate(person, policy, request.path["id"])
        return certificate, record, policy, person.person_ref

    def ask(request: Request) -> Response:
        certificate, record, policy, _ = own(request)
        body = request.body("PaperRequest")
        made = desk.request(
            certificate, record, policy, recipient=body.get("recipient"), office=body.get("office")
        )
        return Response(201, shown_paper(made))

    def show(request: Request) -> Response:
        certificate, _, _, _ = own(request)
        return Response(200, shown_paper(desk.newest(certificate)))

    def cancel(request: Request) -> Response:
        certificate, _, _, person_ref = own(request)
        desk.cancel(certificate, by=person_ref)
        return Response(204)

    return {
        "POST /v1/certificates/{id}/paper": ask,
        "GET /v1/certificates/{id}/paper": show,
        "DELETE /v1/certificates/{id}/paper": cancel,
    }


def shown_paper(paper: PaperRequest) -> dict[str, Any]:
    """A request as its owner sees it: the address is sealed, and nobody but the office can read it."""
    return {
        "request_id": paper.request_id,
        "certificate_id": paper.certificate_id,
        "status": str(paper.state),
        "delivery": str(paper.delivery),
        "office": paper.office,
        "requested_at": rfc3339(paper.requested_at),
        "changed_at": rfc3339(paper.life[-1].at),
    }
