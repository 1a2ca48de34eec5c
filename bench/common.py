"""Helpers of the measurements: timing, calibration, tables."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable, Sequence

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec


def seconds_each(call: Callable[[], object], times: int) -> float:
    """Mean seconds of one of `times` calls in a row."""
    begun = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - begun) / times


def calibrate() -> float:
    """Bare ES256 verifications a second on this machine now: what absolute figures are to be read against."""
    key = ec.generate_private_key(ec.SECP256R1())
    algorithm, message = ec.ECDSA(hashes.SHA256()), bytes(150)
    signature, public_key = key.sign(message, algorithm), key.public_key()
    return 1 / min(
        seconds_each(lambda: public_key.verify(signature, message, algorithm), 200) for _ in range(15)
    )


def show(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: first column left, others right; wide characters count twice."""
    lines = [columns, *rows]
    widths = [max(_width(line[n]) for line in lines) for n in range(len(columns))]
    print(title)
    for number, line in enumerate(lines):
        cells = [
            _pad(cell, width, right=n > 0) for n, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        print("  " + "  ".join(cells).rstrip())
        if number == 0:
            print("  " + "  ".join("-" * width for width in widths))
    print()


def verdict(name: str, ok: bool) -> bool:
    """Print whether a bar was met, and hand the answer on."""
    print(f"{name}: {'met' if ok else 'MISSED'}\n")
    return ok


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _pad(text: str, width: int, *, right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space
