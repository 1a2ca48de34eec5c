"""The pictures in docs/: all there, none too many, small."""

from __future__ import annotations

import re

import pytest
from PIL import Image

from tests.e2e.deployment import ROOT
from tests.render import gallery

IMAGES = ROOT / "docs" / "images"


def test_documents_show_every_picture_and_no_other() -> None:
    named = set()
    for document in (ROOT / "README.md", *ROOT.glob("docs/*.md")):
        for path in re.findall(r"(?:docs/)?images/([\w-]+\.\w+)", document.read_text("utf-8")):
            named.add(path)
    assert named == {path.name for path in IMAGES.iterdir()}


def test_pictures_are_small() -> None:
    assert sum(path.stat().st_size for path in IMAGES.iterdir()) < 3_000_000


@pytest.mark.parametrize("make", [gallery.plates, gallery.page, gallery.page_without_greys])
def test_the_gallery_is_drawn(make: object) -> None:
    picture = make()  # type: ignore[operator]
    assert isinstance(picture, Image.Image)
    assert len(picture.getcolors(1 << 24) or []) > 1
