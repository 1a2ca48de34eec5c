"""What pages load, from whom, how much, and what their policy forbids."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser

from tests.browser import pictures
from tests.browser.site import Visitor
from tests.browser.views import NAMES, Views, behind
from tests.e2e.deployment import Stack

PAGE_LIMIT, SCANNER_LIMIT, DECODER_LIMIT = 30_000, 150_000, 450_000
"""Bytes on the wire."""


def test_pages_are_small(chromium: Browser, stack: Stack, share: str) -> None:
    def transferred(path: str, then: Callable[[Visitor], object] = lambda _: None) -> int:
        # What the service worker fetches is the same again, and not counted in a page's own traffic.
        visitor = Visitor(chromium, stack, service_workers="block")
        network = visitor.context.new_cdp_session(visitor.page)
        network.send("Network.enable")
        sizes: list[float] = []
        network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
        visitor.page.goto(path, wait_until="networkidle")
        then(visitor)
        visitor.leave()
        return int(sum(sizes))

    someone = Visitor(chromium, stack)
    path = behind(someone, "valid")
    code = someone.code("valid")
    someone.leave()
    page, plain = transferred(path), transferred("/verify")
    decoded = transferred("/verify", lambda v: v.give("mark.png", pictures.saved(pictures.code(code))))
    print(
        f"/V/… {page:,} bytes, /verify {plain:,}, with the decoder {decoded:,}, /s/… {transferred(share):,}"
    )
    assert 1000 < page <= PAGE_LIMIT
    assert page < plain <= SCANNER_LIMIT
    assert plain < decoded <= SCANNER_LIMIT + DECODER_LIMIT


def test_nothing_is_asked_of_anybody_else(visitor: Visitor, views: Views) -> None:
    asked: set[str] = set()
    visitor.context.on("request", lambda request: asked.add(request.url))
    for name in NAMES:
        views.open(name)
    assert asked
    assert {
        url for url in asked if not url.startswith((visitor.stack.base_url + "/", "data:", "blob:"))
    } == set()


@pytest.mark.parametrize("path", ["/", "/verify", "/app", "/V/HELLO", "/s/nothing"])
def test_the_policy_of_every_page_is_strict(stack: Stack, path: str) -> None:
    headers = stack.call("GET", path).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe-inline" not in policy
    assert "'unsafe-eval'" not in policy
    assert ("'wasm-unsafe-eval'" in policy) == (path == "/verify")
    assert ("camera=(self)" in headers["permissions-policy"]) == (path == "/verify")
    assert headers["x-content-type-options"] == "nosniff"
    assert "http" not in policy or path == "/app"


def test_a_script_put_into_a_page_would_not_run(visitor: Visitor) -> None:
    """The other tests count on violations being noticed."""
    page = visitor.open("/verify")
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"globalThis.ran = 1\">')"
    )
    page.wait_for_timeout(300)
    assert page.evaluate("globalThis.ran") is None
    assert visitor.complaints
    assert all("Content Security Policy" in complaint for complaint in visitor.complaints)
    visitor.complaints.clear()
