"""The start page's links: what a deployment offers to try, and what verifiers need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jianbiao_render.pages import Link, Section
from jianbiao_render.words import Pair

FOR_VERIFIERS = Section(
    ("核验方与开发者", "For verifiers and developers"),
    (
        Link(
            ("公钥集", "Key set"),
            (
                "核验签名所用的公钥（JWK Set）。",
                "The public keys that signatures are checked with (JWK Set).",
            ),
            "/.well-known/jwks.json",
        ),
        Link(("接口说明", "API"), ("OpenAPI 3.1 文档。", "The OpenAPI 3.1 document."), "/openapi.json"),
    ),
)


def sections(offered: Sequence[Mapping[str, Any]]) -> list[Section]:
    """`offered`: sections {title, links: [{title, description, href}]}, every text as {zh, en}."""
    made = [
        Section(
            _pair(section["title"]),
            [
                Link(_pair(link["title"]), _pair(link["description"]), link["href"])
                for link in section["links"]
            ],
        )
        for section in offered
    ]
    return [*made, FOR_VERIFIERS]


def _pair(text: Mapping[str, str]) -> Pair:
    return text["zh"], text["en"]
