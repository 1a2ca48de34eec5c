"""Every page in the states in which somebody looks at it, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from jianbiao_render import pages, words
from tests.browser.site import Visitor

VERDICTS = {
    "valid": "有效",
    "expired": "已过期",
    "superseded": "已被替代",
    "suspended": "已暂停",
    "revoked": "已撤销",
    "not_yet_valid": "尚未生效",
    "forged": "伪造",
}
"""The word on the page, by verdict."""
SHARES = ("share", "suspended share", "withdrawn share")
NAMES = [
    *("start", "scanner", "result", "forged result", "unchecked result", "problem", "not a code"),
    *("app: sign-in", "app: vehicles", "app"),
    *SHARES,
    "no such share",
    *(f"notice {code}" for code in words.NOTICES),
    *(f"verdict {why}" for why in VERDICTS),
]


def behind(visitor: Visitor, why: str) -> str:
    """Path of the page behind a sample's code."""
    code = visitor.code("forged: one bit" if why == "forged" else why)
    return "/V/" + code.rpartition("/V/")[2]


@dataclass(frozen=True, slots=True)
class Views:
    """Opens pages for a visitor. `link` gives the path of one of `SHARES`."""

    visitor: Visitor
    link: Callable[[str], str]

    def open(self, name: str, lang: str = "zh-CN") -> Page:
        """A page by its name in `NAMES`."""
        self.visitor.expected |= {400, 404, 410, 503}
        kind, _, rest = name.partition(" ")
        if kind == "verdict":
            return self.visitor.open(f"{behind(self.visitor, rest)}?lang={lang}")
        if kind == "notice":
            return self.notice(rest, lang)
        if name in SHARES:
            return self.visitor.open(f"{self.link(name)}?lang={lang}")
        ways: dict[str, Callable[[str], Page]] = {
            "start": lambda lang: self.visitor.open(f"/?lang={lang}"),
            "scanner": self.visitor.scanner,
            "result": lambda lang: self.pasted("valid", lang),
            "forged result": lambda lang: self.pasted("forged", lang),
            "unchecked result": self.unchecked,
            "problem": self.problem,
            "not a code": lambda lang: self.visitor.open(f"/V/HELLO?lang={lang}"),
            "app: sign-in": self.sign_in,
            "app: vehicles": self.vehicles,
            "app": self.certificate,
            "no such share": lambda lang: self.visitor.open(f"/s/{'A' * 43}?lang={lang}"),
        }
        return ways[name](lang)

    def pasted(self, why: str, lang: str) -> Page:
        """/verify with a verdict."""
        page = self.visitor.scanner(lang)
        assert self.visitor.paste("HTTPS://X" + behind(self.visitor, why)) == why
        return page

    def unchecked(self, lang: str) -> Page:
        """/verify with keys, but without a status list."""
        lists, context = "**/status-lists", self.visitor.context
        context.route(lists, lambda route: route.fulfill(status=503, body="{}"))
        page = self.visitor.open(f"/verify?lang={lang}")
        page.evaluate("caches.delete('jianbiao-trust')")
        page.reload()
        expect(page.locator("#keys")).to_contain_text("version")
        assert self.visitor.paste(self.visitor.code("valid")) == "unchecked"
        context.unroute(lists)
        return page

    def problem(self, lang: str) -> Page:
        """/verify after a text that is no code."""
        page = self.visitor.scanner(lang)
        self.visitor.paste("no code")
        return page

    def notice(self, code: str, lang: str) -> Page:
        """A notice, also one that a deployment in good health does not send: it is put in the server's place."""
        body = pages.gone_page(code, lang)
        self.visitor.context.route(
            "**/s/notice", lambda route: route.fulfill(body=body, headers=pages.headers())
        )
        return self.visitor.open("/s/notice")

    def sign_in(self, lang: str) -> Page:
        """/app before anybody is signed in."""
        page = self.visitor.open(f"/app?lang={lang}")
        page.locator("#sign-in").wait_for()
        return page

    def vehicles(self, lang: str) -> Page:
        """/app with the vehicles of a citizen."""
        page = self.sign_in(lang)
        page.click("#sign-in button")
        page.locator("#vehicles .row button").last.wait_for()
        return page

    def certificate(self, lang: str) -> Page:
        """/app with a certificate."""
        page = self.vehicles(lang)
        page.locator("#vehicles li").first.locator(".row button").last.click()
        page.locator("#face").wait_for()
        return page
