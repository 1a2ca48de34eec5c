"""The pages that run scripts and their files: what is sent to whom, and that production has no demo."""

from __future__ import annotations

import base64
import gzip
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jianbiao.domain.policy import default_policy
from jianbiao.http import web
from jianbiao.http.edge import Handler, make_handler
from jianbiao.http.notices import takes_gzip
from jianbiao_render import assets, pages, start, tools


class Silent:
    """A logger."""

    def info(self, msg: object, *, extra: Any = None) -> None:
        pass

    def exception(self, msg: object, *, extra: Any = None) -> None:
        raise AssertionError(msg)


def handler(notice: str | None = "演示 DEMO") -> Handler:
    """The routes as functions/verify/public.py joins them."""
    policy = default_policy()
    return make_handler(
        web.routes(
            pages=pages,
            asset=assets.asset,
            verify_page=lambda lang: tools.shown_verify(policy, lang, notice),
            app_page=(lambda lang: tools.shown_app(lang, notice, "https://files.example"))
            if notice
            else None,
        ),
        logger=Silent(),
    )


def ask(
    route: str, *, notice: str | None = "演示 DEMO", file: str = "", accept: str = "gzip"
) -> dict[str, Any]:
    """The answer to a gateway event."""
    event = {"routeKey": route, "pathParameters": {"file": file}, "headers": {"accept-encoding": accept}}
    return handler(notice)(event, None)


def body_of(answer: dict[str, Any]) -> bytes:
    """The body as a browser has it in the end."""
    raw = base64.b64decode(answer["body"]) if answer.get("isBase64Encoded") else answer["body"].encode()
    return gzip.decompress(raw) if answer["headers"].get("content-encoding") == "gzip" else raw


@pytest.mark.parametrize("route", ["GET /verify", "GET /app"])
def test_pages_are_the_same_compressed_or_not(route: str) -> None:
    small, plain = ask(route), ask(route, accept="")
    assert small["headers"]["content-encoding"] == "gzip"
    assert "content-encoding" not in plain["headers"]
    assert len(small["body"]) < len(plain["body"])
    assert body_of(small) == body_of(plain)
    assert "accept-encoding" in small["headers"]["vary"]


def test_production_has_no_demo_and_names_none() -> None:
    answer = ask("GET /app", notice=None)
    assert answer["statusCode"] == 404
    assert ask("GET /verify", notice=None)["statusCode"] == 200
    offered = [link.href for section in start.sections([], demo=False) for link in section.links]
    assert "/app" not in offered
    assert "/verify" in offered
    assert "/app" in [link.href for section in start.sections([], demo=True) for link in section.links]


def test_every_built_file_is_served_and_may_be_kept() -> None:
    for name in assets.manifest()["files"]:
        answer = ask("GET /assets/{file}", file=name)
        assert body_of(answer) == (assets.STATIC / name).read_bytes()
        kept = answer["headers"]["cache-control"]
        assert kept == ("no-cache" if name == assets.WORKER else "public, max-age=31536000, immutable")
    assert ask("GET /assets/{file}", file=assets.WORKER)["headers"]["service-worker-allowed"] == "/verify"


@pytest.mark.parametrize(
    "file", ["", "manifest.json", "NOTICE.txt", "../pages.py", "..%2fpages.py", "x.js", "."]
)
def test_nothing_else_is_served(file: str) -> None:
    assert ask("GET /assets/{file}", file=file)["statusCode"] == 404


def test_pages_name_only_files_that_are_there() -> None:
    files = set(assets.manifest()["files"])
    assert assets.address("verify").removeprefix("/assets/") in files
    assert assets.address("app").removeprefix("/assets/") in files
    assert set(assets.manifest()["spare"]) <= files
    assert assets.address("verify").encode() in body_of(ask("GET /verify"))


def test_the_demo_may_load_from_the_files_origin_and_no_other() -> None:
    policy = ask("GET /app")["headers"]["content-security-policy"]
    assert "connect-src 'self' https://files.example;" in policy
    assert policy.count("https:") == 1


def test_texts_in_the_page_cannot_end_their_element() -> None:
    page = body_of(ask("GET /verify")).decode()
    embedded = page.partition('id="known">')[2].partition("</script>")[0]
    assert embedded.startswith("{")
    assert "<" not in embedded


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("gzip;q=0.001", True),
        ("", False),
        ("identity", False),
        ("xgzip", False),
    ],
)
def test_gzip_is_sent_to_who_takes_it(header: str, taken: bool) -> None:
    assert takes_gzip(requested(header)) is taken


@given(st.text())
def test_any_accept_encoding_is_read(header: str) -> None:
    assert takes_gzip(requested(header)) in (True, False)


def requested(accept: str) -> Any:
    """A request with this Accept-Encoding."""
    from jianbiao.http.edge import request_of

    return request_of({"routeKey": "GET /verify", "headers": {"accept-encoding": accept}})
