"""Codes in pictures, with zxing-cpp and Pillow (the extra `pictures` of the package)."""

from __future__ import annotations

import warnings
from pathlib import Path

MAX_PIXELS = 50_000_000
"""A picture with more is refused before it is decoded."""


class NoPicture(Exception):
    """The file is no picture that can be read, or the libraries for it are not installed."""


def codes_in(path: Path) -> list[str]:
    """Texts of all QR codes in a picture, in no particular order. Raises NoPicture."""
    try:
        import zxingcpp
        from PIL import Image
    except ImportError as exc:
        raise NoPicture("reading pictures needs the packages zxing-cpp and pillow") from exc
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise NoPicture(f"{path}: more than {MAX_PIXELS:,} pixels")
                grey = picture.convert("L")
    except (OSError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning) as exc:
        raise NoPicture(f"{path}: {exc}") from exc
    return [
        found.text
        for found in zxingcpp.read_barcodes(
            grey, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
        )
    ]
