"""Every page for everybody: on a small phone, in both languages, dark, printed, without scripts, read aloud."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Browser, Page

from tests.browser import pictures
from tests.browser.axe import violations
from tests.browser.site import PHONE, Visitor
from tests.e2e import links
from tests.e2e.deployment import Stack

VERDICTS = {
    "valid": "有效",
    "expired": "已过期",
    "superseded": "已被替代",
    "suspended": "已暂停",
    "revoked": "已撤销",
    "not_yet_valid": "尚未生效",
    "forged": "伪造",
}
PAGE_LIMIT, SCANNER_LIMIT, DECODER_LIMIT = 30_000, 150_000, 450_000
"""Bytes on the wire."""


def behind(visitor: Visitor, why: str) -> str:
    """Path of the page behind a sample's code."""
    return "/V/" + visitor.code(why).rpartition("/V/")[2]


def certificate(stack: Stack, owner: str) -> str:
    """Id of a valid certificate of a sample citizen."""
    return str(stack.sample(owner=owner, why="valid")["certificate_id"])


@pytest.fixture(scope="session")
def share(stack: Stack) -> str:
    """A share link that works."""
    return links.shared(stack, certificate(stack, "citizen"))


@pytest.fixture(scope="session")
def withdrawn(stack: Stack) -> str:
    """A share link that was taken back."""
    return links.withdrawn(stack, certificate(stack, "citizen"))


@pytest.fixture(scope="session")
def suspended(stack: Stack) -> Iterator[str]:
    """A share link of a certificate that was suspended after it was shared."""
    with links.suspended(stack, certificate(stack, "citizen_2"), "citizen_2") as path:
        yield path


Open = Callable[[str], Page]


@pytest.fixture
def opened(visitor: Visitor, request: pytest.FixtureRequest) -> Open:
    """Opens a page by its name in `NAMES`, in the state in which somebody looks at it."""

    def verdict(why: str) -> Callable[[str], Page]:
        return lambda lang: visitor.open(f"{behind(visitor, why)}?lang={lang}")

    def link(fixture: str) -> Callable[[str], Page]:
        def go(lang: str) -> Page:
            path = request.getfixturevalue(fixture)
            return visitor.open(f"{path}?lang={lang}")

        return go

    def result(lang: str) -> Page:
        page = visitor.scanner(lang)
        assert visitor.paste(visitor.code("valid")) == "valid"
        return page

    def problem(lang: str) -> Page:
        page = visitor.scanner(lang)
        visitor.paste("no code")
        return page

    def app(lang: str) -> Page:
        page = visitor.open(f"/app?lang={lang}")
        page.click("#sign-in button")
        page.locator("#vehicles .row button").last.wait_for()
        page.locator("#vehicles li").first.locator(".row button").last.click()
        page.locator("#face").wait_for()
        return page

    ways: dict[str, Callable[[str], Page]] = {
        "start": lambda lang: visitor.open(f"/?lang={lang}"),
        "scanner": visitor.scanner,
        "result": result,
        "problem": problem,
        "app": app,
        "not a code": lambda lang: visitor.open(f"/V/HELLO?lang={lang}"),
        "share": link("share"),
        "suspended share": link("suspended"),
        "withdrawn share": link("withdrawn"),
        "no such share": lambda lang: visitor.open(f"/s/{'A' * 43}?lang={lang}"),
        **{f"verdict {why}": verdict("forged: one bit" if why == "forged" else why) for why in VERDICTS},
    }
    visitor.expected |= {400, 404, 410}

    def open_(name: str, lang: str = "zh-CN") -> Page:
        return ways[name](lang)

    return open_


NAMES = [
    *("start", "scanner", "result", "problem", "app", "not a code"),
    *("share", "suspended share", "withdrawn share", "no such share"),
    *(f"verdict {why}" for why in VERDICTS),
]


