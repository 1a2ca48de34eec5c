"""A visitor of the pages: a browser context that notes what goes wrong, and what is looked for in every test."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, expect

from tests.e2e.deployment import Stack

COMMANDS = ("chromium", "chromium-browser", "google-chrome", "chrome")
PHONE = {"width": 360, "height": 740}
PATIENCE = 45_000
"""Milliseconds: a function's first call starts a process."""
AWAY = re.compile(r"ERR_INTERNET_DISCONNECTED|ERR_FAILED")
"""What a browser reports while the test has cut the network."""
STATUS = re.compile(r"the server responded with a status of (\d{3})")


def executable() -> str:
    """Chromium as it is installed. Raises FileNotFoundError."""
    found = next(filter(None, map(shutil.which, COMMANDS)), None)
    if found is None:
        raise FileNotFoundError("Chromium is missing. Debian, Ubuntu: apt-get install chromium")
    return found


@contextmanager
def launch(tool: Playwright, arguments: Sequence[str] = ()) -> Iterator[Browser]:
    """A headless browser."""
    browser = tool.chromium.launch(
        executable_path=executable(), args=["--no-sandbox", "--disable-gpu", *arguments]
    )
    try:
        yield browser
    finally:
        browser.close()


def sample(stack: Stack, why: str) -> dict[str, Any]:
    """The first sample that has a code and is this (`why` as stack.json begins it)."""
    return next(dict(s) for s in stack.document["samples"] if s["code"] and s["why"].startswith(why))


class Visitor:
    """One browser context. `complaints` are errors and violations of a page's policy, as the browser reports them;
    `expected` are statuses of answers that the test has asked for."""

    def __init__(self, browser: Browser, stack: Stack, **options: Any) -> None:
        self.stack = stack
        self.complaints: list[str] = []
        self.expected: set[int] = set()
        self.received: dict[str, int] = {}
        settings: dict[str, Any] = {"viewport": PHONE, "locale": "zh-CN", "base_url": stack.base_url}
        self.context: BrowserContext = browser.new_context(**settings | options)
        self.context.set_default_timeout(PATIENCE)
        self.context.set_default_navigation_timeout(PATIENCE)
        self.page: Page = self.context.new_page()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _console(self, message: ConsoleMessage) -> None:
        status = STATUS.search(message.text)
        if message.type != "error" or AWAY.search(message.text):
            return
        if status is None or int(status[1]) not in self.expected:
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def open(self, path: str) -> Page:
        """Go to a page."""
        self.page.goto(path)
        return self.page

    def scanner(self, lang: str = "zh-CN", *, offline_ready: bool = False) -> Page:
        """The page /verify with its keys and lists, and ready for use offline if that is asked for."""
        page = self.open(f"/verify?lang={lang}")
        page.locator("#keys span").first.wait_for()
        expect(page.locator("#keys")).to_contain_text("version", timeout=PATIENCE)
        expect(page.locator("#lists")).to_contain_text("as of", timeout=PATIENCE)
        expect(page.locator("#news")).to_be_empty(timeout=PATIENCE)
        if offline_ready:
            expect(page.locator("#offline")).to_contain_text("ready", timeout=PATIENCE)
        return page

    def paste(self, code: str) -> str:
        """Verify a text on the open page; returns what is shown, as by `shown`."""
        self.page.fill("#text", code)
        self.page.click("#check")
        return self.shown()

    def code(self, why: str) -> str:
        """The code of the first sample that is this (`why` as stack.json begins it)."""
        return str(self.sample(why)["code"])

    def sample(self, why: str) -> dict[str, Any]:
        """The first sample that has a code and is this."""
        return sample(self.stack, why)

    def give(self, name: str, body: bytes | Path, kind: str = "image/png") -> str:
        """Choose a picture on the open page."""
        file: Any = body if isinstance(body, Path) else {"name": name, "mimeType": kind, "buffer": body}
        self.page.set_input_files("#picture", file)
        return self.shown()

    def shown(self) -> str:
        """The look of the verdict, or the heading of a problem in English."""
        result = self.page.locator("#result")
        result.locator(".verdict, .trouble").first.wait_for()
        if result.locator(".trouble").count():
            return result.locator(".trouble h2 [lang=en]").inner_text()
        return (result.locator(".verdict").get_attribute("class") or "").removeprefix("verdict ")

    def leave(self) -> None:
        """Close the context."""
        self.context.close()
