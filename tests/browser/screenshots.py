"""Pictures of every page and face for docs/images, taken from a local deployment.

    python -m tests.browser.screenshots [--state DIRECTORY] [--to docs/images]

Without --state a deployment is started for it, and stopped afterwards.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
from PIL import Image
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser import pictures
from tests.browser.site import PATIENCE, Visitor, launch
from tests.e2e import links
from tests.e2e.deployment import ROOT, Stack, run

LARGEST = 150_000
"""Bytes of a picture."""
GAP = 16
BACKGROUND = "#8f979e"
TALLEST = 1250
"""Pixels: a page is cut off below; what follows is text."""

Shot = Callable[[], Image.Image]


@dataclass(frozen=True, slots=True)
class Photographer:
    """Takes pictures of one deployment."""

    stack: Stack
    browser: Browser

    @contextlib.contextmanager
    def visitor(self, **options: object) -> Iterator[Visitor]:
        """Somebody with a phone."""
        somebody = Visitor(self.browser, self.stack, **options)
        try:
            yield somebody
        finally:
            somebody.leave()

    def page(self, path: str, **options: object) -> Image.Image:
        """A page as it opens."""
        with self.visitor(**options) as visitor:
            visitor.open(path)
            return whole(visitor)

    def behind(self, why: str, **options: object) -> Image.Image:
        """The page behind a sample's code."""
        with self.visitor(**options) as visitor:
            visitor.open("/V/" + visitor.code(why).rpartition("/V/")[2])
            return whole(visitor)

    def scanner(self, lang: str, act: Callable[[Visitor], object], **options: object) -> Image.Image:
        """/verify after somebody has done something."""
        with self.visitor(**options) as visitor:
            visitor.scanner(lang)
            act(visitor)
            return whole(visitor)

    def without_list(self) -> Image.Image:
        """/verify where there are keys, but no status list."""
        with self.visitor(service_workers="block") as visitor:
            visitor.context.route("**/status-lists", lambda route: route.fulfill(status=503, body="{}"))
            page = visitor.open("/verify")
            expect(page.locator("#keys")).to_contain_text("version", timeout=PATIENCE)
            visitor.paste(visitor.code("valid"))
            return whole(visitor)

    def demo(self, upto: str) -> Image.Image:
        """/app at sign-in, with the vehicles, or with a certificate."""
        with self.visitor() as visitor:
            page = visitor.open("/app")
            page.locator("#sign-in").wait_for()
            if upto != "sign-in":
                page.click("#sign-in button")
                page.locator("#vehicles li").first.wait_for()
                page.evaluate("document.querySelector('#sign-in').hidden = true")
            if upto == "certificate":
                page.locator("#vehicles li").first.locator(".row button").last.click()
                page.locator("#face").wait_for()
                page.evaluate("document.querySelector('#mine').hidden = true")
                page.evaluate("document.querySelector('#others').hidden = true")
                page.get_by_role("button", name="分享").click()
                page.locator("#shares li").first.wait_for()
            return whole(visitor)

    def file(self, owner: str, why: str, kind: str) -> bytes:
        """A downloaded file of a sample's certificate."""
        id_ = self.stack.sample(owner=owner, why=why)["certificate_id"]
        reply = self.stack.call("GET", f"/v1/certificates/{id_}/file?format={kind}", token=owner)
        return self.stack.call("GET", reply.headers["location"].removeprefix(self.stack.base_url)).body

    def face(self, owner: str, why: str) -> Image.Image:
        """The downloaded PNG."""
        return opened(self.file(owner, why, "png"))

    def sheet(self) -> Image.Image:
        """The downloaded PDF, as it is printed."""
        document = pypdfium2.PdfDocument(self.file("citizen", "valid", "pdf"))
        try:
            return document[0].render(scale=1.35).to_pil().convert("RGB")
        finally:
            document.close()

    def printed(self, path: str) -> Image.Image:
        """A page on paper."""
        with self.visitor() as visitor:
            document = pypdfium2.PdfDocument(visitor.open(path).pdf(format="A4"))
            try:
                return document[0].render(scale=1.0).to_pil().convert("RGB")
            finally:
                document.close()


def opened(data: bytes) -> Image.Image:
    """A picture from its bytes."""
    return Image.open(io.BytesIO(data)).convert("RGB")


def whole(visitor: Visitor) -> Image.Image:
    """The whole page, from its top."""
    visitor.page.evaluate("document.activeElement?.blur(); scrollTo(0, 0)")
    return opened(visitor.page.screenshot(full_page=True))