@pytest.mark.parametrize("name", NAMES)
def test_every_page_is_accessible_and_fits_a_small_phone(opened: Open, node_modules: Path, name: str) -> None:
    for lang in ("zh-CN", "en"):
        page = opened(name, lang)
        assert page.locator("html").get_attribute("lang") == lang
        assert violations(page, node_modules) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert violations(page, node_modules) == []
    # WCAG 2.2, 1.4.10: nothing is lost at 320 pixels, which is what 1280 pixels are at 400 %.
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("why", VERDICTS)
def test_verdict_pages_are_complete_without_scripts(chromium: Browser, stack: Stack, why: str) -> None:
    visitor = Visitor(chromium, stack, java_script_enabled=False)
    page = visitor.open(behind(visitor, "forged: one bit" if why == "forged" else why))
    assert page.inner_text("h1").split("\n")[0] == VERDICTS[why]
    plate = visitor.sample("forged: one bit" if why == "forged" else why)["plate"]
    assert (plate in page.inner_text("body").replace("\n", "")) == (why != "forged")
    assert page.locator("script").count() == 0
    visitor.leave()


def test_other_pages_say_what_they_need_without_scripts(chromium: Browser, stack: Stack, share: str) -> None:
    visitor = Visitor(chromium, stack, java_script_enabled=False)
    assert "用手机相机扫描二维码" in visitor.open("/verify").inner_text("main")
    assert visitor.page.locator("#tool").is_hidden()
    assert "本页需要脚本" in visitor.open("/app").inner_text("main")
    page = visitor.open(share)
    assert page.locator(".card svg").is_visible()
    assert "下载 PDF" in page.inner_text(".actions")
    visitor.leave()


def test_the_verdict_can_be_read_from_two_metres(opened: Open) -> None:
    """On a phone 360 CSS pixels (about 68 mm) wide, a hanzi of 60 pixels is 11 mm high: 20 minutes of arc at 2 m."""
    for why in VERDICTS:
        page = opened(f"verdict {why}")
        size = page.evaluate("parseFloat(getComputedStyle(document.querySelector('.word')).fontSize)")
        assert size >= 60, why


def test_print_fits_one_sheet_and_needs_no_colour(opened: Open, tmp_path: Path) -> None:
    for name in ("verdict valid", "verdict superseded", "verdict forged", "share"):
        page = opened(name)
        document = pypdfium2.PdfDocument(page.pdf(format="A4"))
        try:
            assert len(document) == 1, name
            text = document[0].get_textpage().get_text_bounded()
            assert VERDICTS[name.removeprefix("verdict ") if name in NAMES[-7:] else "valid"] in text
            assert "English" not in text, "the switch of language is of no use on paper"
        finally:
            document.close()
        page.emulate_media(media="print")
        box = page.locator(".verdict, .state").first
        assert box.evaluate("(e) => getComputedStyle(e).backgroundColor") == "rgb(255, 255, 255)"
        page.emulate_media(media="null")


def test_dark_mode_never_inverts_the_code(chromium: Browser, stack: Stack, share: str) -> None:
    visitor = Visitor(chromium, stack, color_scheme="dark")
    picture = visitor.open(share).locator(".card").screenshot()
    page = visitor.scanner()
    assert visitor.give("share.png", picture) == "valid"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(17, 20, 23)"
    visitor.leave()


@pytest.mark.parametrize("change", ["guessed", "truncated", "upper-cased", "lengthened"])
def test_a_share_link_that_is_not_quite_right_shows_nothing(
    visitor: Visitor, share: str, change: str
) -> None:
    token = share.removeprefix("/s/")
    wrong = {
        "guessed": "A" * len(token),
        "truncated": token[:-1],
        "upper-cased": token.upper(),
        "lengthened": token + "A",
    }[change]
    visitor.expected.add(404)
    page = visitor.open(f"/s/{wrong}")
    assert page.inner_text("h1").startswith("没有这个链接")
    assert page.locator(".card").count() == 0


def test_a_withdrawn_link_says_so_and_a_suspended_one_too(
    visitor: Visitor, withdrawn: str, suspended: str
) -> None:
    visitor.expected.add(410)
    assert visitor.open(withdrawn).inner_text("h1").startswith("分享链接已被收回")
    page = visitor.open(suspended)
    assert "已暂停" in page.inner_text(".state")
    assert page.get_by_text("下载 PDF").count() == 0


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


def test_nothing_is_asked_of_anybody_else(visitor: Visitor, opened: Open) -> None:
    asked: set[str] = set()
    visitor.context.on("request", lambda request: asked.add(request.url))
    for name in NAMES:
        opened(name)
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
