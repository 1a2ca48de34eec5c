"""/verify without a network, and what it lets in when there is one."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime

import pytest
from playwright.sync_api import Browser, Route, expect

from jianbiao.domain.times import CHINA
from tests.browser import pictures
from tests.browser.site import PATIENCE, Visitor
from tests.e2e.deployment import Stack

KEYS = "**/.well-known/jwks.json"
LISTS = "**/status-lists/*"
DAY = 86_400


@pytest.fixture
def uncached(chromium: Browser, stack: Stack) -> Iterator[Visitor]:
    """A visitor without service workers, whose requests the test can answer."""
    visitor = Visitor(chromium, stack, service_workers="block")
    yield visitor
    assert visitor.complaints == []
    visitor.leave()


def test_after_one_visit_everything_works_without_a_network(visitor: Visitor) -> None:
    page = visitor.scanner(offline_ready=True)
    visitor.context.set_offline(True)
    for lang, ready in (("zh-CN", "已就绪"), ("en", "ready")):
        page.goto(f"/verify?lang={lang}")
        assert page.locator("html").get_attribute("lang") == lang
        expect(page.locator("#offline")).to_contain_text(ready)
        expect(page.locator("#news")).to_contain_text("No network")
        expect(page.locator("#news")).to_contain_text("key set and status lists not updated")
    for why in ("valid", "superseded", "suspended", "revoked", "expired", "not_yet_valid"):
        assert visitor.paste(visitor.code(why)) == why
    assert visitor.paste(visitor.code("forged: one bit")) == "forged"
    # The decoder was never used before: it was fetched because this browser has none of its own.
    assert visitor.give("mark.png", pictures.saved(pictures.code(visitor.code("valid")))) == "valid"
    assert "status list on this device, as of" in page.inner_text("[data-slot=source]")
    page.goto("/verify")
    assert page.locator("html").get_attribute("lang") == "zh-CN"


def test_the_worker_has_to_do_with_this_page_alone(visitor: Visitor) -> None:
    page = visitor.open("/")
    page.evaluate("caches.open('jianbiao-verify-of-last-year')")
    page.evaluate("caches.open('somebody-else')")
    visitor.scanner(offline_ready=True)
    worker = "navigator.serviceWorker.getRegistrations().then((all) => all.map(({ scope }) => scope))"
    assert page.evaluate(worker) == [f"{visitor.stack.base_url}/verify"]
    kept = page.evaluate("caches.keys()")
    assert "somebody-else" in kept
    assert "jianbiao-verify-of-last-year" not in kept
    assert len([name for name in kept if name.startswith("jianbiao-verify-")]) == 1
    for path in ("/", f"/V/{visitor.code('valid').rpartition('/')[2]}"):
        page.goto(path)
        assert page.evaluate("navigator.serviceWorker.controller") is None


def test_a_page_from_the_network_replaces_the_one_that_was_kept(visitor: Visitor) -> None:
    page = visitor.scanner(offline_ready=True)
    key = "/verify?lang=zh-CN"
    page.evaluate(
        """async (key) => {
            const [name] = (await caches.keys()).filter((name) => name.startsWith('jianbiao-verify-'));
            await (await caches.open(name)).put(key, new Response('<html lang="zh-CN">of yesterday'));
        }""",
        key,
    )
    visitor.scanner(offline_ready=True)
    kept = "caches.match('/verify?lang=zh-CN', { ignoreVary: true }).then((found) => found.text())"
    deadline = time.monotonic() + 20
    while "of yesterday" in page.evaluate(kept) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert "</html>" in page.evaluate(kept)


def test_an_older_key_set_is_not_taken(uncached: Visitor) -> None:
    page = uncached.scanner("en")
    document = json.loads(page.evaluate("fetch('/.well-known/jwks.json').then((r) => r.text())"))
    older = json.dumps({**document, "version": document["version"] - 1, "keys": []})
    uncached.context.route(KEYS, lambda route: route.fulfill(body=older, content_type="application/json"))
    page.click("#update")
    expect(page.locator("#news")).to_contain_text("key set: older data")
    expect(page.locator("#keys")).to_contain_text(f"version {document['version']}")
    assert uncached.paste(uncached.code("valid")) == "valid"


@pytest.mark.parametrize("body", ["{}", "<html>captive portal</html>", '{"version": 9, "keys": [{}]}'])
def test_what_is_no_key_set_is_not_taken(uncached: Visitor, body: str) -> None:
    page = uncached.scanner("en")
    uncached.context.route(KEYS, lambda route: route.fulfill(body=body, content_type="application/json"))
    page.click("#update")
    if body.startswith(
        '{"version"'
    ):  # no key of our profile in it, but newer: it is taken, and nothing verifies
        expect(page.locator("#keys")).to_contain_text("version 9")
        assert uncached.paste(uncached.code("valid")) == "forged"
    else:
        expect(page.locator("#news")).to_contain_text("key set: not valid")
        assert uncached.paste(uncached.code("valid")) == "valid"


def test_a_list_that_nobody_signed_is_not_taken(uncached: Visitor) -> None:
    page = uncached.scanner("en")

    def altered(route: Route) -> None:
        body = bytearray(route.fetch().body())
        body[-1] ^= 1
        route.fulfill(body=bytes(body), content_type="application/statuslist+cwt")

    uncached.context.route(LISTS, altered)
    page.click("#update")
    expect(page.locator("#news")).to_contain_text("Updated: key set. The server's status lists: not valid")
    assert uncached.paste(uncached.code("superseded")) == "superseded"


def test_a_list_older_than_the_one_at_hand_is_not_taken(uncached: Visitor) -> None:
    page = uncached.scanner("en")
    page.evaluate(
        """async () => {
            const { trust } = await import(document.querySelector('script[src]').src);
            for (const list of trust.lists.values()) list.iat += 3600;
        }"""
    )
    page.click("#update")
    expect(page.locator("#news")).to_contain_text("status lists: older data")


def test_without_a_list_nothing_is_green(uncached: Visitor) -> None:
    uncached.expected.add(503)
    uncached.context.route("**/status-lists", lambda route: route.fulfill(status=503, body="{}"))
    page = uncached.open("/verify?lang=en")
    expect(page.locator("#keys")).to_contain_text("version", timeout=PATIENCE)
    expect(page.locator("#lists")).to_contain_text("the state is not")
    expect(page.locator("#news")).to_contain_text("status lists not updated. No status list can be used")
    for why in ("valid", "superseded", "revoked"):
        assert uncached.paste(uncached.code(why)) == "unchecked"
    assert "not checked" in page.inner_text("[data-slot=source]")
    assert uncached.paste(uncached.code("expired")) == "expired"


@pytest.mark.parametrize("failing", ["**/status-lists", LISTS])
@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "Updated: key set. The server answers with an error: status lists not updated. "),
        ("zh-CN", "公钥集已更新。服务器出错：状态列表没有更新。"),
    ],
)
def test_keys_without_lists_are_not_called_an_update(
    uncached: Visitor, failing: str, lang: str, said: str
) -> None:
    uncached.expected.add(503)
    page = uncached.scanner(lang)
    uncached.context.route(failing, lambda route: route.fulfill(status=503, body="{}"))
    page.click("#update")
    news = page.locator("#news .main")
    expect(news).to_contain_text(said)
    as_of = page.evaluate(
        """async () => {
            const { trust } = await import(document.querySelector('script[src]').src);
            return Math.min(...[...trust.lists.values()].map(({ iat }) => iat));
        }"""
    )
    expect(news).to_contain_text(f"{datetime.fromtimestamp(as_of, CHINA):%Y-%m-%d %H:%M:%S}")
    uncached.context.unroute(failing)
    page.click("#update")
    expect(page.locator("#news")).to_be_empty()


def test_lists_and_keys_get_old_and_say_so(visitor: Visitor) -> None:
    page = visitor.scanner("en", offline_ready=True)
    code = visitor.code("valid")
    visitor.context.set_offline(True)
    now = time.time()
    page.clock.set_fixed_time(now + 3 * 3600)
    page.goto("/verify?lang=en")
    expect(page.locator("#lists")).to_contain_text("3 h ago")
    assert visitor.paste(code) == "valid"
    assert "3 h ago" in page.inner_text("[data-slot=source]")
    page.clock.set_fixed_time(now + 2 * DAY)
    page.goto("/verify?lang=en")
    expect(page.locator("#keys")).to_contain_text("2 days ago")
    expect(page.locator("#lists")).to_contain_text("too old")
    assert visitor.paste(code) == "unchecked"


def test_a_wrong_clock_is_told(visitor: Visitor) -> None:
    page = visitor.page
    page.clock.set_fixed_time(time.time() + 20 * 60)
    page.goto("/verify?lang=en")
    expect(page.locator("#news")).to_contain_text("clock is 20 min off", timeout=PATIENCE)


def test_a_first_visit_needs_a_network_for_the_keys(uncached: Visitor) -> None:
    uncached.context.route(KEYS, lambda route: route.abort("internetdisconnected"))
    page = uncached.open("/verify?lang=en")
    expect(page.locator("#keys")).to_contain_text("none yet")
    assert uncached.paste(uncached.code("valid")) == "This device has no keys yet"
