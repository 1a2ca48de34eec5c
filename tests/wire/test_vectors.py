"""Vectors: one certificate computed by hand, and published ones (Wycheproof, Token Status List draft)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from jianbiao.errors import Untrusted
from jianbiao.wire import cbor, jb1, status_list
from jianbiao.wire.keys import from_base64url
from jianbiao.wire.signature import check, der_from_raw, raw_from_der
from jianbiao.wire.verify import verify
from tests.support.local_key import CERTIFICATE_KEY, CLAIMS, key_set

# Written down from RFC 8949 and wire format 2, item by item, not by a program.
PROTECTED = "a2 01 26 04 48 KID"
PAYLOAD = """
a6
  01  66 32 33 30 31 30 30                              iss "230100"
  04  1a 60 64 9c 80                                    exp 1617206400
  06  1a 5e 83 d9 80                                    iat 1585699200
  07  50 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f
  19 ff ff  a1                                          65535 status
    6b 73 74 61 74 75 73 5f 6c 69 73 74  a2             "status_list"
      63 69 64 78  1a 00 01 e2 40                       "idx" 123456
      63 75 72 69                                       "uri"
      73 75 72 6e 3a 6a 69 61 6e 62 69 61 6f 3a 74 65 73 74 3a 30
  3a 00 01 00 00  a4                                    -65537 mark
    01  69 e9 bb 91 41 31 32 33 34 35                   plate, 9 bytes
    02  62 30 32
    03  63 4b 33 33
    04  61 41
