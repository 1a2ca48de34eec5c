"""What every page that a person meets has in common."""

from __future__ import annotations

from typing import Protocol

from jianbiao.http.edge import Request


class NoticePages(Protocol):
    """The part of `jianbiao_render.pages` that all pages need."""

    def csp(self) -> str:
        """The Content-Security-Policy that the pages need."""

    def language(self, accept_language: str | None, chosen: str | None = None) -> str:
        """The page's main language."""

    def gone_page(self, code: str, lang: str, *, notice: str | None = None) -> str:
        """What has ended or is missing, and what to ask for."""


def language(pages: NoticePages, request: Request) -> str:
    """The language for whoever asks: `?lang=` before Accept-Language, else Chinese."""
    return pages.language(request.headers.get("accept-language"), request.query.get("lang"))
