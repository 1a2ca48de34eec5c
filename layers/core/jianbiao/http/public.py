"""Public routes: verification by anyone, the page behind a scanned code, and what verifiers need."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from jianbiao.errors import JianbiaoError, NotACode, Unavailable
from jianbiao.http.answers import peer_finding
from jianbiao.http.edge import Request, Response, Route, html
from jianbiao.http.notices import NoticePages, language
from jianbiao.ports import Policies
from jianbiao.services.verify import Verifier


class Pages(NoticePages, Protocol):
    """The pages that a person meets here (`jianbiao_render.pages`)."""

    def verdict_page(
        self, answer: Mapping[str, Any], lang: str, page_url: str, *, notice: str | None = None
    ) -> str:
        """The answer of `POST /v1/verify` for people."""

    def not_a_code_page(self, lang: str, *, notice: str | None = None) -> str:
        """What to do when the text is no code."""


def routes(
    *,
    verifier: Verifier,
    policies: Policies,
    key_document: Callable[[], bytes],
    openapi: Callable[[], str],
    pages: Pages,
    start_page: Callable[[str], str],
    notice: str | None,
) -> Mapping[str, Route]:
    """Route key → function. `start_page` takes the language; `notice` marks what is not production."""

    def verify(request: Request) -> Response:
        code = request.body("VerifyRequest")["code"]
        return Response(200, peer_finding(verifier.verify(code), policies.current()))

    def page(request: Request) -> Response:
        answer = peer_finding(verifier.verify(request.path["code"]), policies.current())
        return html(pages.verdict_page(answer, language(pages, request), "", notice=notice), csp=pages.csp())

    def jwks(request: Request) -> Response:
        return cacheable(request, key_document().decode(), "application/jwk-set+json", seconds=300)

    def document(request: Request) -> Response:
        return cacheable(request, openapi(), "application/json", seconds=300)

    def start(request: Request) -> Response:
        return html(start_page(language(pages, request)), csp=pages.csp())

    return {
        "POST /v1/verify": verify,
        "GET /V/{code}": page,
        "GET /v/{code}": page,
        "GET /.well-known/jwks.json": jwks,
        "GET /openapi.json": document,
        "GET /": start,
    }


def cacheable(request: Request, text: str, content_type: str, *, seconds: int) -> Response:
    """A document that may be kept, with a strong ETag (RFC 9110)."""
    etag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
    headers = {
        "etag": etag,
        "cache-control": f"public, max-age={seconds}",
        "access-control-allow-origin": "*",
    }
    known = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    if etag in known:
        return Response(304, None, headers)
    return Response(200, text, {"content-type": content_type, **headers})


def error_page(pages: Pages, notice: str | None) -> Callable[[JianbiaoError, Request], Response | None]:
    """People who have scanned a code get a page, also when there is nothing to show."""

    def page(error: JianbiaoError, request: Request) -> Response | None:
        if request.route not in {"GET /V/{code}", "GET /v/{code}"}:
            return None
        lang = language(pages, request)
        if isinstance(error, NotACode):
            return html(pages.not_a_code_page(lang, notice=notice), 400, csp=pages.csp())
        if isinstance(error, Unavailable):
            return html(pages.gone_page("unavailable", lang, notice=notice), 503, csp=pages.csp())
        return None

    return page