"""


def by_hand(text: str) -> bytes:
    """The hex pairs at the beginning of each line."""
    pairs: list[str] = []
    for line in text.splitlines():
        for word in line.split():
            if len(word) != 2:
                break
            pairs.append(word)
    return bytes.fromhex("".join(pairs))


def test_payload_computed_by_hand() -> None:
    assert jb1.payload_bytes(CLAIMS) == by_hand(PAYLOAD)
    assert jb1.decode_payload(by_hand(PAYLOAD)) == CLAIMS


def test_certificate_computed_by_hand() -> None:
    kid = CERTIFICATE_KEY.kid
    assert kid == hashlib.sha256(CERTIFICATE_KEY.spki).digest()[:8]
    protected, payload = bytes.fromhex("a201260448") + kid, by_hand(PAYLOAD)
    assert len(payload) == 0x76
    to_be_signed = b"\x84\x6aSignature1\x4d" + protected + b"\x40\x58\x76" + payload
    assert jb1.to_be_signed(kid, payload) == to_be_signed
    signature = CERTIFICATE_KEY.sign(to_be_signed)
    certificate = b"\xd2\x84\x4d" + protected + b"\xa0\x58\x76" + payload + b"\x58\x40" + signature
    assert jb1.certificate_bytes(kid, payload, signature) == certificate
    assert verify(jb1.code_text("https://verify.example", certificate), key_set()).claims == CLAIMS


INTEGERS = {
    0: "00",
    23: "17",
    24: "1818",
    255: "18ff",
    256: "190100",
    65535: "19ffff",
    65536: "1a00010000",
    2**32 - 1: "1affffffff",
    2**32: "1b0000000100000000",
    2**64 - 1: "1bffffffffffffffff",
}


@pytest.mark.parametrize(("number", "encoded"), INTEGERS.items())
def test_every_length_of_integer(number: int, encoded: str) -> None:
    payload = jb1.payload_bytes(replace(CLAIMS, status_idx=number))
    assert b"\x63idx" + bytes.fromhex(encoded) + b"\x63uri" in payload
    assert jb1.decode_payload(payload).status_idx == number


# --- published vectors --------------------------------------------------------------------------------------

FOLDER = Path(__file__).parents[2].parent / "shared" / "vectors"


def published(name: str) -> Any:
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"published vectors {name} are not beside this checkout")
    return json.loads(path.read_bytes())


def test_wycheproof_ecdsa_p256_p1363() -> None:
    document = published("wycheproof_ecdsa_p256_p1363.json")
    seen = 0
    for group in document["testGroups"]:
        key = load_der_public_key(bytes.fromhex(group["publicKeyDer"]))
        assert isinstance(key, ec.EllipticCurvePublicKey)
        for test in group["tests"]:
            seen += 1
            raw, message = bytes.fromhex(test["sig"]), bytes.fromhex(test["msg"])
            if test["result"] == "valid":
                check(key, raw, message)
                assert raw_from_der(der_from_raw(raw)) == raw
            else:
                with pytest.raises(InvalidSignature):
                    check(key, raw, message)
    assert seen == document["numberOfTests"]


def test_token_status_list_draft() -> None:
    document = published("token_status_list.json")
    jwk = document["key"]
    x, y = (int.from_bytes(from_base64url(jwk[name], 32)) for name in "xy")
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    outer = cbor.decode(bytes.fromhex(document["status_list_cwt"])).value
    assert isinstance(outer, cbor.Tag)
    assert isinstance(outer.content, list)
    protected, _, payload, signature = outer.content  # its kid stands unprotected: not our profile
    check(key, signature, jb1.signature_input(protected, payload))
    claims = status_list.decode_claims(payload, bits=1)
    assert (claims.uri, claims.iat, claims.exp) == (
        "https://example.com/statuslists/1",
        1686920170,
        2291720170,
    )
    assert claims.entries == bytes.fromhex("b9a3")
    # The draft's first example, entry by entry.
    assert [claims.status(n, claims.iat) for n in range(16)] == [
        1,
        0,
        0,
        1,
        1,
        1,
        0,
        1,
        1,
        1,
        0,
        0,
        0,
        1,
        0,
        1,
    ]
    assert claims.status(16, claims.iat) is None
    with pytest.raises(Untrusted, match="wrong-header"):
        status_list.open_token(bytes.fromhex(document["status_list_cwt"]))


def test_token_status_list_draft_small_arrays() -> None:
    for entry in published("token_status_list.json")["small"]:
        inflated = status_list.inflate(bytes.fromhex(entry["zlib"]))
        assert inflated == bytes.fromhex(entry["bytes"])
    # Its second example: 2 bits an entry.
    values = [status_list.get_entry(bytes.fromhex("c944f9"), n) for n in range(13)]
    assert values == [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3, None]


LONG = {
    1: dict.fromkeys((0, 1993, 25460, 159495, 495669, 554353, 645645, 723232, 854545, 934534, 1000345), 1),
    2: {0: 1, 1993: 2, 25460: 1, 159495: 3, 495669: 1, 554353: 1, 645645: 2, 723232: 1, 854545: 1}
    | {934534: 2, 1000345: 3},
    4: {0: 1, 1993: 2, 35460: 3, 459495: 4, 595669: 5, 754353: 6, 845645: 7, 923232: 8, 924445: 9}
    | {934534: 10, 1004534: 11, 1000345: 12, 1030203: 13, 1030204: 14, 1030205: 15},
}
"""The entries that the draft's long examples set, by bits an entry; all others are 0."""


def test_token_status_list_draft_arrays() -> None:
    entries = published("token_status_list.json")["lists"]
    assert len(entries) == 6
    for entry in entries:
        value = cbor.decode(bytes.fromhex(entry["cbor"].rpartition(":")[2])).value
        assert isinstance(value, cbor.Map)
        bits = value.get("bits")
        assert isinstance(bits, int)
        array = status_list.decode_array(value, bits)
        if len(array) < 100:
            assert array.hex() in ("b9a3", "c944f9")
            continue
        assert len(array) == 2**20 * bits // 8
        found = {
            index: status_list.get_entry(array, index, bits)
            for byte, content in enumerate(array)
            if content
            for index in range(byte * 8 // bits, (byte + 1) * 8 // bits)
            if status_list.get_entry(array, index, bits)
        }
        if bits in LONG:
            assert found == LONG[bits]
        else:
            assert set(found.values()) == set(range(1, 256))
