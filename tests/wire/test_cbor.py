"""The CBOR reader and writer against cbor2, and against appendix A of RFC 8949."""

from __future__ import annotations

import math
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jianbiao.wire import cbor
from tests.support import raw_cbor

# RFC 8949 appendix A, all without tags that cbor2 turns into objects.
DETERMINISTIC: dict[str, object] = {
    "00": 0, "17": 23, "1818": 24, "1903e8": 1000, "1a000f4240": 1000000, "1bffffffffffffffff": 2**64 - 1,
    "20": -1, "3863": -100, "3bffffffffffffffff": -(2**64), "f90000": 0.0, "f98000": -0.0, "f93c00": 1.0,
    "fb3ff199999999999a": 1.1, "f93e00": 1.5, "f97bff": 65504.0, "fa47c35000": 100000.0,
    "fa7f7fffff": 3.4028234663852886e38, "fb7e37e43c8800759c": 1.0e300, "f90001": 5.960464477539063e-8,
    "f90400": 0.00006103515625, "f9c400": -4.0, "f97c00": math.inf, "f9fc00": -math.inf, "f4": False,
    "f5": True, "f6": None, "f7": cbor.Simple(23), "f0": cbor.Simple(16), "f8ff": cbor.Simple(255),
    "40": b"", "4401020304": b"\1\2\3\4", "60": "", "6449455446": "IETF", "62225c": '"\\', "62c3bc": "ü",
    "63e6b0b4": "水", "64f0908591": "𐅑", "80": [], "83010203": [1, 2, 3],
    "8301820203820405": [1, [2, 3], [4, 5]], "a0": cbor.Map(()), "a201020304": cbor.Map(((1, 2), (3, 4))),
    "c074323031332d30332d32315432303a30343a30305a": cbor.Tag(0, "2013-03-21T20:04:00Z"),
    "c249010000000000000000": cbor.Tag(2, b"\1" + bytes(8)), "d818456449455446": cbor.Tag(24, b"dIETF"),
}  # fmt: skip
NOT_DETERMINISTIC: dict[str, object] = {
    "1800": 0, "190017": 23, "1a0000ffff": 65535, "1b00000000ffffffff": 2**32 - 1, "3800": -1, "5801aa": b"\xaa",
    "780161": "a", "9800": [], "b800": cbor.Map(()), "fa7fc00000": math.nan, "fb7ff8000000000000": math.nan,
    "fa7f800000": math.inf, "fb3ff8000000000000": 1.5, "fa3fc00000": 1.5, "c24101": cbor.Tag(2, b"\1"),
    "c249000100000000000000": cbor.Tag(2, b"\0\1" + bytes(7)), "d80100": cbor.Tag(1, 0),
    "5f42010243030405ff": b"\1\2\3\4\5", "7f657374726561646d696e67ff": "streaming", "9fff": [],
    "9f018202039f0405ffff": [1, [2, 3], [4, 5]], "bf61610161629f0203ffff": cbor.Map((("a", 1), ("b", [2, 3]))),
    "a203040102": cbor.Map(((3, 4), (1, 2))), "a201020102": cbor.Map(((1, 2), (1, 2))), "0000": 0,
}  # fmt: skip
MALFORMED = [
    "", "18", "19ff", "1c", "1d", "1e", "1f", "3c", "3f", "dc", "df00", "f800", "f81f", "fc", "fd", "fe", "ff",
    "41", "61", "62c328", "61ff", "63eda080", "81", "8200", "a1", "a100", "9f", "9f00", "bf00ff", "bf", "5f",
    "5f00ff", "5f6161ff", "7f4161ff", "5f5f4100ffff", "7f61c361a8ff", "9bffffffffffffffff", "bbffffffffffffffff",
    "5bffffffffffffffff", "c0", "f9", "fa000000", "fb00", "81ff", "a1ff", "a1ff00", "c1ff",
]  # fmt: skip


@pytest.mark.parametrize(("encoded", "value"), DETERMINISTIC.items())
def test_deterministic(encoded: str, value: object) -> None:
    decoded = cbor.decode(bytes.fromhex(encoded))
    assert decoded.value == value
    assert type(decoded.value) is type(value)
    assert decoded.deterministic


