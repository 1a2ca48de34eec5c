"""CBOR built by hand, right and wrong: independent of `jianbiao.wire`, to test that against it."""

from __future__ import annotations

import struct
from collections.abc import Sequence

FORMS = {1: 24, 2: 25, 4: 26, 8: 27}

Pairs = Sequence[tuple[bytes, bytes]]


def head(major: int, argument: int, size: int | None = None) -> bytes:
    """Head of an item; `size` 0, 1, 2, 4 or 8 forces the bytes that the argument takes."""
    if size is None:
        size = next(
            n
            for n, limit in ((0, 24), (1, 1 << 8), (2, 1 << 16), (4, 1 << 32), (8, 1 << 64))
            if argument < limit
        )
    if size == 0:
        return bytes([major << 5 | argument])
    return bytes([major << 5 | FORMS[size]]) + argument.to_bytes(size)


def integer(value: int, size: int | None = None) -> bytes:
    """Major type 0 or 1."""
    return head(0, value, size) if value >= 0 else head(1, -1 - value, size)


def data(value: bytes, size: int | None = None) -> bytes:
    """Byte string."""
    return head(2, len(value), size) + value


def text(value: str | bytes, size: int | None = None) -> bytes:
    """Text string; from bytes where it is not to be UTF-8."""
    encoded = value.encode() if isinstance(value, str) else value
    return head(3, len(encoded), size) + encoded


def array(*items: bytes) -> bytes:
    """Array of encoded items."""
    return head(4, len(items)) + b"".join(items)


def mapping(pairs: Pairs, size: int | None = None) -> bytes:
    """Map of encoded pairs, in the order given."""
    return head(5, len(pairs), size) + b"".join(key + value for key, value in pairs)


def indefinite(major: int, *items: bytes) -> bytes:
    """Indefinite-length string, array or map."""
    return bytes([major << 5 | 31]) + b"".join(items) + b"\xff"


def tag(number: int, item: bytes, size: int | None = None) -> bytes:
    """Tagged item."""
    return head(6, number, size) + item


def single(value: float) -> bytes:
    """A float of 32 bits."""
    return b"\xfa" + struct.pack(">f", value)


def double(value: float) -> bytes:
    """A float of 64 bits."""
    return b"\xfb" + struct.pack(">d", value)


def half(value: float) -> bytes:
    """A float of 16 bits."""
    return b"\xf9" + struct.pack(">e", value)


FALSE, TRUE, NULL, UNDEFINED = (bytes([0xF4 + n]) for n in range(4))
