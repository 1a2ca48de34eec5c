"""Reads codes from pictures with zxing-cpp, and spoils pictures the way paper, screens and cameras do."""

from __future__ import annotations

import io
import math
import random

import pypdfium2
import zxingcpp
from PIL import Image, ImageChops, ImageDraw, ImageFilter


def read(picture: Image.Image) -> str | None:
    """Text of the one QR code in a picture, None where the decoder finds none."""
    found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
    return found[0].text if len(found) == 1 else None


def from_png(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def from_pdf(data: bytes, dpi: int = 300, *, one_bit: bool = True) -> Image.Image:
    """The first page as a printer prints it: black and white without greys unless told otherwise."""
    document = pypdfium2.PdfDocument(data)
    page = document[0]
    bitmap = page.render(scale=dpi / 72, grayscale=True)
    picture = bitmap.to_pil().copy()
    for each in (bitmap, page, document):
        each.close()
    return picture.point(lambda value: 255 * (value > 127)).convert("1") if one_bit else picture


def symbol_box(picture: Image.Image) -> tuple[int, int, int, int]:
    """Where the symbol (without quiet zone) lies."""
    (found,) = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
    corners = found.position
    xs = [p.x for p in (corners.top_left, corners.top_right, corners.bottom_right, corners.bottom_left)]
    ys = [p.y for p in (corners.top_left, corners.top_right, corners.bottom_right, corners.bottom_left)]
    return min(xs), min(ys), max(xs) + 1, max(ys) + 1


def blotted(
    picture: Image.Image, box: tuple[int, int, int, int], seed: int, *, share: float = 0.05, ink: int = 0
) -> Image.Image:
    """One round blot over `share` of the symbol's area, at random but off the finder patterns and within the symbol."""
    left, top, right, _ = box
    side = right - left
    radius = math.sqrt(share * side * side / math.pi)
    # Finder patterns with their separators are 8 of 65 modules.
    finder = side * 8 / 65
    chance = random.Random(seed)  # noqa: S311 - must repeat
    while True:
        x, y = (chance.uniform(radius, side - radius) for _ in range(2))
        corners = ((0, 0), (side - finder, 0), (0, side - finder))
        nearest = (
            math.hypot(x - min(max(x, a), a + finder), y - min(max(y, b), b + finder)) for a, b in corners
        )
        if min(nearest) > radius:
            break
    spoiled = picture.convert("L")
    at = (left + x - radius, top + y - radius, left + x + radius, top + y + radius)
    ImageDraw.Draw(spoiled).ellipse(at, fill=ink)
    return spoiled


def photographed(
    picture: Image.Image,
    *,
    module: float = 4.0,
    turn: float = 0,
    tilt: float = 0,
    blur: float = 0,
    quality: int = 95,
    shade: float = 0,
    noise: float = 0,
    modules: int = 65,
) -> Image.Image:
    """What a camera makes of the symbol in `picture`.

    `module`: pixels a module has on the sensor; `turn`: degrees; `tilt`: how much narrower the far edge is (0 to 1);
    `blur`: standard deviation in modules; `quality`: JPEG; `shade`: how much light is lost from one corner to the
    other (0 to 1); `noise`: standard deviation in grey levels.
    """
    box = symbol_box(picture)
    side = box[2] - box[0]
    border = side // 5
    cut = picture.convert("L").crop((box[0] - border, box[1] - border, box[2] + border, box[3] + border))
    pixels = round(module * modules * cut.width / side)
    scene = Image.new("L", (round(pixels * 1.5),) * 2, 205)
    small = cut.resize(
        (pixels, pixels), Image.Resampling.BOX if pixels < cut.width else Image.Resampling.BICUBIC
    )
    scene.paste(small, ((scene.width - pixels) // 2,) * 2)
    if turn:
        scene = scene.rotate(turn, Image.Resampling.BICUBIC, fillcolor=205)
    if tilt:
        inset = scene.width * tilt / 2
        # QUAD takes the source corners: a wider source above makes the upper edge come out narrower.
        quad = (-inset, 0, 0, scene.height, scene.width, scene.height, scene.width + inset, 0)
        scene = scene.transform(
            scene.size, Image.Transform.QUAD, quad, Image.Resampling.BICUBIC, fillcolor=205
        )
    if blur:
        scene = scene.filter(ImageFilter.GaussianBlur(blur * module))
    if shade:
        # A ramp half again as large, so that its corners still cover the scene when it is turned.
        wide = round(scene.width * 1.5)
        rest = (wide - scene.width) // 2
        ramp = Image.linear_gradient("L").resize((wide, wide)).rotate(45, Image.Resampling.BICUBIC)
        ramp = ramp.crop((rest, rest, rest + scene.width, rest + scene.height))
        light = ramp.point(lambda value: round(255 - shade * value))
        scene = ImageChops.multiply(scene, light)
    if noise:
        chance = random.Random(1)  # noqa: S311 - must repeat
        grain = Image.frombytes("L", scene.size, chance.randbytes(scene.width * scene.height))
        # Even noise over a span has a standard deviation of the span divided by the root of twelve.
        span = noise * math.sqrt(12) / 255
        scene = ImageChops.add(scene, grain.point(lambda value: round((value - 127.5) * span + 128)), 1, -128)
    stream = io.BytesIO()
    scene.save(stream, "JPEG", quality=quality)
    return Image.open(stream).convert("L")
