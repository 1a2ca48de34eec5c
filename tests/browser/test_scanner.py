"""/verify: what is pasted, chosen as a picture or held before the camera, and judged inside the browser."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Playwright

from tests.browser import pictures
from tests.browser.site import Visitor, launch
from tests.e2e.deployment import ROOT, Stack

VECTORS = ROOT / "docs" / "vectors"
VERDICTS = ["valid", "expired", "superseded", "suspended", "revoked", "not_yet_valid"]
FORGED = ["forged: one bit", "forged: signed by a key"]


@pytest.mark.parametrize("why", VERDICTS)
def test_a_pasted_code_is_judged_as_the_server_would(visitor: Visitor, why: str) -> None:
    sample = visitor.sample(why)
    visitor.scanner()
    assert visitor.paste(sample["code"]) == why
    shown = visitor.page.inner_text("#result").replace("\n", "")
    assert sample["plate"] in shown
    server = visitor.stack.call("POST", "/v1/verify", json_body={"code": sample["code"]}).json
    assert server["verdict"] == why
    face = server["certificate"]
    for text in (
        face["certificate_id"],
        face["issuer"]["zh"],
        face["vehicle_type"]["en"],
        face["plate_class"]["zh"],
    ):
        assert text in shown
    year, month, day = face["valid_until"].split("-")
    assert f"{year}年{month}月{day}日" in shown


@pytest.mark.parametrize("why", FORGED)
def test_nothing_of_a_forged_code_is_shown(visitor: Visitor, why: str) -> None:
    sample = visitor.sample(why)
    visitor.scanner("en")
    assert visitor.paste(sample["code"]) == "forged"
    shown = visitor.page.inner_text("#result")
    assert sample["plate"] not in shown
    assert ("signature does not match" if "bit" in why else "not a published one") in shown


def test_what_only_the_store_knows_is_asked_online(visitor: Visitor) -> None:
    sample = visitor.sample("forged: our key signed it")
    visitor.scanner()
    # The list has no entry for it, so here it is genuine; the button leads to the page that asks the store.
    assert visitor.paste(sample["code"]) == "valid"
    visitor.page.click("[data-slot=online]")
    visitor.page.wait_for_url("**/V/**")
    assert "伪造" in visitor.page.inner_text("h1")


@pytest.mark.parametrize("text", ["", "hello", "https://example.com/", "HTTPS://X/V/ABC=", "x" * 3000])
def test_other_texts_are_no_codes(visitor: Visitor, text: str) -> None:
    visitor.scanner()
    assert visitor.paste(text) == "Not an inspection mark code"


def test_a_downloaded_picture_is_read_by_the_compiled_decoder(visitor: Visitor) -> None:
    visitor.context.add_init_script("delete globalThis.BarcodeDetector;")
    sample = visitor.stack.sample(owner="citizen", why="valid")
    reply = visitor.stack.call(
        "GET", f"/v1/certificates/{sample['certificate_id']}/file?format=png", token="citizen"
    )
    png = visitor.stack.call("GET", reply.headers["location"].removeprefix(visitor.stack.base_url)).body
    visitor.scanner()
    assert visitor.give("mark.png", png) == "valid"
    assert visitor.page.evaluate("document.activeElement.id") == "verdict"
    photo = pictures.photographed(Image.open(io.BytesIO(png)))
    assert visitor.give("photo.jpg", photo, "image/jpeg") == "valid"


def test_two_marks_in_one_picture_are_not_guessed_between(visitor: Visitor) -> None:
    one, other = (pictures.code(visitor.code(why)) for why in ("valid", "expired"))
    visitor.scanner()
    said = visitor.give("two.png", pictures.saved(pictures.beside(one, other)))
    assert said == "More than one inspection mark in view"
    # The same one twice, or beside an unrelated code, leaves no doubt.
    assert visitor.give("same.png", pictures.saved(pictures.beside(one, one))) == "valid"
    unrelated = pictures.code("https://example.com/pay")
    assert visitor.give("beside.png", pictures.saved(pictures.beside(one, unrelated))) == "valid"


def test_a_mark_is_found_beside_a_larger_code_of_another_kind(visitor: Visitor) -> None:
    """Reduced to 1600 pixels, only the stranger can be read."""
    picture = Image.new("RGB", (4000, 1600), "white")
    picture.paste(pictures.code("https://example.com/pay", scale=40), (0, 0))
    picture.paste(pictures.code(visitor.code("valid"), scale=2), (3000, 400))
    visitor.scanner()
    assert visitor.give("both.png", pictures.saved(picture)) == "valid"


def test_a_transparent_picture_is_seen_on_white(visitor: Visitor) -> None:
    image = pictures.code(visitor.code("valid")).convert("L")
    clear = Image.new("RGBA", image.size, (0, 0, 0, 0))
    clear.paste((0, 0, 0, 255), mask=image.point(lambda v: 255 - v))
    visitor.scanner()
    assert visitor.give("clear.png", pictures.saved(clear)) == "valid"


def test_wrong_files_get_an_answer_that_helps(visitor: Visitor, tmp_path: Path) -> None:
    huge = tmp_path / "big.png"
    huge.write_bytes(pictures.saved(Image.new("RGB", (400, 300), "white")) + bytes(50 * 2**20))
    blank = Image.new("RGB", (400, 300), "white")
    stranger = pictures.saved(pictures.code("https://example.com/pay"))
    mark = pictures.code(visitor.code("valid"))
    visitor.scanner()
    cases = [
        ("blank.png", pictures.saved(blank), "image/png", "No code found in the picture"),
        ("other.png", stranger, "image/png", "Not an inspection mark code"),
        ("big.png", huge, "image/png", "The picture is too large"),
        ("bomb.png", pictures.bomb(), "image/png", "The picture is too large"),
        ("mark.pdf", b"%PDF-1.7\n...", "application/pdf", "This is a PDF, not a picture"),
        ("torn.png", pictures.saved(blank)[:60], "image/png", "This file cannot be read as a picture"),
        ("empty.png", b"", "image/png", "This file cannot be read as a picture"),
        ("text.png", b"no picture at all", "image/png", "This file cannot be read as a picture"),
        ("none.gif", pictures.animated(blank, blank), "image/gif", "No code found in the picture"),
        ("mark.gif", pictures.animated(mark, blank), "image/gif", "valid"),
    ]
    got = {name: visitor.give(name, body, kind) for name, body, kind, _ in cases}
    assert got == {name: expected for name, _, _, expected in cases}


def test_the_browser_s_own_detector_comes_first(visitor: Visitor) -> None:
    code = visitor.code("valid")
    visitor.context.add_init_script(
        f"""globalThis.BarcodeDetector = class {{
            static async getSupportedFormats() {{ return ['qr_code']; }}
            async detect() {{ return [{{ rawValue: {json.dumps(code)} }}]; }}
        }};"""
    )
    loaded: list[str] = []
    visitor.context.on("request", lambda request: loaded.append(request.url))
    visitor.scanner(offline_ready=True)
    assert visitor.give("any.png", pictures.saved(Image.new("RGB", (50, 50)))) == "valid"
    assert loaded
    assert not [url for url in loaded if "zxing" in url]


def test_a_detector_that_fails_is_replaced(visitor: Visitor) -> None:
    visitor.context.add_init_script(
        """globalThis.BarcodeDetector = class {
            static async getSupportedFormats() { return ['qr_code']; }
            async detect() { throw new DOMException('not installed', 'NotSupportedError'); }
        };"""
    )
    visitor.scanner()
    mark = pictures.code(visitor.code("valid"))
    assert visitor.give("mark.png", pictures.saved(mark)) == "valid"


def test_hostile_codes_are_judged_by_the_page_as_by_the_reference(visitor: Visitor) -> None:
    cases = json.loads((VECTORS / "hostile.json").read_text("utf-8"))["cases"]
    keys = (VECTORS / "keys.json").read_text("utf-8")
    page = visitor.scanner()
    said = page.evaluate(
        """async ([keys, cases]) => {
            const { NotACode, inspect, trust } = await import(document.querySelector('script[src]').src);
            const known = { keys: await trust.keys.constructor.fromJwks(keys), list: () => undefined };
            const judged = [];
            for (const { code, now } of cases) {
                try {
                    const { verdict, reason, claims } = await inspect(code, known, now);
                    judged.push([verdict, reason, claims === null]);
                } catch (error) {
                    judged.push([error instanceof NotACode ? 'not-a-code' : String(error), null, true]);
                }
            }
            return judged;
        }""",
        [keys, cases],
    )
    assert len(said) == len(cases) > 300
    for case, (verdict, reason, nothing_shown) in zip(cases, said, strict=True):
        expected = case["error"] if "error" in case else case["verdict"]
        assert (case["name"], verdict, nothing_shown) == (case["name"], expected, True)
        if case.get("reason"):
            assert (case["name"], reason) == (case["name"], case["reason"])


class TestCamera:
    """Chromium's fake camera plays a file."""

    @pytest.fixture
    def before_camera(
        self, tool: Playwright, stack: Stack, visitor: Visitor, tmp_path: Path, request: pytest.FixtureRequest
    ) -> Iterator[Visitor]:
        file = tmp_path / "camera.mjpeg"
        image = pictures.code(visitor.code("valid"))
        if request.param == "two":
            image = pictures.beside(image, pictures.code(visitor.code("expired")))
            frame = Image.new("RGB", (1280, 720), "white")
            frame.paste(image.resize((1240, 620), Image.Resampling.LANCZOS), (20, 50))
            file.write_bytes(pictures.saved(frame, "JPEG", quality=92))
        else:
            file.write_bytes(pictures.motion(image))
        switches = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={file}"]
        with launch(tool, switches) as browser:
            before = Visitor(browser, stack, permissions=[] if request.param == "denied" else ["camera"])
            yield before
            assert before.complaints == []
            before.leave()

    @pytest.mark.parametrize("before_camera", ["one"], indirect=True)
    def test_a_code_in_view_is_verified_and_the_camera_goes_off(self, before_camera: Visitor) -> None:
        page = before_camera.scanner()
        page.click("#start")
        assert before_camera.shown() == "valid"
        assert page.locator("#camera").is_hidden()
        assert page.evaluate("document.querySelector('#view').srcObject") is None

    @pytest.mark.parametrize("before_camera", ["two"], indirect=True)
    def test_two_codes_in_view_are_told_and_none_is_taken(self, before_camera: Visitor) -> None:
        page = before_camera.scanner("en")
        page.click("#start")
        page.get_by_text("More than one inspection mark in view").wait_for()
        assert page.locator("#result").is_hidden()
        page.click("#stop")
        page.locator("#start").wait_for()

    @pytest.mark.parametrize("before_camera", ["denied"], indirect=True)
    def test_without_permission_other_ways_are_named(self, before_camera: Visitor) -> None:
        page = before_camera.scanner("en")
        page.click("#start")
        assert before_camera.shown() == "The camera is not allowed"
        assert "choose a picture" in page.inner_text("#result")

    @pytest.mark.parametrize("before_camera", ["one"], indirect=True)
    def test_torch_and_zoom_are_offered_where_the_camera_has_them(self, before_camera: Visitor) -> None:
        before_camera.context.add_init_script(
            """MediaStreamTrack.prototype.getCapabilities =
                () => ({ torch: true, zoom: { min: 1, max: 4, step: 0.5 } });
            MediaStreamTrack.prototype.applyConstraints = async (wish) => { (globalThis.wishes ??= []).push(wish); };
            globalThis.BarcodeDetector = class {
                static async getSupportedFormats() { return ['qr_code']; }
                async detect() { return []; }
            };"""
        )
        page = before_camera.scanner()
        page.click("#start")
        page.click("#torch")
        page.wait_for_selector("#torch[aria-pressed=true]")
        page.fill("#zoom input", "2.5")
        assert page.evaluate("globalThis.wishes") == [
            {"advanced": [{"torch": True}]},
            {"advanced": [{"zoom": 2.5}]},
        ]


def test_a_browser_without_a_camera_says_so(chromium: Browser, stack: Stack) -> None:
    visitor = Visitor(chromium, stack, permissions=["camera"])
    page = visitor.scanner("en")
    page.click("#start")
    assert visitor.shown() == "There is no camera to use"
    visitor.leave()
