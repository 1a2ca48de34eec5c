"""What every page that a person meets has in common."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from typing import Protocol

from jianbiao.http.edge import Request, Response

WORTH_COMPRESSING = 1024
"""Bytes. The gateway compresses nothing, and a share page is 130 kB of drawing that gzip makes 50 of."""


class NoticePages(Protocol):
    """The part of `jianbiao_render.pages` that all pages need."""

    def headers(self) -> dict[str, str]:
        """The headers that the pages are sent with, names in lower case."""

    def language(self, accept_language: str | None, chosen: str | None = None) -> str:
        """The page's main language."""

    def gone_page(self, code: str, lang: str, *, notice: str | None = None) -> str:
        """What has ended or is missing, and what to ask for."""


def language(pages: NoticePages, request: Request) -> str:
    """The language for whoever asks: `?lang=` before Accept-Language, else Chinese."""
    return pages.language(request.headers.get("accept-language"), request.query.get("lang"))


def page(request: Request, text: str, headers: Mapping[str, str], status: int = 200) -> Response:
    """A page, compressed where the browser takes that."""
    body = text.encode()
    if len(body) < WORTH_COMPRESSING or not takes_gzip(request):
        return Response(status, text, headers)
    return Response(status, gzip.compress(body, 6, mtime=0), compressed(headers))


def compressed(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers of what is sent in gzip."""
    vary = ", ".join(filter(None, (headers.get("vary", ""), "accept-encoding")))
    return {**headers, "content-encoding": "gzip", "vary": vary}


def takes_gzip(request: Request) -> bool:
    """Whether Accept-Encoding names gzip with a weight above zero (RFC 9110 section 12.5.3)."""
    for entry in request.headers.get("accept-encoding", "").split(","):
        coding, _, weight = entry.partition(";")
        if coding.strip().lower() == "gzip":
            return weight.replace(" ", "").rstrip("0") not in {"q=", "q=0."}
    return False
