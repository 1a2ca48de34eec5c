"""Status lists: the array, the token, what is refused, what may replace what."""

from __future__ import annotations

import hashlib
import random
import zlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jianbiao.errors import Untrusted
from jianbiao.wire import status_list as sl
from jianbiao.wire.keys import STATUS_LIST
from tests.support import raw_cbor as c
from tests.support.forge import signature_input
from tests.support.local_key import CERTIFICATE_KEY, CLAIMS, LIST_KEY, LocalKey, key_set

URI = CLAIMS.status_uri
IAT, EXP = CLAIMS.iat, CLAIMS.iat + 86_400
KEYS = key_set()


def token(entries: bytes = b"\xe4", key: LocalKey = LIST_KEY, **changes: Any) -> bytes:
    """A list that is right but for `changes`; the first four entries are 0, 1, 2, 3."""
    payload = sl.payload_bytes(
        **({"uri": URI, "iat": IAT, "exp": EXP, "ttl": 300, "entries": entries} | changes)
    )
    return sl.token_bytes(key.kid, payload, key.sign(sl.to_be_signed(key.kid, payload)))


def test_reads_what_it_writes() -> None:
    claims = sl.read_status_list(token(), KEYS, URI)
    assert claims == sl.StatusList(URI, IAT, EXP, 300, 2, b"\xe4")
    assert [claims.status(n, IAT) for n in range(-1, 6)] == [None, 0, 1, 2, 3, None, None]


def test_token_computed_by_hand() -> None:
    lst = zlib.compress(b"\xe4", 9)
    payload = c.mapping(
        [
            (c.integer(2), c.text(URI)),
            (c.integer(4), c.integer(EXP)),
            (c.integer(6), c.integer(IAT)),
            (c.integer(65533), c.mapping([(c.text("lst"), c.data(lst)), (c.text("bits"), c.integer(2))])),
            (c.integer(65534), c.integer(300)),
        ]
    )
    protected = c.mapping(
        [
            (c.integer(1), c.integer(-7)),
            (c.integer(4), c.data(LIST_KEY.kid)),
            (c.integer(16), c.text("application/statuslist+cwt")),
        ]
    )
    assert sl.payload_bytes(uri=URI, iat=IAT, exp=EXP, ttl=300, entries=b"\xe4") == payload
    assert sl.to_be_signed(LIST_KEY.kid, payload) == signature_input(protected, payload)
    signature = LIST_KEY.sign(signature_input(protected, payload))
    assert token() == c.tag(18, c.array(c.data(protected), b"\xa0", c.data(payload), c.data(signature)))


def test_whole_list_fits_its_caps() -> None:
    noise = random.Random(1).randbytes(sl.MAX_INFLATED)  # noqa: S311  -- not for secrets
    whole = token(noise)
    assert len(whole) <= sl.MAX_TOKEN
    assert sl.read_status_list(whole, KEYS, URI).entries == noise
    assert len(token(bytes(sl.MAX_INFLATED))) < 700
    with pytest.raises(Untrusted, match="too-large"):
        sl.read_status_list(token(bytes(sl.MAX_INFLATED + 1)), KEYS, URI)
    with pytest.raises(Untrusted, match="too-large"):
        sl.read_status_list(token(bytes(2**28)), KEYS, URI)
    with pytest.raises(Untrusted, match="too-large"):
        sl.open_token(bytes(sl.MAX_TOKEN + 1))


@given(st.dictionaries(st.integers(0, 4095), st.integers(0, 3), max_size=40))
def test_entries(values: dict[int, int]) -> None:
    entries = bytearray(1024)
    for index, value in values.items():
        sl.set_entry(entries, index, 3)
        sl.set_entry(entries, index, value)
    assert [sl.get_entry(entries, n) for n in range(4096)] == [values.get(n, 0) for n in range(4096)]


def test_entries_out_of_range() -> None:
    entries = bytearray(2)
    for index in (-1, 8):
        assert sl.get_entry(entries, index) is None
        with pytest.raises(IndexError):
            sl.set_entry(entries, index, 1)
    for value in (-1, 4):
        with pytest.raises(ValueError, match="status"):
            sl.set_entry(entries, 0, value)
    assert entries == bytes(2)


@pytest.mark.parametrize(("now", "status"), [(EXP - 1, 1), (EXP, None), (EXP + 1, None), (0, 1)])
def test_says_nothing_past_its_own_end(now: int, status: int | None) -> None:
    claims = sl.read_status_list(token(), KEYS, URI)
    assert claims.status(1, now) == status
    if status is None:
        with pytest.raises(Untrusted, match="list-expired"):
            claims.check_fresh(now)
    else:
        claims.check_fresh(now)