def beside(images: Sequence[Image.Image]) -> Image.Image:
    """Pictures next to each other."""
    height = min(TALLEST, max(image.height for image in images))
    width = sum(image.width for image in images) + GAP * (len(images) - 1)
    sheet = Image.new("RGB", (width, height), BACKGROUND)
    at = 0
    for image in images:
        sheet.paste(image.crop((0, 0, image.width, min(height, image.height))), (at, 0))
        at += image.width + GAP
    return sheet


def fitted(image: Image.Image) -> bytes:
    """A PNG of at most `LARGEST` bytes: fewer colours first, then fewer pixels."""
    while True:
        for colours in (256, 128, 64):
            few = image.quantize(colours, dither=Image.Dither.NONE)
            data = pictures.saved(few, "PNG", optimize=True)
            if len(data) <= LARGEST:
                return data
        image = image.resize((image.width * 9 // 10, image.height * 9 // 10), Image.Resampling.LANCZOS)


def shots(photographer: Photographer, share: str, withdrawn: str, suspended: str) -> dict[str, list[Shot]]:
    """File name → the pictures that are in it, from left to right."""
    p = photographer

    def small(image: Image.Image) -> Image.Image:
        return image.resize((image.width * 2 // 5, image.height * 2 // 5), Image.Resampling.LANCZOS)

    return {
        "certificate": [lambda: p.face("citizen", "valid")],
        "faces": [
            lambda: small(p.face("citizen", "valid")),
            lambda: small(p.face("citizen", "new-energy")),
            lambda: small(p.face("citizen_portal", "minibus")),
        ],
        "print": [p.sheet],
        "verdict-pages": [
            lambda w=w: p.behind(w) for w in ("valid", "superseded", "suspended", "forged: one bit")
        ],
        "verdict-pages-2": [
            lambda: p.behind("expired"),
            lambda: p.behind("revoked"),
            lambda: p.behind("not_yet_valid"),
            lambda: p.page("/V/HELLO"),
        ],
        "verdict-pages-english": [
            lambda: p.behind("valid", locale="en-GB"),
            lambda: p.behind("valid", locale="en-GB", color_scheme="dark"),
            lambda: p.behind("forged: one bit", locale="en-GB", color_scheme="dark"),
        ],
        "verdict-print": [lambda: p.printed("/V/" + code_of(p.stack).rpartition("/V/")[2])],
        "share-pages": [
            lambda path=path: p.page(path) for path in (share, suspended, withdrawn, f"/s/{'A' * 43}")
        ],
        "scanner": [
            lambda: p.scanner("zh-CN", lambda v: v.scanner(offline_ready=True)),
            lambda: p.scanner("zh-CN", lambda v: v.paste(v.code("valid"))),
            p.without_list,
            lambda: p.scanner("en", lambda v: v.paste("no code"), color_scheme="dark"),
        ],
        "citizen-demo": [lambda upto=upto: p.demo(upto) for upto in ("sign-in", "vehicles", "certificate")],
        "start": [
            lambda: p.page("/"),
            lambda: p.page("/", locale="en-GB", color_scheme="dark"),
        ],
    }


def code_of(stack: Stack) -> str:
    """The first sample's code."""
    return str(stack.document["samples"][0]["code"])


def take(stack: Stack, to: Path, only: Sequence[str]) -> None:
    """Take the pictures and say how large each is."""
    first, second = (stack.sample(owner=o, why="valid")["certificate_id"] for o in ("citizen", "citizen_2"))
    with (
        sync_playwright() as tool,
        launch(tool) as browser,
        links.suspended(stack, second, "citizen_2") as suspended,
    ):
        wanted = shots(
            Photographer(stack, browser), links.shared(stack, first), links.withdrawn(stack, first), suspended
        )
        for name, taken in wanted.items():
            if only and name not in only:
                continue
            data = fitted(beside([shot() for shot in taken]))
            (to / f"{name}.png").write_bytes(data)
            print(f"  {name}.png  {len(data):,} bytes", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Take pictures of every page and face."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.screenshots", description=main.__doc__)
    parser.add_argument("--state", type=Path, help="state directory of a deployment that runs")
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "images", help="default: docs/images")
    parser.add_argument("only", nargs="*", metavar="NAME", help="pictures to take (default: all)")
    given = parser.parse_args(arguments)
    given.to.mkdir(parents=True, exist_ok=True)
    if given.state:
        take(Stack(given.state), given.to, given.only)
        return 0
    with tempfile.TemporaryDirectory() as place:
        state = Path(place)
        try:
            print("… starting a deployment", flush=True)
            started = run(state, "--detach", "--port", "0", "--count", "100")
            if started.returncode:
                print(started.stdout, file=sys.stderr)
                return 1
            take(Stack(state), given.to, given.only)
        finally:
            run(state, "--stop")
    return 0


if __name__ == "__main__":
    sys.exit(main())
