"""docs/deployment.md: its blocks for pasting, by section."""

from __future__ import annotations

import re

from infra.package import ROOT

PAGE = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
YOURS = "### 1. What is yours"
BUILD, DEPLOY, SET_UP, SEE = (
    "### 2. Build",
    "### 3. Deploy",
    "### 4. First keys, first policy",
    "### 5. See that it works",
)
UPGRADE, DELETE = "## Upgrade and rollback", "## Deletion"
PASTED = {YOURS, BUILD, DEPLOY, SET_UP, SEE, UPGRADE, DELETE}
"""Sections that test_sam_cli.py pastes."""
NOT_TRIED = {"## Who gets tokens"}
"""The local AWS has no address of the pool's own; the page says so."""


def blocks(heading: str) -> list[str]:
    """The blocks of a section that are for pasting."""
    _, found, rest = PAGE.partition(f"\n{heading}\n")
    assert found, heading
    section = re.split(r"^##+ ", rest, maxsplit=1, flags=re.MULTILINE)[0]
    return re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


def sections() -> set[str]:
    """The headings under which something is for pasting."""
    return {heading for heading in re.findall(r"^##+ .+$", PAGE, re.MULTILINE) if blocks(heading)}
