"""The office's routes: its list of paper marks, and the steps it takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from jianbiao.domain.paper import PaperState
from jianbiao.domain.policy import Policy
from jianbiao.errors import FieldError, InvalidInput
from jianbiao.http.answers import certificate_status
from jianbiao.http.auth import client_id
from jianbiao.http.edge import Request, Response, Route
from jianbiao.http.pages import Cursor, page_of
from jianbiao.http.paper import shown_paper
from jianbiao.ports import Clock, Policies
from jianbiao.services.paper import OfficeDesk, OfficePaper

_AFTER = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}-[1-9][0-9]{0,8}@[0-9]{1,12}")
MAX_OFFICE = 64


def routes(*, desk: OfficeDesk, policies: Policies, clock: Clock) -> Mapping[str, Route]:
    """Route key → function."""

    def papers(request: Request) -> Response:
        state, office = _state(request), _office(request)
        # A list of its own for each client and question: the cursor of one is of no use in another.
        whose = f"{client_id(request)}#{state}#{office or ''}"
        page = page_of(request, whose)
        if page.after is not None and not _AFTER.fullmatch(page.after):
            raise InvalidInput(FieldError("/next", "use the `next` of the page before, as it is"))
        found, following = desk.requests(state, office, limit=page.limit, after=page.after)
        policy = policies.current()
        shown = [office_paper(each, policy, clock()) for each in found]
        return Response(200, {"papers": shown, "next": Cursor.after(following, whose)})

    def step(request: Request) -> Response:
        body = request.body("PaperStep")
        taken = desk.step(
            request.path["id"],
            PaperState(body["status"]),
            officer_ref=body["officer_ref"],
            remark=body.get("remark", ""),
        )
        return Response(200, office_paper(taken, policies.current(), clock()))

    return {"GET /v1/office/paper": papers, "PATCH /v1/office/paper/{id}": step}


def office_paper(seen: OfficePaper, policy: Policy, now: int) -> dict[str, Any]:
    """A request as the office sees it: what to print, and for whom."""
    certificate = seen.certificate
    claims = certificate.claims if certificate else None
    return {
        **shown_paper(seen.paper),
        "plate": claims.plate if claims else None,
        "plate_class": policy.coded("plate_classes", claims.plate_class).as_json() if claims else None,
        "valid_until": certificate.valid_until.isoformat() if certificate else None,
        "certificate_status": certificate_status(certificate, now) if certificate else None,
        "recipient": seen.recipient,
        "changed_by": seen.paper.life[-1].by,
        "remark": seen.paper.life[-1].why,
    }


def _state(request: Request) -> PaperState:
    text = request.query.get("status", str(PaperState.REQUESTED))
    try:
        return PaperState(text)
    except ValueError:
        raise InvalidInput(FieldError("/status", f"one of {', '.join(PaperState)}")) from None


def _office(request: Request) -> str | None:
    office = request.query.get("office")
    if office is not None and not 1 <= len(office) <= MAX_OFFICE:
        raise InvalidInput(FieldError("/office", f"1 to {MAX_OFFICE} characters"))
    return office