def test_newer_replaces_older() -> None:
    held = sl.read_status_list(token(), KEYS, URI)
    held.check_replaces(held)
    sl.read_status_list(token(iat=IAT + 1), KEYS, URI).check_replaces(held)
    for reason, other in (
        ("rolled-back", token(iat=IAT - 1)),
        ("altered", token(b"\x00")),
        ("altered", token(exp=EXP + 1)),
    ):
        with pytest.raises(Untrusted, match=reason):
            sl.read_status_list(other, KEYS, URI).check_replaces(held)
    with pytest.raises(Untrusted, match="wrong-subject"):
        replace(held, uri="urn:jianbiao:test:1").check_replaces(held)


def test_digest_is_what_is_signed() -> None:
    payload = sl.payload_bytes(uri=URI, iat=IAT, exp=EXP, ttl=300, entries=bytes(9))
    assert (
        sl.digest_to_sign(LIST_KEY.kid, payload)
        == hashlib.sha256(sl.to_be_signed(LIST_KEY.kid, payload)).digest()
    )


# --- what is refused --------------------------------------------------------------------------------------

HEADER = [
    (c.integer(1), c.integer(-7)),
    (c.integer(4), c.data(LIST_KEY.kid)),
    (c.integer(16), c.text(sl.MEDIA_TYPE)),
]


def build(header: c.Pairs = HEADER, claims: c.Pairs | None = None, tag: int = 18, **parts: bytes) -> bytes:
    protected = c.mapping(header)
    payload = parts.get("payload", c.mapping(CLAIMS_PAIRS if claims is None else claims))
    signature = parts.get("signature", LIST_KEY.sign(signature_input(protected, payload)))
    return c.tag(
        tag, c.array(c.data(protected), parts.get("unprotected", b"\xa0"), c.data(payload), c.data(signature))
    )


def array(lst: bytes = zlib.compress(b"\xe4"), bits: bytes = c.integer(2)) -> bytes:
    return c.mapping([(c.text("bits"), bits), (c.text("lst"), c.data(lst))])


CLAIMS_PAIRS = [
    (c.integer(2), c.text(URI)),
    (c.integer(6), c.integer(IAT)),
    (c.integer(4), c.integer(EXP)),
    (c.integer(65534), c.integer(300)),
    (c.integer(65533), array()),
]


def claims(label: int, value: bytes | None) -> c.Pairs:
    pairs = [pair for pair in CLAIMS_PAIRS if pair[0] != c.integer(label)]
    return pairs if value is None else [*pairs, (c.integer(label), value)]


def test_another_order_and_further_claims_are_read() -> None:
    """The draft asks for no deterministic encoding; what is unknown in a CWT is ignored."""
    assert sl.read_status_list(build(), KEYS, URI).entries == b"\xe4"
    assert sl.read_status_list(build(claims=claims(1, c.text("issuer"))), KEYS, URI).entries == b"\xe4"
    assert sl.read_status_list(build(claims=claims(65534, None)), KEYS, URI).ttl is None


