"""Every page for everybody: on a small phone, in both languages, dark, printed, without scripts, read aloud."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Browser

from tests.browser.axe import violations
from tests.browser.site import PHONE, Visitor
from tests.browser.views import NAMES, VERDICTS, Views, behind
from tests.e2e.deployment import Stack


@pytest.mark.parametrize("name", NAMES)
def test_every_page_is_accessible_and_fits_a_small_phone(views: Views, node_modules: Path, name: str) -> None:
    for lang in ("zh-CN", "en"):
        page = views.open(name, lang)
        assert page.locator("html").get_attribute("lang") == lang
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            assert violations(page, node_modules) == [], (lang, scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    # WCAG 2.2, 1.4.10: nothing is lost at 320 pixels, which is what 1280 pixels are at 400 %.
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("why", VERDICTS)
def test_verdict_pages_are_complete_without_scripts(chromium: Browser, stack: Stack, why: str) -> None:
    visitor = Visitor(chromium, stack, java_script_enabled=False)
    page = visitor.open(behind(visitor, why))
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


def test_the_verdict_can_be_read_from_two_metres(views: Views) -> None:
    """On a phone 360 CSS pixels (about 68 mm) wide, a hanzi of 60 pixels is 11 mm high: 20 minutes of arc at 2 m."""
    for why in VERDICTS:
        page = views.open(f"verdict {why}")
        size = page.evaluate("parseFloat(getComputedStyle(document.querySelector('.word')).fontSize)")
        assert size >= 60, why


def test_print_fits_one_sheet_and_needs_no_colour(views: Views, tmp_path: Path) -> None:
    for name in ("verdict valid", "verdict superseded", "verdict forged", "share"):
        page = views.open(name)
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


def test_everything_can_be_done_with_the_keyboard(visitor: Visitor) -> None:
    """The skip link, then from one control to the next, each to be seen; the verdict is where the reader is put."""
    focused = "(({ id, className, tagName }) => id || className || tagName)(document.activeElement)"
    outline = (
        "getComputedStyle(document.activeElement.closest('.file') ?? document.activeElement).outlineStyle"
    )
    page = visitor.scanner("en")
    page.locator("body").press("Tab")
    assert page.evaluate(focused) == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate(focused) == "content"
    reached = []
    for _ in range(4):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(focused))
        assert page.evaluate(outline) == "solid", reached
    assert reached == ["start", "picture", "text", "check"]
    page.keyboard.press("Shift+Tab")
    page.keyboard.insert_text(visitor.code("revoked"))
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert visitor.shown() == "revoked"
    assert page.evaluate(focused) == "verdict"
    for _ in range(3):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.hasAttribute('data-again')"):
            break
    page.keyboard.press("Enter")
    assert page.evaluate(focused) == "start"


def test_nothing_moves(views: Views) -> None:
    """No page has an animation or a transition at all, so there is nothing that reduced motion would have to stop."""
    moving = """[...document.querySelectorAll('*')].filter((element) => {
        const { animationName, transitionDuration, scrollBehavior } = getComputedStyle(element);
        return animationName !== 'none' || transitionDuration !== '0s' || scrollBehavior !== 'auto';
    }).length + document.getAnimations().length"""
    for name in ("start", "result", "app", "share", "verdict valid", "withdrawn share"):
        page = views.open(name)
        assert page.evaluate(moving) == 0, name
    page.evaluate("document.body.animate([{ opacity: 0 }, { opacity: 1 }], 10_000)")
    assert page.evaluate(moving) == 1, "a movement would be noticed"


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