@pytest.mark.parametrize(("encoded", "value"), NOT_DETERMINISTIC.items())
def test_not_deterministic(encoded: str, value: object) -> None:
    decoded = cbor.decode(bytes.fromhex(encoded))
    assert decoded.value == value or value != value
    assert not decoded.deterministic


@pytest.mark.parametrize("encoded", MALFORMED)
def test_malformed(encoded: str) -> None:
    with pytest.raises(cbor.Malformed):
        cbor.decode(bytes.fromhex(encoded))


@pytest.mark.parametrize("nesting", [b"\x81", b"\xa1\x00", b"\xc1", b"\x9f", b"\xbf\x00"])
def test_depth_is_bounded(nesting: bytes) -> None:
    cbor.decode(nesting * 16 + b"\x00" + b"\xff" * 16)
    with pytest.raises(cbor.Malformed, match="deeply"):
        cbor.decode(nesting * 17 + b"\x00" + b"\xff" * 17)
    with pytest.raises(cbor.Malformed, match="deeply"):
        cbor.decode(nesting * 100_000)


scalars = (
    st.integers(-(2**64), 2**64 - 1)
    | st.binary(max_size=30)
    | st.text(max_size=30)
    | st.booleans()
    | st.none()
    | st.floats(allow_nan=False)
)
items: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.integers(0, 23) | st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)


def plain(value: object) -> object:
    """Our reading of an item in the types of cbor2."""
    if isinstance(value, cbor.Map):
        return {plain(key): plain(entry) for key, entry in value.pairs}
    if isinstance(value, list):
        return [plain(entry) for entry in value]
    return value


def canonical(value: object) -> bytes:
    """RFC 8949 section 4.2.1: cbor2 for the scalars, maps sorted bytewise by hand."""
    if isinstance(value, dict):
        return raw_cbor.mapping(sorted((canonical(key), canonical(entry)) for key, entry in value.items()))
    if isinstance(value, list):
        return raw_cbor.array(*map(canonical, value))
    return cbor2.dumps(value, canonical=True)


@given(items)
def test_reads_what_cbor2_writes(value: object) -> None:
    decoded = cbor.decode(canonical(value))
    assert decoded.deterministic
    assert plain(decoded.value) == value
    written = cbor2.dumps(value)
    assert plain(cbor.decode(written).value) == value
    assert cbor.decode(written).deterministic == (written == canonical(value))


@given(st.data())
def test_deterministic_means_that_cbor2_writes_the_same(data: st.DataObject) -> None:
    """Damage an item anywhere; whenever both still read it, they agree on what it says and on its form."""
    encoded = bytearray(canonical(data.draw(items)))
    for _ in range(data.draw(st.integers(0, 3))):
        position = data.draw(st.integers(0, len(encoded)))
        encoded[position : position + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
    try:
        decoded = cbor.decode(bytes(encoded))
    except cbor.Malformed:
        return
    if any(kind in repr(decoded.value) for kind in ("Tag(", "Simple(", "nan", "Map(pairs=((Map", "[[")):
        return  # cbor2 has objects of its own for these
    try:
        value = plain(decoded.value)
    except TypeError:
        return  # a key that Python cannot hash
    again = canonical(value)
    assert decoded.deterministic == (again == bytes(encoded))
    assert plain(cbor.decode(again).value) == value


@given(st.binary(max_size=60))
def test_any_bytes_are_an_item_or_malformed(data: bytes) -> None:
    try:
        decoded = cbor.decode(data)
    except cbor.Malformed:
        return
    assert 0 < decoded.size <= len(data)


@given(st.integers(0, 2**64 - 1), st.binary(max_size=300), st.text(max_size=300))
def test_writes_what_cbor2_writes(number: int, data: bytes, text: str) -> None:
    assert cbor.uint(number) == cbor2.dumps(number)
    assert cbor.bstr(data) == cbor2.dumps(data)
    assert cbor.tstr(text) == cbor2.dumps(text)


@pytest.mark.parametrize("number", [-1, 2**64])
def test_numbers_that_do_not_fit(number: int) -> None:
    with pytest.raises(ValueError, match="unsigned"):
        cbor.uint(number)
