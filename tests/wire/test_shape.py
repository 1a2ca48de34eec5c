"""The one shape, against the reference on cbor2: both accept the very same bytes (fuzzing the parser)."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jianbiao.errors import Forged, NotACode
from jianbiao.wire import jb1
from jianbiao.wire.claims import Claims
from jianbiao.wire.diagnosis import diagnose
from jianbiao.wire.reasons import ForgedReason
from jianbiao.wire.verify import verify
from tests.support import fuzz, reference
from tests.support import raw_cbor as c
from tests.support.forge import Forge, labelled
from tests.support.hostile import hostile
from tests.support.local_key import CERTIFICATE_KEY, CLAIMS, key_set

KEYS = key_set()
RIGHT = CERTIFICATE_KEY.certificate(CLAIMS)
SHAPE_REASONS = {
    ForgedReason.WRONG_HEADER,
    ForgedReason.NOT_CANONICAL,
    ForgedReason.MALFORMED,
    ForgedReason.BAD_CLAIMS,
}


def accepts(certificate: bytes) -> bool:
    try:
        jb1.open_certificate(certificate)
    except Forged as exc:
        assert exc.reason in SHAPE_REASONS
        return False
    return True


def unsigned(claims: Claims) -> Forge:
    """Builds certificates without the cost of a signature: the shape does not look at it."""
    return Forge(lambda _: bytes(64), CERTIFICATE_KEY.kid, claims)


def test_reference_agrees_on_every_hostile_certificate() -> None:
    assert reference.accepts(RIGHT)
    for case in hostile(lambda _: bytes(64), CERTIFICATE_KEY.kid, CLAIMS):
        of_shape = case.reason in SHAPE_REASONS or case.reason == "not-a-code"
        assert reference.accepts(case.certificate) == (not of_shape), case.name


letters = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=30)
right_claims = st.builds(
    Claims,
    iss=st.from_regex("[0-9]{6}", fullmatch=True),
    exp=st.integers(0, jb1.MAX_TIME),
    iat=st.integers(0, jb1.MAX_TIME),
    cti=st.binary(min_size=16, max_size=16),
    status_idx=st.integers(0, 2**64 - 1),
    status_uri=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=300),
    plate=letters,
    plate_class=st.from_regex("[0-9]{2}", fullmatch=True),
    vehicle_type=st.from_regex("[0-9A-Z]{3}", fullmatch=True),
    use=st.from_regex("[0-9A-Z]", fullmatch=True),
)


@given(right_claims)
def test_claims_round_trip(claims: Claims) -> None:
    payload = jb1.payload_bytes(claims)
    certificate = jb1.certificate_bytes(CERTIFICATE_KEY.kid, payload, bytes(64))
    assert certificate == unsigned(claims).build()
    assert accepts(certificate) == reference.accepts(certificate)
    if accepts(certificate):  # a plate that is not in NFC is not
        assert jb1.decode_payload(payload) == claims
        opened = jb1.open_certificate(certificate)
        assert (opened.kid, opened.claims, opened.signature) == (CERTIFICATE_KEY.kid, claims, bytes(64))
        assert opened.to_be_signed == jb1.to_be_signed(CERTIFICATE_KEY.kid, payload)


sizes = st.sampled_from((None, None, None, 1, 2, 4, 8))


@st.composite
def any_item(draw: st.DrawFn) -> bytes:
    """Some encoded item, in some form."""
    integers = st.integers(-(2**64), 2**64 - 1) | st.integers(-30, 300)
    scalars = st.one_of(
        integers.map(c.integer),
        st.binary(max_size=20).map(c.data),
        st.text(max_size=20).map(c.text),
        st.floats(width=16).map(c.half),
        st.floats().map(c.double),
        st.sampled_from((c.TRUE, c.FALSE, c.NULL, c.UNDEFINED, b"\xff", b"\x1c", b"\xf8\x20")),
        st.binary(max_size=4),
    )
    item = draw(scalars)
    return draw(
        st.sampled_from((item, item, c.tag(2, item), c.array(item), c.mapping([(c.integer(1), item)])))
    )


def relabelled(draw: st.DrawFn, pairs: list[tuple[bytes, bytes]]) -> bytes:
    """A map with something exchanged, added, left out, repeated or reordered; or not."""
    pairs = list(pairs)
    position = draw(st.integers(0, len(pairs) - 1))
    match draw(
        st.sampled_from(
            ("nothing", "value", "value", "key", "add", "drop", "repeat", "order", "open", "long")
        )
    ):
        case "value":
            pairs[position] = (pairs[position][0], draw(any_item()))
        case "key":
            pairs[position] = (draw(any_item()), pairs[position][1])
        case "add":
            pairs.insert(position, (draw(any_item()), draw(any_item())))
        case "drop":
            del pairs[position]
        case "repeat":
            pairs.insert(position, pairs[position])
        case "order":
            pairs = draw(st.permutations(pairs))
        case "open":
            return c.indefinite(5, *(part for pair in pairs for part in pair))
        case "long":
            return c.mapping(pairs, 1)
    return c.mapping(pairs)


@st.composite
def nearly_right(draw: st.DrawFn) -> bytes:
    """A certificate with structure-aware damage in header, status, mark or claims."""
    forge = unsigned(replace(CLAIMS, status_idx=draw(st.integers(0, 70_000))))
    payload = forge.payload()
    where = draw(st.sampled_from(("header", "status", "mark", "claims")))
    protected = relabelled(draw, forge.header()) if where == "header" else None
    if where == "status":
        payload[65535] = c.mapping([(c.text("status_list"), relabelled(draw, forge.status()))])
    if where == "mark":
        payload[-65537] = relabelled(draw, labelled(forge.mark()))
    pairs = labelled(payload)
    return forge.build(
        protected=protected, payload=relabelled(draw, pairs) if where == "claims" else c.mapping(pairs)
    )


@given(nearly_right())
def test_reference_agrees_on_what_is_nearly_right(certificate: bytes) -> None:
    assert accepts(certificate) == reference.accepts(certificate)


@given(st.data())
def test_reference_agrees_on_damaged_bytes(data: st.DataObject) -> None:
    certificate = bytearray(RIGHT)
    for _ in range(data.draw(st.integers(1, 3))):
        position = data.draw(st.integers(0, len(certificate)))
        certificate[position : position + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    assert accepts(bytes(certificate)) == reference.accepts(bytes(certificate))


@given(st.data())
def test_damaged_codes_are_never_accepted_as_something_else(data: st.DataObject) -> None:
    certificate = bytearray(RIGHT)
    for _ in range(data.draw(st.integers(1, 3))):
        position = data.draw(st.integers(1, len(certificate)))
        certificate[position : position + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    try:
        verified = verify(jb1.code_text("https://h", bytes(certificate)), KEYS)
    except (Forged, NotACode):
        return
    assert bytes(certificate) == RIGHT
    assert verified.claims == CLAIMS


@given(st.binary(max_size=100))
def test_any_payload_has_a_reason(data: bytes) -> None:
    with pytest.raises(Forged) as caught:
        jb1.decode_payload(data)
    assert caught.value.reason in SHAPE_REASONS - {ForgedReason.WRONG_HEADER}
    assert diagnose(b"\xd2" + data) in SHAPE_REASONS


@pytest.mark.parametrize("changes", [{"cti": bytes(15)}, {"exp": -1}, {"iat": 2**64}, {"status_idx": -1}])
def test_claims_that_cannot_be_encoded(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        jb1.payload_bytes(replace(CLAIMS, **changes))


def test_parts_of_the_wrong_size_are_not_assembled() -> None:
    payload = jb1.payload_bytes(CLAIMS)
    for kid, signature in (
        (bytes(7), bytes(64)),
        (bytes(9), bytes(64)),
        (bytes(8), bytes(63)),
        (bytes(8), b""),
    ):
        with pytest.raises(ValueError, match="bytes"):
            jb1.certificate_bytes(kid, payload, signature)


def test_a_short_run_of_the_fuzzer() -> None:
    """`tests.support.fuzz` runs for as long as wanted; this is enough to see that it works."""
    chance = random.Random(2021)  # noqa: S311  -- not for secrets
    for _ in range(4_000):
        fuzz.once(chance, fuzz.seeds(), fuzz.TOKEN)
