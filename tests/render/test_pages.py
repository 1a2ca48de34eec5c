"""Pages: complete without scripts, safe with anything in them, honest about what was not checked."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jianbiao.domain.policy import default_policy
from jianbiao_render import looks, pages, words
from jianbiao_render.svg import svg
from tests.render.samples import FULL, ORDINARY

LANGUAGES = ["zh-CN", "en"]
CERTIFICATE = {
    "certificate_id": ORDINARY.certificate_id,
    "plate": "黑A12345",
    "plate_class": {"code": "02", "zh": "小型汽车", "en": "small car"},
    "vehicle_type": {"code": "K33", "zh": "小型轿车", "en": "small saloon car"},
    "valid_until": "2027-03-31",
    "issued_at": "2026-11-30T08:53:20+08:00",
    "issuer": {"code": "230100", "zh": ORDINARY.issuer.zh, "en": ORDINARY.issuer.en},
}
SHARED = pages.Shared(
    svg=svg(ORDINARY),
    suspended=False,
    valid_until=ORDINARY.valid_until,
    state_as_of=1_796_000_000,
    expires_at=1_796_086_400,
    pdf_url="/s/token?format=pdf",
    png_url="/s/token?format=png",
    verify_url=ORDINARY.code,
)


def answer(verdict: str, checked: str = "store", **changes: Any) -> dict[str, Any]:
    """The JSON of POST /v1/verify."""
    made = {
        "verdict": verdict,
        "reason": None,
        "status_checked": checked,
        "status_as_of": None if checked == "none" else "2026-12-02T09:30:00+08:00",
        "checked_at": "2026-12-02T09:31:07+08:00",
        "certificate": None if verdict == "forged" else CERTIFICATE,
        "message": default_policy().verdict_text(verdict, checked=checked != "none"),
    }
    return made | changes


class Reader(HTMLParser):
    """Tags, attributes and text; notices tags that do not close in order."""

    VOID = frozenset({"meta", "link", "br", "hr", "img", "input", "circle", "path", "use", "rect", "stop"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in {"style", "title", "desc"}:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def every_page(lang: str) -> dict[str, str]:
    made = {
        verdict: pages.verdict_page(answer(verdict), lang, "")
        for verdict in words.VERDICTS
        if verdict != "unchecked"
    }
    made["unchecked"] = pages.verdict_page(answer("valid", "none"), lang, "/V/ABC", notice="演示 DEMO")
    made["not-a-code"] = pages.not_a_code_page(lang)
    made |= {f"notice {code}": pages.gone_page(code, lang) for code in words.NOTICES}
    made["share"] = pages.share_page(SHARED, lang, "/s/token")
    link = pages.Link(("扫描", "Scan"), ("用摄像头。", "With the camera."), "/verify")
    made["start"] = pages.start_page([pages.Section(("核验", "Verify"), [link])], lang)
    return made


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_page_is_whole_scriptless_and_loads_nothing(lang: str) -> None:
    for name, html in every_page(lang).items():
        page = Reader(html)
        assert html.startswith("<!doctype html>"), name
        assert page.all("html") == [{"lang": lang}], name
        assert not {"script", "iframe", "object", "form", "img"} & {tag for tag, _ in page.tags}, name
        assert not {
            a for _, attributes in page.tags for a in attributes if a == "style" or a.startswith("on")
        }
        assert [link["rel"] for link in page.all("link")] == ["icon"], name
        assert (page.all("link")[0]["href"] or "").startswith("data:"), name
        assert len(page.all("h1")) == 1, name
        ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
        assert len(ids) == len(set(ids)), name
        for _, attributes in page.tags:
            for reference in (attributes.get("aria-labelledby") or "").split():
                assert reference in ids, name


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_page_but_the_face_itself_is_at_most_30_kb(lang: str) -> None:
    for name, html in every_page(lang).items():
        limit = 30_000 + (len(SHARED.svg) if name == "share" else 0)
        assert len(html.encode()) <= limit, name


@pytest.mark.parametrize("lang", LANGUAGES)
def test_both_languages_are_on_every_page_and_one_click_apart(lang: str) -> None:
    other = "en" if lang == "zh-CN" else "zh-CN"
    for name, html in every_page(lang).items():
        page = Reader(html)
        marked = {attributes.get("lang") for _, attributes in page.tags}
        assert {"zh-CN", "en"} <= marked, name
        assert any((a["href"] or "").endswith(f"?lang={other}") for a in page.all("a")), name


def test_the_style_block_is_the_one_that_the_policy_allows() -> None:
    policy = pages.csp()
    assert "unsafe" not in policy
    for html in every_page("zh-CN").values():
        (block,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(block.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
        assert "url(" not in block
        assert "@import" not in block


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    "verdict", [verdict for verdict in words.VERDICTS if verdict not in {"unchecked", "forged"}]
)
def test_a_verdict_page_says_what_to_compare(verdict: str, lang: str) -> None:
    html = pages.verdict_page(answer(verdict, "list"), lang, "")
    text = Reader(html).text
    assert f'class="verdict {verdict}"' in html
    for part in (*words.VERDICTS[verdict][0], *words.VERDICTS[verdict][1], *words.COMPARE[0], "小型汽车", "small car",
                 "小型轿车", "2027年03月31日", "31 March 2027", ORDINARY.issuer.zh, ORDINARY.certificate_id,
                 "2026-12-02 09:31:07", "2026-12-02 09:30:00"):  # fmt: skip
        assert part in text, part
    assert "黑A" in text
    assert "12345" in text


@pytest.mark.parametrize("checked", ["none", "", "something new"])
def test_valid_without_a_checked_state_is_never_the_green_page(checked: str) -> None:
    html = pages.verdict_page(answer("valid", checked), "en", "")
    assert 'class="verdict unchecked"' in html
    assert 'class="verdict valid"' not in html
    text = Reader(html).text
    assert "could not be looked up now" in text
    assert "签名真实" in text


@pytest.mark.parametrize("reason", [*words.FORGED_REASONS, None, "<b>new</b>"])
def test_forged_shows_nothing_of_the_code(reason: str | None) -> None:
    # Even an answer that wrongly carries a certificate must not bring it onto the page.
    html = pages.verdict_page(answer("forged", reason=reason, certificate=CERTIFICATE), "zh-CN", "")
    for value in ("黑A", "12345", "2027", ORDINARY.certificate_id, ORDINARY.issuer.zh, "小型", "<b>"):
        assert value not in html
    assert "伪造" in html
    if reason in words.FORGED_REASONS:
        assert words.FORGED_REASONS[reason][0] in html


def test_colour_is_never_the_only_sign() -> None:
    icons = set()
    for look in words.VERDICTS:
        html = every_page("zh-CN")[look]
        assert words.VERDICTS[look][0][0] in html
        icons.add(re.findall(r'<svg class="icon".*?</svg>', html, re.DOTALL)[0])
    assert len(icons) == len(words.VERDICTS)


TEXT = st.text(max_size=60)
NAMED = st.fixed_dictionaries({"code": TEXT, "zh": TEXT, "en": TEXT})


@settings(max_examples=60, deadline=None)
@given(plate=TEXT, named=NAMED, identifier=TEXT)
def test_whatever_a_certificate_says_stays_text(plate: str, named: dict[str, str], identifier: str) -> None:
    hostile = "</dd><script>alert(1)</script>" + plate
    certificate = CERTIFICATE | {
        "plate": hostile, "plate_class": named, "vehicle_type": named, "issuer": named, "certificate_id": identifier
    }  # fmt: skip
    html = pages.verdict_page(answer("valid", certificate=certificate), "en", '/V/"><script>')
    assert "<script" not in html
    Reader(html)


def test_share_page_offers_files_and_keeps_the_preview_impersonal() -> None:
    page = Reader(pages.share_page(SHARED, "zh-CN", "/s/token"))
    links = {a["href"] for a in page.all("a")}
    assert {"/s/token?format=pdf", "/s/token?format=png", ORDINARY.code} <= links
    previews = json.dumps([m for m in page.all("meta") if "property" in m or m.get("name") == "description"])
    assert "og:title" in previews
    for private in ("12345", ORDINARY.certificate_id, "2027", "small car"):
        assert private not in previews
    assert "2026-12-01 08:53" in page.text
    assert "2026-11-30 08:53" in page.text
    assert [m["content"] for m in page.all("meta") if m.get("name") == "robots"] == ["noindex, nofollow"]
    assert [m["content"] for m in page.all("meta") if m.get("name") == "referrer"] == ["no-referrer"]


def test_a_suspended_share_says_so_and_offers_no_file() -> None:
    from dataclasses import replace

    html = pages.share_page(replace(SHARED, suspended=True), "en", "/s/token")
    assert "Suspended" in html
    assert 'class="state suspended"' in html
    assert "format=pdf" not in html
    assert "format=png" not in html


@pytest.mark.parametrize("code", sorted(words.NOTICES))
def test_a_notice_says_which_and_what_to_ask_for(code: str) -> None:
    text = Reader(pages.gone_page(code, "en")).text
    for pair in words.NOTICES[code]:
        assert pair[0] in text
        assert pair[1] in text


def test_unknown_notices_and_languages_are_refused() -> None:
    with pytest.raises(KeyError):
        pages.gone_page("something", "en")
    with pytest.raises(ValueError, match="zh-CN"):
        pages.not_a_code_page("de")


@pytest.mark.parametrize(
    ("header", "chosen", "expected"),
    [
        (None, None, "zh-CN"), ("", None, "zh-CN"), ("en-GB,en;q=0.9,zh;q=0.8", None, "en"),
        ("zh-TW,en", None, "zh-CN"), ("fr", None, "zh-CN"), ("de,en;q=0.5", None, "en"),
        ("zh;q=0.1,en;q=0.9", None, "en"), ("en;q=0", None, "zh-CN"), ("en;q=nan", None, "zh-CN"),
        ("en;q=abc, zh", None, "zh-CN"), ("en", "zh-CN", "zh-CN"), ("zh", "en", "en"), ("en", "xx", "en"),
        ("en;level=1;q=0.4", None, "zh-CN"), (",;,=;q=" * 400, None, "zh-CN"),
    ],
)  # fmt: skip
def test_language(header: str | None, chosen: str | None, expected: str) -> None:
    assert pages.language(header, chosen) == expected


def test_every_look_of_a_plate_has_a_style() -> None:
    css = pages.style()
    # `blue` is the look without a class of its own.
    for name in {looks.plate_name(f"{code:02}") for code in range(100)} - {"blue"}:
        assert f".plate.{name}{{" in css


def contrast(a: str, b: str) -> float:
    """WCAG 2.2 contrast ratio of two colours "#rrggbb"."""

    def luminance(colour: str) -> float:
        channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_text_on_faces_and_plates_has_contrast() -> None:
    for name in looks.ground_names():
        ground = looks.ground(name)
        assert contrast(ground.main, ground.on_main) >= 4.5, name
        assert contrast(ground.tint, ground.deep) >= 7, name
    for code in ("01", "02", "23", "26", "51", "52"):
        style = looks.plate(code)
        # Plate characters are large text: 3 is the bar; the dark end of a gradient counts.
        assert min(contrast(colour, style.ink) for colour in style.ground) >= 4.5, code
        assert min(contrast(colour, style.mark) for colour in style.ground) >= 3, code


def test_importing_the_pages_imports_no_library() -> None:
    probe = (
        "import sys; sys.path[:0] = ['layers/render']; import jianbiao_render.pages as p; p.csp(); p.language('en'); "
        "print([m for m in ('jinja2', 'PIL', 'reportlab', 'fontTools', 'qrcode') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", probe], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "[]"


def test_a_verdict_page_needs_no_drawing_library() -> None:
    assert FULL.watermark
    probe = (
        "import sys, json; sys.path[:0] = ['layers/render']; import jianbiao_render.pages as p; "
        f"p.verdict_page(json.loads({json.dumps(answer('valid'))!r}), 'en', ''); "
        "print([m for m in ('PIL', 'reportlab', 'fontTools', 'qrcode') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", probe], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "[]"
