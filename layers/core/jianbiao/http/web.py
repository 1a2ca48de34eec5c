"""The pages that run scripts (/verify, and /app unless this is production), and their scripts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from jianbiao.errors import NotFound
from jianbiao.http.edge import Request, Response, Route
from jianbiao.http.notices import NoticePages, compressed, language, page, takes_gzip


class Asset(Protocol):
    """A file of the built bundle (`jianbiao_render.assets`)."""

    @property
    def body(self) -> bytes:
        """Its bytes."""

    @property
    def compressed(self) -> bytes:
        """Its bytes in gzip."""

    @property
    def headers(self) -> dict[str, str]:
        """How it is served, names in lower case."""


Shown = Callable[[str], tuple[str, Mapping[str, str]]]
"""Language → page and its headers."""


def routes(
    *, pages: NoticePages, asset: Callable[[str], Asset | None], verify_page: Shown, app_page: Shown | None
) -> Mapping[str, Route]:
    """Route key → function. Without an `app_page` there is no such thing here."""

    def shown(make: Shown | None) -> Route:
        def route(request: Request) -> Response:
            if make is None:
                raise NotFound
            text, headers = make(language(pages, request))
            return page(request, text, headers)

        return route

    def file(request: Request) -> Response:
        found = asset(request.path["file"])
        if found is None:
            raise NotFound
        if takes_gzip(request):
            return Response(200, found.compressed, compressed(found.headers))
        return Response(200, found.body, found.headers)

    return {"GET /verify": shown(verify_page), "GET /app": shown(app_page), "GET /assets/{file}": file}
