"""P8: the code decodes from the picture, from black and white paper, with a blot, and from photographs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from PIL import Image

from bench.certificate_codes import HOST, LONG_HOST, codes
from bench.common import verdict
from bench.p7_faces import faces
from jianbiao_render import code
from jianbiao_render.pdf import pdf
from jianbiao_render.png import png
from tests.render.scanning import blotted, from_pdf, from_png, photographed, read, symbol_box

CERTIFICATES: Final = 12
BLOTS: Final = 10
PHOTOGRAPHS: Final[dict[str, tuple[float, ...]]] = {
    "module": (4, 3, 2, 1.5, 1.2, 1, 0.8),
    "turn": (5, 15, 30, 45, 90, 135, 180),
    "tilt": (0.1, 0.2, 0.3, 0.4, 0.5),
    "blur": (0.2, 0.3, 0.4, 0.5, 0.6),
    "quality": (50, 30, 20, 10, 5, 2),
    "shade": (0.3, 0.5, 0.7, 0.8, 0.9, 0.97),
    "noise": (10, 20, 40, 60, 80, 100),
}
"""One thing at a time, from easy to hopeless; units in tests/render/scanning.py."""
ROADSIDE: Final = {"turn": 12, "tilt": 0.1, "blur": 0.3, "quality": 50, "shade": 0.5, "noise": 10}


def share(decoded: Callable[[Any], bool], cases: list[Any]) -> tuple[int, int]:
    """How many of the cases decode, and of how many."""
    return sum(decoded(case) for case in cases), len(cases)


def run() -> bool:
    """Prints the tables; True if every bar is met."""
    print("P8 code")
    largest = 0
    for name, base_url in (("host of 23 characters", HOST), ("host of 37 characters", LONG_HOST)):
        texts = codes(CERTIFICATES, base_url=base_url)
        version = max(code.version(code.matrix(text)) for text in texts)
        largest = max(largest, version)
        print(f"  {name}: {max(map(len, texts))} characters, QR version {version}-M (bar <= 12)")
    met = largest <= 12
    made = faces(CERTIFICATES)
    pictures: list[tuple[str, str, Image.Image]] = []
    for face in made:
        pictures.append(("PNG", face.code, from_png(png(face))))
        pictures.append(("PDF, 300 dpi, 1 bit", face.code, from_pdf(pdf(face))))
    for kind in dict.fromkeys(kind for kind, _, _ in pictures):
        mine = [(text, picture) for name, text, picture in pictures if name == kind]
        plain = share(lambda case: read(case[1]) == case[0], mine)
        spoiled = [
            (text, blotted(picture, symbol_box(picture), seed, ink=ink))
            for text, picture in mine
            for seed in range(BLOTS)
            for ink in (0, 255)
        ]
        blots = share(lambda case: read(case[1]) == case[0], spoiled)
        met = met and plain[0] == plain[1] and blots[0] == blots[1]
        print(f"  {kind}: {plain[0]}/{plain[1]} decode, with a blot of 5 % {blots[0]}/{blots[1]}")
    shot = (replace(made[0], watermark=None, replaces=None), *made[1:4])
    _limits("off a screen", [(face.code, from_png(png(face))) for face in shot])
    _limits("off black and white paper", [(face.code, from_pdf(pdf(face))) for face in shot])
    return verdict("P8", met)


def _limits(where: str, pictures: list[tuple[str, Image.Image]]) -> None:
    """Where photographs stop decoding; no bar, a report."""
    print(
        f"  photographed {where} ({len(pictures)} certificates, 4 pixels a module unless varied), decoded at:"
    )
    for way, values in PHOTOGRAPHS.items():
        rows = [
            f"{value:g}: {share(lambda case, way=way, value=value: _decodes(case, {way: value}), pictures)[0]}"
            for value in values
        ]
        print(f"    {way:8}{'   '.join(rows)}")
    together = share(lambda case: _decodes(case, ROADSIDE), pictures)
    print(f"    all at once {ROADSIDE}: {together[0]}/{together[1]}")


def _decodes(case: tuple[str, Image.Image], way: dict[str, float]) -> bool:
    text, picture = case
    return read(photographed(picture, **way)) == text  # type: ignore[arg-type]


if __name__ == "__main__":
    raise SystemExit(0 if run() else 1)
