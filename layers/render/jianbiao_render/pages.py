"""The HTML pages: verdict behind a scanned code, share, notices, start. Complete without scripts.

Every page carries one style block whose hash `csp()` names; nothing else is loaded, from nowhere. jinja2 is imported
when the first page is made, so that importing this module costs nothing.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from jianbiao_render import words

LANGUAGES: Final = ("zh-CN", "en")
_TEMPLATES: Final = Path(__file__).with_name("templates")
ICON: Final = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' "
    "height='16' rx='4' fill='%231f8257'/%3E%3Cpath d='M4 4h3v3H4zM9 4h3v3H9zM4 9h3v3H4zM10 10h2v2h-2z' "
    "fill='%23fff'/%3E%3C/svg%3E"
)


@dataclass(frozen=True, slots=True)
class Shared:
    """What the page of a share link shows."""

    svg: str
    """The face as `svg.svg` draws it."""
    suspended: bool
    """True: the page says so and offers no files. Other states have no share page, but a notice."""
    valid_until: date
    state_as_of: int
    """Epoch seconds at which the state was read."""
    expires_at: int
    """Epoch seconds at which the link ends."""
    pdf_url: str
    png_url: str
    verify_url: str
    """Address of the verdict page: the certificate's code."""


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of the start page; an `href` of None is shown as text."""

    title: words.Pair
    description: words.Pair
    href: str | None


@dataclass(frozen=True, slots=True)
class Section:
    """A group of links on the start page."""

    title: words.Pair
    links: Sequence[Link]


def csp() -> str:
    """Value of the Content-Security-Policy header for every page of this module."""
    return (
        f"default-src 'none'; style-src '{style_hash()}'; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


def headers(policy: str | None = None, *, camera: bool = False) -> dict[str, str]:
    """Headers every page is sent with, names in lower case; Cache-Control is the caller's. `policy` is the page's
    Content-Security-Policy where `csp()` is not, `camera` whether it may ask for the camera."""
    return {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": policy or csp(),
        "permissions-policy": f"camera={'(self)' if camera else '()'}, microphone=(), geolocation=()",
        "cross-origin-opener-policy": "same-origin",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-robots-tag": "noindex, nofollow",
        "vary": "accept-language",
    }


@cache
def style() -> str:
    """The one style block."""
    return (_TEMPLATES / "style.css").read_text("utf-8").strip()


@cache
def style_hash() -> str:
    """CSP source of `style()`: sha256-<base64>."""
    return "sha256-" + base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()


def language(accept_language: str | None, chosen: str | None = None) -> str:
    """The page's main language, "zh-CN" or "en": what was chosen (`?lang=`), else Accept-Language, else Chinese."""
    if chosen in LANGUAGES:
        return chosen
    best, weight = LANGUAGES[0], 0.0
    for entry in (accept_language or "")[:500].split(","):
        tag, _, quality = entry.partition(";")
        try:
            value = float(quality.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        primary = tag.strip().lower().partition("-")[0]
        known = {"zh": "zh-CN", "en": "en"}.get(primary)
        if known and weight < value <= 1:
            best, weight = known, value
    return best


def verdict_page(answer: Mapping[str, Any], lang: str, page_url: str, *, notice: str | None = None) -> str:
    """The page behind a scanned code, from the JSON answer of POST /v1/verify.

    `page_url` is the page's own path without query, or empty: the switch of language then is relative. `notice` is a
    line for deployments that are not production.

    `valid` with `status_checked` "none" is its own look, never the green one; `forged` shows nothing of the code. The
    sentence below the verdict is the answer's `message`, which the policy words.
    """
    verdict = str(answer["verdict"])
    unchecked = verdict == "valid" and answer["status_checked"] not in {"store", "list"}
    look = "unchecked" if unchecked else verdict
    certificate = None if verdict == "forged" else answer["certificate"]
    return page_of(
        "verdict.html",
        lang,
        page_url,
        notice,
        look=look,
        big=words.VERDICTS[look][0],
        word_size=word_size(words.VERDICTS[look][0], lang),
        sentence=(answer["message"]["zh"], answer["message"]["en"]),
        explained=words.VERDICTS[look][1],
        reason=words.FORGED_REASONS.get(str(answer.get("reason"))) if verdict == "forged" else None,
        advice=words.ADVICE[look],
        certificate=certificate,
        plate_style=_plate_style(certificate) if certificate else "",
        plate_parts=_plate_parts(certificate["plate"]) if certificate else ("", ""),
        source=_source(answer),
        checked_at=_moment(answer["checked_at"]),
        issued_at=_moment(certificate["issued_at"]) if certificate else "",
        valid_until=_day(date.fromisoformat(certificate["valid_until"])) if certificate else ("", ""),
    )


def not_a_code_page(lang: str, *, notice: str | None = None) -> str:
    """The answer to an address whose text is no inspection mark code: nothing was verified, and how to scan again."""
    return page_of(
        "notice.html",
        lang,
        "",
        notice,
        heading=words.NOT_A_CODE[0],
        sentence=words.NOT_A_CODE[1],
        advice_title=words.MORE,
        advice=words.NOT_A_CODE_ADVICE,
        icon_name="question",
    )


def gone_page(code: str, lang: str, *, notice: str | None = None) -> str:
    """A page for a link that shows nothing any more: share-expired, share-withdrawn, superseded, revoked, expired,
    and for not-found, suspended, no-such-format, too-many-requests, unavailable. Raises KeyError for another code.
    """
    heading, sentence, advice = words.NOTICES[code]
    return page_of(
        "notice.html",
        lang,
        "",
        notice,
        heading=heading,
        sentence=sentence,
        advice_title=words.GONE_ADVICE,
        advice=(advice,),
        icon_name="clock" if code in {"share-expired", "expired"} else "info",
    )


def share_page(shared: Shared, lang: str, page_url: str, *, notice: str | None = None) -> str:
    """The page of a share link: face, state as of now, downloads, when the link ends. Preview tags name nobody."""
    from markupsafe import Markup

    return page_of(
        "share.html",
        lang,
        page_url,
        notice,
        shared=shared,
        svg=Markup(shared.svg),  # noqa: S704 - made by our own svg.py, which escapes
        look="suspended" if shared.suspended else "valid",
        big=words.VERDICTS["suspended" if shared.suspended else "valid"][0],
        state_as_of=_local(shared.state_as_of),
        expires_at=_local(shared.expires_at),
        valid_until=_day(shared.valid_until),
    )


def start_page(sections: Iterable[Section], lang: str, *, notice: str | None = None) -> str:
    """The start page: what there is to try, as groups of links."""
    return page_of("start.html", lang, "", notice, sections=list(sections))


@cache
def _environment() -> Any:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals.update(words=words, icon_url=ICON)
    return environment


def page_of(template: str, lang: str, page_url: str, notice: str | None, **values: Any) -> str:
    """A template of this package as a page. Raises ValueError for a language that pages do not speak."""
    from markupsafe import Markup

    if lang not in LANGUAGES:
        raise ValueError(f"pages speak {', '.join(LANGUAGES)}")
    first = LANGUAGES.index(lang)
    other = LANGUAGES[1 - first]
    page: str = (
        _environment()
        .get_template(template)
        .render(
            lang=lang,
            other=other,
            first=first,
            page_url=page_url,
            notice=notice,
            style=Markup(style()),  # noqa: S704 - our own file; escaping would change the bytes that are hashed
            **values,
        )
    )
    return page


def word_size(big: words.Pair, lang: str) -> str:
    """CSS class that lets the verdict's word fill a narrow screen: w2 (largest) to w6."""
    if lang == "zh-CN":
        return f"w{min(len(big[0]), 6)}"
    # A Latin letter is about half as wide as a hanzi; only whole words wrap.
    longest = max(len(word) for word in big[1].split())
    return f"w{min(max((longest + 2) // 2, 3), 6)}"


def _plate_style(certificate: Mapping[str, Any]) -> str:
    from jianbiao_render import looks

    return looks.plate_name(certificate["plate_class"]["code"])


def _plate_parts(plate: str) -> tuple[str, str]:
    return ("", plate) if plate.startswith("使") or plate[1:2].isdigit() else (plate[:2], plate[2:])


def _source(answer: Mapping[str, Any]) -> words.Pair:
    as_of = _moment(answer["status_as_of"]) if answer.get("status_as_of") else ""
    zh, en = words.STATUS_SOURCES.get(str(answer["status_checked"]), words.STATUS_SOURCES["none"])
    return zh.format(as_of=as_of), en.format(as_of=as_of)


def _moment(text: str) -> str:
    """An RFC 3339 time of ours (offset +08:00) for reading: 2026-12-02 09:30:00."""
    return datetime.fromisoformat(text).strftime("%Y-%m-%d %H:%M:%S")


def _local(instant: int) -> str:
    from jianbiao_render.mark import CHINA

    return datetime.fromtimestamp(instant, CHINA).strftime("%Y-%m-%d %H:%M")


def _day(day: date) -> words.Pair:
    from jianbiao_render.mark import chinese_day, english_day

    return chinese_day(day), english_day(day)
