"""The CBOR that JB1 needs (RFC 8949): deterministic encoding, and a reader that notes what deviates.

Hand-written because it is the whole trust boundary in two screens: cbor2 accepts trailing bytes and duplicate
keys, turns tags into objects, and lets ``True`` and ``1.0`` pass for ``1``. The tests compare both directions
with cbor2.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

MAX_DEPTH = 16
"""Nesting beyond this is refused; a certificate has 4 levels."""

_NOT_A_NUMBER = b"\x7e\x00"
_LARGEST = 2**64 - 1


class Malformed(ValueError):
    """The bytes are no well-formed CBOR data item (RFC 8949 appendix C), or text in it is no UTF-8."""


# --- Encoding: every item in its only deterministic form (RFC 8949 section 4.2.1) ---------------------------


def head(major: int, argument: int) -> bytes:
    """Major type 0 to 7 with its argument, 0 to 2**64 - 1, in the shortest form. Raises ValueError."""
    if not 0 <= argument <= _LARGEST:
        raise ValueError(f"{argument} is no unsigned 64-bit integer")
    if argument < 24:
        return bytes((major << 5 | argument,))
    for form, size in ((24, 1), (25, 2), (26, 4)):
        if argument < 1 << 8 * size:
            return bytes((major << 5 | form,)) + argument.to_bytes(size)
    return bytes((major << 5 | 27,)) + argument.to_bytes(8)


def uint(value: int) -> bytes:
    """Unsigned integer."""
    return head(0, value)


def bstr(value: bytes) -> bytes:
    """Byte string."""
    return head(2, len(value)) + value


def tstr(value: str) -> bytes:
    """Text string."""
    data = value.encode()
    return head(3, len(data)) + data


# --- Reading: anything well-formed, noting what is not deterministic --------------------------------------


@dataclass(frozen=True, slots=True)
class Tag:
    """Major type 6."""

    number: int
    content: object


@dataclass(frozen=True, slots=True)
class Simple:
    """A simple value other than false, true and null."""

    number: int


@dataclass(frozen=True, slots=True)
class Map:
    """A map as it stands in the bytes: keys may repeat, and may be of any type."""

    pairs: tuple[tuple[object, object], ...]

    def integer_keys(self) -> dict[int, object] | None:
        """As a dict, the last of repeated keys winning; None when a key is not an integer (True is none)."""
        if any(type(key) is not int for key, _ in self.pairs):
            return None
        return {key: value for key, value in self.pairs if isinstance(key, int)}

    def get(self, key: int | str) -> object:
        """Value of `key`, None where it is absent or repeated."""
        found = [value for name, value in self.pairs if type(name) is type(key) and name == key]
        return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class Decoded:
    """One data item: int, bytes, str, list, bool, None, float, Map, Tag or Simple."""

    value: object
    deterministic: bool
    """Whether encoding the value again gives the identical bytes; false also for bytes after the item."""
    size: int
    """Bytes that the item takes."""


def decode(data: bytes) -> Decoded:
    """The first data item in `data`. Raises Malformed."""
    reader = _Reader(data)
    value = reader.item(0)
    return Decoded(value, reader.deterministic and reader.at == len(data), reader.at)


_BREAK = object()


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.deterministic = True

    def take(self, size: int) -> bytes:
        start, self.at = self.at, self.at + size
        if self.at > len(self.data):
            raise Malformed("the bytes end too early")
        return self.data[start : self.at]

    def item(self, depth: int, *, may_break: bool = False) -> object:
        if depth > MAX_DEPTH:
            raise Malformed("nested too deeply")
        initial = self.take(1)[0]
        major, form = initial >> 5, initial & 31
        if initial == 0xFF and may_break:
            return _BREAK
        if 28 <= form <= 30 or (form == 31 and major in (0, 1, 6, 7)):
            raise Malformed(f"initial byte {initial:#04x} is reserved")
        if major == 7:
            return self.simple_or_float(form)
        if form == 31:
            self.deterministic = False
            return self.indefinite(major, depth)
        argument = self.argument(form)
        match major:
            case 0:
                return argument
            case 1:
                return -1 - argument
            case 2:
                return self.take(argument)
            case 3:
                return self.text(argument)
            case 4:
                self.check_count(argument)
                return [self.item(depth + 1) for _ in range(argument)]
            case 5:
                self.check_count(2 * argument)
                return self.map(argument, depth)
            case _:
                return self.tag(argument, depth)

    def check_count(self, items: int) -> None:
        """Refuse before looping: every item takes a byte at least."""
        if items > len(self.data) - self.at:
            raise Malformed("the bytes end too early")

    def argument(self, form: int) -> int:
        if form < 24:
            return form
        size = 1 << form - 24
        value = int.from_bytes(self.take(size))
        shortest_for = 24 if size == 1 else 1 << 4 * size
        if value < shortest_for:
            self.deterministic = False
        return value

    def text(self, size: int) -> str:
        try:
            return self.take(size).decode()
        except UnicodeDecodeError as exc:
            raise Malformed("text is no UTF-8") from exc

    def map(self, count: int, depth: int) -> Map:
        pairs = []
        previous = b""
        for _ in range(count):
            start = self.at
            key = self.item(depth + 1)
            encoded = self.data[start : self.at]
            if encoded <= previous:  # out of bytewise order, or the same key again
                self.deterministic = False
            previous = encoded
            pairs.append((key, self.item(depth + 1)))
        return Map(tuple(pairs))

    def tag(self, number: int, depth: int) -> Tag:
        content = self.item(depth + 1)
        # A big number that fits an ordinary integer, or has leading zeros, has a shorter form (3.4.3).
        if number in (2, 3) and isinstance(content, bytes) and (len(content) <= 8 or content[0] == 0):
            self.deterministic = False
        return Tag(number, content)

    def indefinite(self, major: int, depth: int) -> object:
        is_string = major in (2, 3)
        items: list[object] = []
        while (
            item := self.chunk(major) if is_string else self.item(depth + 1, may_break=True)
        ) is not _BREAK:
            items.append(item)
        if major == 2:
            return b"".join(item for item in items if isinstance(item, bytes))
        if major == 3:
            return "".join(item for item in items if isinstance(item, str))
        if major == 4:
            return items
        if len(items) % 2:
            raise Malformed("a map ends after a key")
        return Map(tuple(zip(items[::2], items[1::2], strict=True)))

    def chunk(self, major: int) -> object:
        """A part of an indefinite string: a definite string of the same major type (section 3.2.3)."""
        initial = self.take(1)[0]
        if initial == 0xFF:
            return _BREAK
        if initial >> 5 != major or initial & 31 > 27:
            raise Malformed("a part of an indefinite string is no string")
        size = self.argument(initial & 31)
        return self.take(size) if major == 2 else self.text(size)

    def simple_or_float(self, form: int) -> object:
        if form < 20:
            return Simple(form)
        if form < 24:
            return (False, True, None, Simple(23))[form - 20]
        if form == 24:
            number = self.take(1)[0]
            if number < 32:
                raise Malformed("a simple value below 32 takes one byte")
            return Simple(number)
        data = self.take(1 << form - 24)
        value: float = struct.unpack({2: ">e", 4: ">f", 8: ">d"}[len(data)], data)[0]
        if data != _shortest_float(value):
            self.deterministic = False
        return value


def _shortest_float(value: float) -> bytes:
    """The shortest of half, single and double precision that keeps the value (section 4.2.1)."""
    if value != value:  # only NaN differs from itself
        return _NOT_A_NUMBER
    for layout in (">e", ">f"):
        try:
            data = struct.pack(layout, value)
        except OverflowError:
            continue
        if struct.unpack(layout, data)[0] == value:
            return data
    return struct.pack(">d", value)
