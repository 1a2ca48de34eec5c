"""Files and share links: the citizen's calls, and the page that a link opens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from jianbiao.citizen_records import Share
from jianbiao.domain.eligibility import Person
from jianbiao.domain.policy import Policy
from jianbiao.domain.times import rfc3339
from jianbiao.errors import Conflict, FieldError, Gone, InvalidInput, JianbiaoError, NotFound, Unavailable
from jianbiao.http.answers import share_link
from jianbiao.http.auth import citizen
from jianbiao.http.edge import Request, Response, Route
from jianbiao.http.notices import NoticePages, language
from jianbiao.http.notices import page as sent
from jianbiao.ports import Clock, Policies
from jianbiao.records import Certificate, VehicleRecord
from jianbiao.services.access import Access
from jianbiao.services.share import Rendering, ShareDesk


class ShareView(Protocol):
    """Draws the page of a share link (`jianbiao_render.certificates`)."""

    def __call__(
        self, share: Share, certificate: Certificate, policy: Policy, *, lang: str, page_url: str, now: int
    ) -> str:
        """The page, in HTML."""


def routes(
    *,
    desk: ShareDesk,
    access: Access,
    policies: Policies,
    clock: Clock,
    base_url: str,
    renderings: Mapping[str, Rendering],
    share_view: ShareView,
    pages: NoticePages,
) -> Mapping[str, Route]:
    """Route key → function. `renderings` by format."""

    def file(request: Request) -> Response:
        certificate, _, _ = readable(request)
        return redirect(certificate, request)

    def create(request: Request) -> Response:
        certificate, record, person = readable(request)
        hours = request.body("ShareRequest")["expires_in_hours"]
        share, token = desk.create(certificate, record, by=person.person_ref, hours=hours)
        answer = {
            "share_id": share.share_id,
            "url": f"{base_url}/s/{token}",
            "expires_at": rfc3339(share.expires_at),
        }
        return Response(201, answer)

    def shares(request: Request) -> Response:
        certificate, record, person = readable(request)
        found = desk.seen_by(certificate, person.person_ref, record)
        shown = [share_link(share, clock(), own=share.created_by == person.person_ref) for share in found]
        return Response(200, {"shares": shown})

    def withdraw(request: Request) -> Response:
        certificate, record, person = readable(request)
        desk.withdraw(certificate, record, request.path["share_id"], by=person.person_ref)
        return Response(204)

    def view(request: Request) -> Response:
        share, certificate = desk.open(request.path["token"])
        if "format" in request.query:
            return redirect(certificate, request)
        desk.shares.count_view(share.token_hash)
        page = share_view(
            share,
            certificate,
            policies.current(),
            lang=language(pages, request),
            page_url=f"/s/{request.path['token']}",
            now=clock(),
        )
        return sent(request, page, pages.headers())

    def readable(request: Request) -> tuple[Certificate, VehicleRecord, Person]:
        policy = policies.current()
        person = citizen(request, policy)
        certificate, record = access.certificate(person, policy, request.path["id"])
        return certificate, record, person

    def redirect(certificate: Certificate, request: Request) -> Response:
        format_ = request.query.get("format", "pdf")
        if format_ not in renderings:
            raise InvalidInput(FieldError("/format", f"one of {', '.join(renderings)}"))
        url = desk.file_url(certificate, policies.current(), format_, renderings[format_])
        return Response(303, None, {"location": url})

    return {
        "GET /v1/certificates/{id}/file": file,
        "POST /v1/certificates/{id}/shares": create,
        "GET /v1/certificates/{id}/shares": shares,
        "DELETE /v1/certificates/{id}/shares/{share_id}": withdraw,
        "GET /s/{token}": view,
    }


_NOTICES: dict[type[JianbiaoError], tuple[int, str]] = {
    Gone: (410, ""),
    NotFound: (404, "not-found"),
    Conflict: (409, "suspended"),
    InvalidInput: (422, "no-such-format"),
    Unavailable: (503, "unavailable"),
}
"""Status and notice of an error at a share link; an empty notice is the error's own code."""


def error_page(pages: NoticePages, notice: str | None) -> Callable[[JianbiaoError, Request], Response | None]:
    """Whoever opens a link gets a page, also when there is nothing to show."""

    def page(error: JianbiaoError, request: Request) -> Response | None:
        if request.route != "GET /s/{token}":
            return None
        known = next((k for kind, k in _NOTICES.items() if isinstance(error, kind)), None)
        if known is None:
            return None
        status, code = known
        notice_page = pages.gone_page(code or error.code, language(pages, request), notice=notice)
        return sent(request, notice_page, pages.headers(), status)

    return page
