"""Text to QR symbol (ISO/IEC 18004): alphanumeric mode, level M, quiet zone of 4 modules.

`qrcode` encodes. Its choice of the mask draws the symbol eight times over, so the mask is chosen here: two masks of
one version differ by the same modules whatever the data are, so that difference is kept and XORed on.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

QUIET: Final = 4
"""Modules of white around the symbol."""
MASKS: Final = 8

Rows = tuple[int, ...]
Matrix = tuple[tuple[int, ...], ...]


def matrix(text: str) -> Matrix:
    """Modules of the symbol for `text`, quiet zone not included; 1 is black.

    Raises ValueError where `text` leaves the alphanumeric set of QR: only that keeps an ordinary certificate
    within version 12 (wire format 1).
    """
    symbol = _symbol(text)
    size = symbol.modules_count
    rows = _rows(symbol.modules)
    columns = _turned(rows, size)
    differences = _mask_differences(symbol.version)
    best = min(
        range(MASKS),
        key=lambda mask: _penalty(
            _xor(rows, differences[mask][0]), _xor(columns, differences[mask][1]), size
        ),
    )
    chosen = _xor(rows, differences[best][0])
    return tuple(tuple(int(bit) for bit in f"{row:0{size}b}") for row in chosen)


def version(modules: Matrix) -> int:
    """QR version (1 to 40) of a matrix."""
    return (len(modules) - 17) // 4


def _symbol(text: str) -> Any:
    from qrcode.constants import ERROR_CORRECT_M
    from qrcode.main import QRCode
    from qrcode.util import BIT_LIMIT_TABLE, MODE_ALPHA_NUM, QRData, length_in_bits

    # The version from the lengths alone: `fit=True` would encode the text once more to find it.
    bits = 11 * (len(text) // 2) + 6 * (len(text) % 2) + 4
    limits = BIT_LIMIT_TABLE[ERROR_CORRECT_M]
    fitting = (v for v in range(1, 41) if bits + length_in_bits(MODE_ALPHA_NUM, v) <= limits[v])
    chosen = next(fitting, None)
    if not text or chosen is None:
        raise ValueError("a code has at least one character and at most as many as version 40 holds")
    symbol = QRCode(version=chosen, error_correction=ERROR_CORRECT_M, border=QUIET, mask_pattern=0)
    try:
        symbol.add_data(QRData(text, mode=MODE_ALPHA_NUM), optimize=0)
    except ValueError as error:
        raise ValueError("the text of a code stays within QR's alphanumeric set") from error
    symbol.make(fit=False)
    return symbol


@cache
def _mask_differences(version: int) -> tuple[tuple[Rows, Rows], ...]:
    """For each mask: what to XOR onto the rows, and onto the columns, of the symbol with mask 0."""
    from qrcode.constants import ERROR_CORRECT_M
    from qrcode.main import QRCode

    drawn: list[Rows] = []
    for mask in range(MASKS):
        symbol = QRCode(version=version, error_correction=ERROR_CORRECT_M, border=QUIET, mask_pattern=mask)
        symbol.add_data("A")
        symbol.make(fit=False)
        drawn.append(_rows(symbol.modules))
    size = 17 + 4 * version
    rows = [_xor(each, drawn[0]) for each in drawn]
    return tuple((each, _turned(each, size)) for each in rows)


def _rows(modules: list[list[bool | None]]) -> Rows:
    return tuple(int("".join("1" if bit else "0" for bit in row), 2) for row in modules)


def _turned(rows: Rows, size: int) -> Rows:
    bits = [f"{row:0{size}b}" for row in rows]
    return tuple(int("".join(column), 2) for column in zip(*bits, strict=True))


def _xor(left: Rows, right: Rows) -> Rows:
    return tuple(a ^ b for a, b in zip(left, right, strict=True))


def _penalty(rows: Rows, columns: Rows, size: int) -> int:
    """The four penalties of ISO/IEC 18004, 7.8.3.1, each line of modules being one integer."""
    full = (1 << size) - 1
    pairs = full >> 1
    points = 0
    for line in rows + columns:
        same = ~(line ^ (line >> 1)) & pairs
        runs = same & (same >> 1) & (same >> 2) & (same >> 3)
        if runs:
            # A run of n >= 5 equal modules leaves n - 4 bits here and costs n - 2.
            points += runs.bit_count() + 2 * (runs & ~(runs << 1)).bit_count()
        points += 40 * _finder_like(line, size)
    previous = rows[0]
    for row in rows[1:]:
        square = ~(row ^ (row >> 1)) & ~(previous ^ (previous >> 1)) & ~(row ^ previous) & pairs
        points += 3 * square.bit_count()
        previous = row
    dark = sum(row.bit_count() for row in rows)
    return points + 10 * (abs(dark * 20 - size * size * 10) // (size * size))


def _finder_like(line: int, size: int) -> int:
    """How often 1011101 with four light modules beside it occurs in a line."""
    light = ~line & ((1 << size) - 1)
    # Bit i of `core` is set where 1011101 starts (its lowest bit) at i.
    core = line & (light >> 1) & (line >> 2) & (line >> 3) & (line >> 4) & (light >> 5) & (line >> 6)
    if not core:
        return 0
    four = light & (light >> 1) & (light >> 2) & (light >> 3)
    below = core & (four << 4)
    above = core & (four >> 7)
    return below.bit_count() + above.bit_count()