REFUSED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "malformed"),
    "cut": (build()[:-1], "malformed"),
    "bytes behind": (build() + b"\0", "malformed"),
    "CWT tag": (build(tag=61), "wrong-header"),
    "CWT tag outside": (c.tag(61, build()), "wrong-header"),
    "COSE_Mac0": (build(tag=17), "wrong-header"),
    "untagged": (build()[1:], "wrong-header"),
    "kid unprotected": (build(HEADER[:1] + HEADER[2:], unprotected=c.mapping(HEADER[1:2])), "wrong-header"),
    "typ missing": (build(HEADER[:2]), "wrong-header"),
    "typ of another": (build([*HEADER[:2], (c.integer(16), c.text("application/cwt"))]), "wrong-header"),
    "typ a number": (build([*HEADER[:2], (c.integer(16), c.integer(61))]), "wrong-header"),
    "alg missing": (build(HEADER[1:]), "wrong-header"),
    "alg another": (build([(c.integer(1), c.integer(-35)), *HEADER[1:]]), "wrong-header"),
    "alg twice": (build([HEADER[0], *HEADER]), "wrong-header"),
    "crit": (build([*HEADER, (c.integer(2), c.array(c.integer(99)))]), "wrong-header"),
    "signature short": (build(signature=bytes(63)), "wrong-header"),
    "signature wrong": (build(signature=bytes(64)), "bad-signature"),
    "key of nobody": (build([HEADER[0], (c.integer(4), c.data(bytes(8))), HEADER[2]]), "unknown-key"),
    "certificate key": (token(key=CERTIFICATE_KEY), "unknown-key"),
    "a certificate": (CERTIFICATE_KEY.certificate(CLAIMS), "wrong-header"),
    "claims no map": (build(payload=c.array()), "bad-claims"),
    "claims no CBOR": (build(payload=b"\xff"), "malformed"),
    "sub of another list": (token(uri="urn:jianbiao:test:1"), "wrong-subject"),
    "sub missing": (build(claims=claims(2, None)), "bad-claims"),
    "sub in bytes": (build(claims=claims(2, c.data(b"x"))), "bad-claims"),
    "sub twice": (build(claims=[*CLAIMS_PAIRS, (c.integer(2), c.text(URI))]), "bad-claims"),
    "exp missing": (build(claims=claims(4, None)), "bad-claims"),
    "exp a float": (build(claims=claims(4, c.double(EXP))), "bad-claims"),
    "exp true": (build(claims=claims(4, c.TRUE)), "bad-claims"),
    "iat missing": (build(claims=claims(6, None)), "bad-claims"),
    "iat negative": (build(claims=claims(6, c.integer(-1))), "bad-claims"),
    "iat huge": (build(claims=claims(6, c.integer(2**63))), "bad-claims"),
    "iat before the key": (token(iat=0), "unknown-key"),
    "ttl text": (build(claims=claims(65534, c.text("300"))), "bad-claims"),
    "list missing": (build(claims=claims(65533, None)), "bad-claims"),
    "list bytes": (build(claims=claims(65533, c.data(b""))), "bad-claims"),
    "bits 1": (build(claims=claims(65533, array(bits=c.integer(1)))), "bad-claims"),
    "bits 8": (build(claims=claims(65533, array(bits=c.integer(8)))), "bad-claims"),
    "bits a float": (build(claims=claims(65533, array(bits=c.half(2.0)))), "bad-claims"),
    "lst not compressed": (build(claims=claims(65533, array(b"\xe4"))), "malformed"),
    "lst raw deflate": (build(claims=claims(65533, array(zlib.compress(b"\xe4", wbits=-15)))), "malformed"),
    "lst gzip": (build(claims=claims(65533, array(zlib.compress(b"\xe4", wbits=31)))), "malformed"),
    "lst cut": (build(claims=claims(65533, array(zlib.compress(b"\xe4")[:-1]))), "malformed"),
    "lst empty": (build(claims=claims(65533, array(b""))), "malformed"),
    "lst goes on": (build(claims=claims(65533, array(zlib.compress(b"\xe4") + b"\0"))), "malformed"),
    "lst a bomb": (build(claims=claims(65533, array(zlib.compress(bytes(2**26), 9)))), "too-large"),
}


@pytest.mark.parametrize(("data", "reason"), REFUSED.values(), ids=REFUSED)
def test_refused(data: bytes, reason: str) -> None:
    with pytest.raises(Untrusted) as caught:
        sl.read_status_list(data, KEYS, URI)
    assert caught.value.reason == reason


def test_compromised_list_key() -> None:
    keys = key_set(LIST_KEY.jwk(STATUS_LIST, issuers=(), revoked_at=IAT))
    with pytest.raises(Untrusted, match="key-revoked"):
        sl.read_status_list(token(), keys, URI)


def test_every_single_bit_flip_is_refused() -> None:
    data = bytearray(token())
    for position in range(len(data) * 8):
        data[position // 8] ^= 1 << position % 8
        with pytest.raises(Untrusted):
            sl.read_status_list(bytes(data), KEYS, URI)
        data[position // 8] ^= 1 << position % 8


@given(st.binary(max_size=80))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(Untrusted):
        sl.read_status_list(data, KEYS, URI)


@pytest.mark.parametrize(("deployment", "number"), [("", 0), ("a" * 21, 0), ("A", 0), ("a:b", 0), ("a", -1)])
def test_names_of_lists(deployment: str, number: int) -> None:
    assert sl.list_uri("prod-23", 7) == "urn:jianbiao:prod-23:7"
    with pytest.raises(ValueError, match="deployment"):
        sl.list_uri(deployment, number)


def test_parts_of_the_wrong_size_are_not_assembled() -> None:
    for kid, signature in (
        (bytes(7), bytes(64)),
        (bytes(9), bytes(64)),
        (bytes(8), bytes(63)),
        (bytes(8), b""),
    ):
        with pytest.raises(ValueError, match="bytes"):
            sl.token_bytes(kid, b"\xa0", signature)
