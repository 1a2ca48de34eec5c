"""Pictures of every page and face for docs/images, taken from a local deployment.

    make screenshots [ARGS="--state DIRECTORY --to docs/images NAME …"]

Without --state a deployment is started for it, and stopped afterwards.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.browser import pictures
from tests.browser.site import Visitor, launch, sample
from tests.browser.views import Views
from tests.e2e import links
from tests.e2e.deployment import ROOT, Stack, run
from tests.render import gallery
from tests.render.samples import ORDINARY

LARGEST = 180_000
"""Bytes of a picture."""
GAP = 16
BACKGROUND = "#8f979e"
TALLEST = 1250
"""Pixels: a page is cut off below; what follows is text."""
BESIDE_THE_POINT = {"app: vehicles": ("#sign-in",), "app": ("#sign-in", "#mine", "#others")}
"""Parts of a page that are left out of its picture."""


@dataclass(frozen=True, slots=True)
class Photographer:
    """Takes pictures of one deployment."""

    stack: Stack
    browser: Browser
    shares: Mapping[str, str]
    """Paths of share links, by their names in tests/browser/views.py."""

    @contextlib.contextmanager
    def visitor(self, **options: object) -> Iterator[Visitor]:
        """Somebody with a phone."""
        somebody = Visitor(self.browser, self.stack, **options)
        try:
            yield somebody
        finally:
            somebody.leave()

    def view(self, name: str, lang: str = "zh-CN", **options: object) -> Image.Image:
        """A page by its name in tests/browser/views.py."""
        with self.visitor(**options) as visitor:
            page = Views(visitor, lambda kind: self.shares[kind]).open(name, lang)
            if name == "app":
                page.get_by_role("button", name="分享").click()
                page.locator("#shares li").first.wait_for()
            for part in BESIDE_THE_POINT.get(name, ()):
                page.evaluate("(part) => { document.querySelector(part).hidden = true; }", part)
            return whole(visitor)

    def given(self, name: str, body: bytes, kind: str = "image/png") -> Image.Image:
        """/verify after somebody chose a file that is of no use."""
        with self.visitor() as visitor:
            visitor.scanner()
            visitor.give(name, body, kind)
            return whole(visitor)

    def ready(self) -> Image.Image:
        """/verify when it has everything that it needs without a network."""
        with self.visitor() as visitor:
            visitor.scanner(offline_ready=True)
            return whole(visitor)

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
    """A PNG of 256 colours, with as many pixels as `LARGEST` allows."""
    while True:
        few = image.quantize(256, kmeans=3, dither=Image.Dither.NONE)
        data = pictures.saved(few, "PNG", optimize=True)
        if len(data) <= LARGEST:
            return data
        image = image.resize((image.width * 9 // 10, image.height * 9 // 10), Image.Resampling.LANCZOS)


def shots(p: Photographer) -> dict[str, Callable[[], list[Image.Image]]]:
    """File name → the pictures that are in it, from left to right."""

    def views(*names: str) -> Callable[[], list[Image.Image]]:
        return lambda: [p.view(name) for name in names]

    def english(*names: str) -> list[Image.Image]:
        return [p.view(name, "en", color_scheme="dark") for name in names]

    blank = pictures.saved(Image.new("RGB", (400, 300), "white"))
    valid, expired = (str(sample(p.stack, why)["code"]) for why in ("valid", "expired"))
    two = pictures.beside(pictures.code(valid), pictures.code(expired))
    return {
        "certificate": lambda: [gallery.shown(ORDINARY, 5 / 9)],
        "faces-grounds": lambda: list(gallery.grounds()),
        "faces-kinds": lambda: list(gallery.kinds()),
        "faces-plates": lambda: [gallery.plates()],
        "print": lambda: [gallery.page()],
        "print-black": lambda: [gallery.page_without_greys()],
        "verdicts": views("verdict valid", "verdict superseded", "verdict suspended", "verdict forged"),
        "verdicts-more": views("verdict expired", "verdict revoked", "verdict not_yet_valid", "not a code"),
        "verdicts-dark": lambda: english(
            "verdict valid", "verdict expired", "verdict superseded", "verdict forged"
        ),
        "verdict-print": lambda: [p.printed("/V/" + valid.rpartition("/V/")[2])],
        "share": views("share", "suspended share", "withdrawn share", "no such share"),
        "share-gone": views("notice share-expired", "notice superseded", "notice revoked", "notice expired"),
        "share-dark": lambda: english("share", "suspended share", "withdrawn share"),
        "notices": views(
            "notice suspended", "notice no-such-format", "notice too-many-requests", "notice unavailable"
        ),
        "verify": lambda: [
            p.ready(),
            p.view("result"),
            p.view("unchecked result"),
            p.view("forged result", "en", color_scheme="dark"),
        ],
        "verify-problems": lambda: [
            p.given("blank.png", blank),
            p.given("two.png", pictures.saved(two)),
            p.given("mark.pdf", b"%PDF-1.7", "application/pdf"),
            p.view("problem", "en", color_scheme="dark"),
        ],
        "app": views("app: sign-in", "app: vehicles", "app"),
        "start": lambda: [p.view("start"), *english("start")],
    }


def take(stack: Stack, to: Path, only: Sequence[str]) -> None:
    """Take the pictures and say how large each is."""
    first, second = (stack.sample(owner=o, why="valid")["certificate_id"] for o in ("citizen", "citizen_2"))
    with (
        sync_playwright() as tool,
        launch(tool) as browser,
        links.suspended(stack, second, "citizen_2") as suspended,
    ):
        shares = {
            "share": links.shared(stack, first),
            "suspended share": suspended,
            "withdrawn share": links.withdrawn(stack, first),
        }
        total = 0
        for name, taken in shots(Photographer(stack, browser, shares)).items():
            if only and name not in only:
                continue
            data = fitted(beside(taken()))
            (to / f"{name}.png").write_bytes(data)
            total += len(data)
            print(f"  {name}.png  {len(data):,} bytes", flush=True)
        print(f"  {total:,} bytes in all")


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
