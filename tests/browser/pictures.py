"""Pictures of codes, and of what people give by mistake."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import qrcode
from PIL import Image


def code(text: str, scale: int = 5) -> Image.Image:
    """The code as it stands on a certificate."""
    symbol = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, box_size=scale, border=4)
    symbol.add_data(text)
    return symbol.make_image().get_image().convert("RGB")


def saved(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """A picture file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def beside(*images: Image.Image) -> Image.Image:
    """Pictures next to each other on white."""
    whole = Image.new("RGB", (sum(i.width for i in images), max(i.height for i in images)), "white")
    at = 0
    for image in images:
        whole.paste(image, (at, 0))
        at += image.width
    return whole


def photographed(image: Image.Image) -> bytes:
    """Tilted, on a table, as a JPEG of middling quality."""
    tilted = image.convert("RGB").rotate(
        17, expand=True, fillcolor="#d8d2c4", resample=Image.Resampling.BICUBIC
    )
    table = Image.new("RGB", (tilted.width + 400, tilted.height + 300), "#8a7a66")
    table.paste(tilted, (180, 120))
    return saved(table, "JPEG", quality=60)


def animated(*images: Image.Image) -> bytes:
    """A GIF that shows one picture after the other."""
    return saved(images[0], "GIF", save_all=True, append_images=list(images[1:]), duration=400, loop=0)


def bomb(side: int = 30_000) -> bytes:
    """A PNG of a few kilobytes that states, and has, 900 million pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    row = b"\0" + bytes((side + 7) // 8)
    body = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def motion(image: Image.Image, width: int = 1280, height: int = 720) -> bytes:
    """One frame as a Motion JPEG file, which Chromium's fake camera plays for ever."""
    frame = Image.new("RGB", (width, height), "#b0b0b0")
    small = image.resize((560, 560), Image.Resampling.LANCZOS)
    frame.paste(small, ((width - 560) // 2, (height - 560) // 2))
    return saved(frame, "JPEG", quality=90)
