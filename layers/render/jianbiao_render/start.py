"""The start page's links: what a deployment offers to try, and what verifiers need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jianbiao_render.pages import Link, Section
from jianbiao_render.words import Pair

VERIFY = Section(
    ("核验", "Verify"),
    (
        Link(
            ("核验检验标志", "Verify an inspection mark"),
            (
                "用相机、图片或粘贴的内容在本机核验，没有网络也能用。",
                "By camera, picture or pasted text, on this device; works without a network.",
            ),
            "/verify",
        ),
    ),
)
DEMO = Section(
    ("试用", "Try it"),
    (
        Link(
            ("市民演示", "Citizen demo"),
            (
                "车辆、领取凭证、下载、打印、分享。只在非生产环境提供。",
                "Vehicles, certificates, download, print, share. Not on production.",
            ),
            "/app",
        ),
    ),
)
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
        Link(
            ("状态列表", "Status lists"),
            (
                "离线核验状态所用的签名列表（Token Status List）。",
                "Signed lists for verifying the state offline (Token Status List).",
            ),
            "/status-lists",
        ),
        Link(("接口说明", "API"), ("OpenAPI 3.1 文档。", "The OpenAPI 3.1 document."), "/openapi.json"),
    ),
)


def sections(offered: Sequence[Mapping[str, Any]], *, demo: bool) -> list[Section]:
    """The sections of the start page. `demo`: whether there is a citizen demo here. `offered`: more sections {title,
    links: [{title, description, href}]}, every text as {zh, en}."""
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
    return [VERIFY, *([DEMO] if demo else []), *made, FOR_VERIFIERS]


def _pair(text: Mapping[str, str]) -> Pair:
    return text["zh"], text["en"]
