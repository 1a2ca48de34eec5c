"""Public routes: verification by anyone, the page behind a scanned code, and what verifiers need."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from jianbiao import metrics
from jianbiao.errors import JianbiaoError, NotACode, Unavailable
from jianbiao.http.answers import counted, peer_finding
from jianbiao.http.edge import Request, Response, Route
from jianbiao.http.notices import NoticePages, language
from jianbiao.http.notices import page as sent
from jianbiao.http.status_lists import StatusListShelf
from jianbiao.ports import Policies
from jianbiao.services.verify import Verifier
from jianbiao.wire.status_list import MEDIA_TYPE

LIST_SECONDS = 30
"""Seconds for which a cache on the way may keep a status list: a change has to be seen within 60 s of being made.
How long a verifier may do without asking again is the list's own ttl."""


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
    status_lists: StatusListShelf,
    openapi: Callable[[], str],
    pages: Pages,
    start_page: Callable[[str], str],
    notice: str | None,
    count: metrics.Count,
) -> Mapping[str, Route]:
    """Route key → function. `start_page` takes the language; `notice` marks what is not production; `count` is told
    each verdict."""

    def found(code: str) -> dict[str, Any]:
        return peer_finding(counted(verifier.verify(code), count), policies.current())

    def verify(request: Request) -> Response:
        return Response(200, found(request.body("VerifyRequest")["code"]))

    def page(request: Request) -> Response:
        answer = found(request.path["code"])
        text = pages.verdict_page(answer, language(pages, request), "", notice=notice)
        return sent(request, text, pages.headers())

    def jwks(request: Request) -> Response:
        return cacheable(request, key_document(), "application/jwk-set+json", seconds=300)

    def status_directory(request: Request) -> Response:
        text = json.dumps({"status_lists": status_lists.directory()}, separators=(",", ":"))
        return cacheable(request, text.encode(), "application/json", seconds=LIST_SECONDS)

    def status_list(request: Request) -> Response:
        token = status_lists.token(request.path["n"])
        return cacheable(request, token, MEDIA_TYPE, seconds=LIST_SECONDS)

    def document(request: Request) -> Response:
        return cacheable(request, openapi().encode(), "application/json", seconds=300)

    def start(request: Request) -> Response:
        return sent(request, start_page(language(pages, request)), pages.headers())

    return {
        "POST /v1/verify": verify,
        "GET /V/{code}": page,
        "GET /v/{code}": page,
        "GET /.well-known/jwks.json": jwks,
        "GET /status-lists": status_directory,
        "GET /status-lists/{n}": status_list,
        "GET /openapi.json": document,
        "GET /": start,
    }


def cacheable(request: Request, body: bytes, content_type: str, *, seconds: int) -> Response:
    """A document that may be kept, with a strong ETag (RFC 9110)."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {
        "etag": etag,
        "cache-control": f"public, max-age={seconds}",
        "access-control-allow-origin": "*",
    }
    known = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    if etag in known:
        return Response(304, None, headers)
    shown = body if content_type == MEDIA_TYPE else body.decode()
    return Response(200, shown, {"content-type": content_type, **headers})


def error_page(pages: Pages, notice: str | None) -> Callable[[JianbiaoError, Request], Response | None]:
    """People who have scanned a code get a page, also when there is nothing to show."""

    def page(error: JianbiaoError, request: Request) -> Response | None:
        if request.route not in {"GET /V/{code}", "GET /v/{code}"}:
            return None
        lang = language(pages, request)
        if isinstance(error, NotACode):
            return sent(request, pages.not_a_code_page(lang, notice=notice), pages.headers(), 400)
        if isinstance(error, Unavailable):
            return sent(request, pages.gone_page("unavailable", lang, notice=notice), pages.headers(), 503)
        return None

    return page
