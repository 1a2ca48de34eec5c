"""The two pages that run scripts: verification in the browser (/verify) and the citizen demo (/app).

What their scripts show is in the page: every look of a verdict as a template made of the same markup as the page
behind a scanned code, and the texts and names of the policy as JSON. A script only fills in.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from jianbiao.domain.policy import Policy
from jianbiao_render import app_words, assets, looks, pages, verify_words, words

_TEMPLATES: Final = Path(__file__).with_name("templates")
_NOBODY: Final = {
    "certificate_id": "",
    "plate_class": {"zh": "", "en": ""},
    "vehicle_type": {"zh": "", "en": ""},
    "issuer": {"zh": "", "en": ""},
}
"""A certificate to be filled in."""


@dataclass(frozen=True, slots=True)
class Names:
    """What the policy calls things: code → (Chinese, English)."""

    verdicts: Mapping[str, words.Pair]
    """By look: the seven verdicts, and `unchecked`."""
    plate_classes: Mapping[str, words.Pair]
    vehicle_types: Mapping[str, words.Pair]


def verify_page(names: Names, lang: str, *, notice: str | None = None) -> str:
    """The page that verifies in the browser."""
    shown = [
        {
            "look": look,
            "big": big,
            "word_size": pages.word_size(big, lang),
            "sentence": names.verdicts[look],
            "explained": explained,
            "advice": words.ADVICE[look],
            "certificate": None if look == "forged" else _NOBODY,
            "reason": ("", "") if look == "forged" else None,
        }
        for look, (big, explained) in words.VERDICTS.items()
    ]
    known = {
        "lang": lang,
        "plate_classes": names.plate_classes,
        "vehicle_types": names.vehicle_types,
        "plate_looks": looks.plate_names(),
        "reasons": words.FORGED_REASONS,
        "states": verify_words.STATES,
        "problems": verify_words.PROBLEMS,
        "working": [verify_words.WORKING, verify_words.READING],
        "spare": assets.manifest()["spare"],
    }
    return pages.page_of(
        "verify.html",
        lang,
        "/verify",
        notice,
        tool=verify_words,
        tool_style=_raw(_style()),
        script=assets.address("verify"),
        looks=shown,
        known=_raw(_embedded(known)),
    )


def shown_verify(policy: Policy, lang: str, notice: str | None) -> tuple[str, dict[str, str]]:
    """The page that verifies in the browser as a policy words it, with its headers."""
    return verify_page(_names(policy), lang, notice=notice), verify_headers()


def shown_app(lang: str, notice: str | None, files_origin: str) -> tuple[str, dict[str, str]]:
    """The citizen demo with its headers."""
    return app_page(lang, notice=notice), app_headers(files_origin)


def _names(policy: Policy) -> Names:
    def pair(text: Mapping[str, str]) -> words.Pair:
        return text["zh"], text["en"]

    def table(name: str) -> dict[str, words.Pair]:
        coded = (policy.coded(name, code) for code in policy.codes(name))
        return {one.code: (one.zh, one.en) for one in coded}

    verdicts = {look: pair(policy.verdict_text(look)) for look in words.VERDICTS if look != "unchecked"}
    unchecked = pair(policy.verdict_text("valid", checked=False))
    return Names(verdicts | {"unchecked": unchecked}, table("plate_classes"), table("vehicle_types"))


def app_page(lang: str, *, notice: str | None = None) -> str:
    """The citizen demo."""
    return pages.page_of(
        "app.html",
        lang,
        "/app",
        notice,
        tool=app_words,
        tool_style=_raw(_style()),
        script=assets.address("app"),
        known=_raw(_embedded({"lang": lang, "texts": app_words.TEXTS, "plate_looks": looks.plate_names()})),
    )


def verify_headers() -> dict[str, str]:
    """Headers of `verify_page`: it compiles WebAssembly, reads its own origin and may ask for the camera."""
    policy = (
        f"default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src {_styles()}; img-src data:; "
        "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return pages.headers(policy, camera=True) | {"cache-control": "no-cache"}


def app_headers(files_origin: str = "") -> dict[str, str]:
    """Headers of `app_page`. `files_origin`: where files are, if not at the page's own origin."""
    policy = (
        f"default-src 'none'; script-src 'self'; style-src {_styles()}; img-src data: blob:; "
        f"connect-src 'self' {files_origin}".rstrip()
        + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return pages.headers(policy)


@cache
def _style() -> str:
    return (_TEMPLATES / "tools.css").read_text("utf-8").strip()


def _styles() -> str:
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"'{pages.style_hash()}' 'sha256-{digest}'"


def _embedded(value: Any) -> str:
    """JSON that can stand in a script element: no `<` in it, so nothing can end the element or open a comment."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _raw(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)  # noqa: S704 - our own style, and JSON without `<`
