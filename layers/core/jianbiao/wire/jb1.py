"""Certificate bytes: encoding, and the one shape that is accepted (wire format 2).

Deterministic encoding and a closed set of claims leave exactly one shape, so that the decoder is a regular
expression over the bytes: what does not match it, byte for byte, is refused, and only then
`wire.diagnosis` looks for the reason. Nothing here checks a signature: `wire.verify` does.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from jianbiao.errors import Forged
from jianbiao.wire import cbor
from jianbiao.wire.claims import Claims
from jianbiao.wire.code_text import code_prefix, code_text, parse_code
from jianbiao.wire.ids import CTI_SIZE
from jianbiao.wire.profiles import ACCEPTED, ES256, Profile

__all__ = [
    "KID_SIZE", "MAX_TIME", "Certificate", "certificate_bytes", "code_prefix", "code_text", "decode_payload",
    "open_certificate", "parse_code", "payload_bytes", "protected_bytes", "signature_input", "to_be_signed",
]  # fmt: skip

KID_SIZE = 8
"""Bytes of a key id: the beginning of SHA-256 over the DER SubjectPublicKeyInfo."""
MAX_TIME = 253_402_300_799
"""Epoch second of 9999-12-31T23:59:59Z, the largest time accepted."""

# --- Encoding ---------------------------------------------------------------------------------------------


def protected_bytes(kid: bytes, profile: Profile = ES256) -> bytes:
    """The protected header {1: alg, 4: kid}, 13 bytes for ES256. Raises ValueError unless `kid` has 8 bytes."""
    if len(kid) != KID_SIZE:
        raise ValueError("a key id has 8 bytes")
    return profile.header + cbor.bstr(kid)


def payload_bytes(claims: Claims) -> bytes:
    """The claims set, about 120 bytes. Raises ValueError: number out of range, `cti` not of 16 bytes."""
    if len(claims.cti) != CTI_SIZE:
        raise ValueError("cti has 16 bytes")
    tstr, uint = cbor.tstr, cbor.uint
    return b"".join((
        b"\xa6",
        b"\x01", tstr(claims.iss),
        b"\x04", uint(claims.exp),
        b"\x06", uint(claims.iat),
        b"\x07", cbor.bstr(claims.cti),
        b"\x19\xff\xff\xa1\x6bstatus_list\xa2",  # 65535
        b"\x63idx", uint(claims.status_idx),
        b"\x63uri", tstr(claims.status_uri),
        b"\x3a\x00\x01\x00\x00\xa4",  # -65537
        b"\x01", tstr(claims.plate),
        b"\x02", tstr(claims.plate_class),
        b"\x03", tstr(claims.vehicle_type),
        b"\x04", tstr(claims.use),
    ))  # fmt: skip


def signature_input(protected: bytes, payload: bytes) -> bytes:
    """What is signed: `Sig_structure` ["Signature1", protected, h'', payload] (RFC 9052 section 4.4)."""
    return b"\x84\x6aSignature1" + cbor.bstr(protected) + b"\x40" + cbor.bstr(payload)


def to_be_signed(kid: bytes, payload: bytes, profile: Profile = ES256) -> bytes:
    """What KMS signs for a certificate: at most 4,096 bytes, with MessageType RAW."""
    return signature_input(protected_bytes(kid, profile), payload)


def certificate_bytes(kid: bytes, payload: bytes, signature: bytes, profile: Profile = ES256) -> bytes:
    """The tagged COSE_Sign1; `signature` is r||s. Raises ValueError unless it has the profile's size."""
    if len(signature) != profile.signature_size:
        raise ValueError(f"the signature has not {profile.signature_size} bytes")
    protected = protected_bytes(kid, profile)
    return b"\xd2\x84" + cbor.bstr(protected) + b"\xa0" + cbor.bstr(payload) + cbor.bstr(signature)


# --- Decoding ---------------------------------------------------------------------------------------------

_UINT = rb"(?:[\x00-\x17]|\x18[\x18-\xff]|\x19(?!\x00)..|\x1a(?!\x00\x00)....|\x1b(?!\x00{4}).{8})"
_TEXT = rb"(?:[\x61-\x77]|\x78[\x18-\xff]|\x79(?!\x00)..)"  # head of a text string, not empty


@cache
def _shape(profile: Profile) -> re.Pattern[bytes]:
    """The one shape of a certificate of a profile."""
    header = profile.header + cbor.head(2, KID_SIZE)
    size = profile.signature_size
    fixed = {
        b"protected": re.escape(cbor.head(2, len(header) + KID_SIZE) + header),
        b"signature": re.escape(cbor.head(2, size)) + b"(.{%d})" % size,
    }
    return re.compile(
        rb"""\xd2 \x84
          ( %(protected)b (.{8}) )                      # 1 protected header as a byte string, 2 kid
          \xa0                                          # nothing unprotected
          ( \x58[\x18-\xff] | \x59(?!\x00).. ) (.*)     # 3 head of the payload, 4 payload
          %(signature)b                                 # 5 signature"""
        % fixed,
        re.DOTALL | re.VERBOSE,
    )


_PAYLOAD = re.compile(
    rb"""\xa6
      \x01 \x66 ([0-9]{6})                              # 1 iss
      \x04 (%(uint)b)                                   # 2 exp
      \x06 (%(uint)b)                                   # 3 iat
      \x07 \x50 (.{16})                                 # 4 cti
      \x19\xff\xff \xa1 \x6b status_list \xa2
        \x63 idx (%(uint)b)                             # 5 idx
        \x63 uri (%(text)b) ([\x21-\x7e]+)              # 6, 7 uri: RFC 3986 has no other characters
      \x3a\x00\x01\x00\x00 \xa4
        \x01 (%(text)b) (.+)                            # 8, 9 plate
        \x02 \x62 ([0-9]{2})                            # 10 plate class
        \x03 \x63 ([0-9A-Z]{3})                         # 11 vehicle type
        \x04 \x61 ([0-9A-Z])                            # 12 use"""
    % {b"uint": _UINT, b"text": _TEXT},
    re.DOTALL | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Certificate:
    """Certificate bytes of the right shape. Nothing in it may be believed before the signature is checked."""

    kid: bytes
    claims: Claims
    to_be_signed: bytes
    signature: bytes
    """r||s, as long as the profile has it."""
    profile: Profile
    """The one whose shape it has; whether it is the key's is `keys.who_signed`'s to say."""


def open_certificate(certificate: bytes, profiles: Sequence[Profile] = ACCEPTED) -> Certificate:
    """Step 2 of the verification. Raises Forged with the reason, in the order of wire format 3."""
    for profile in profiles:
        match = _shape(profile).fullmatch(certificate)
        if match is None:
            continue
        protected, kid, payload_head, payload, signature = match.groups()
        claims = _claims(payload)
        if claims is not None and _argument(payload_head) == len(payload):
            to_be_signed = b"".join((b"\x84\x6aSignature1", protected, b"\x40", payload_head, payload))
            return Certificate(kid, claims, to_be_signed, signature, profile)
    from jianbiao.wire.diagnosis import diagnose

    raise Forged(diagnose(certificate))


def decode_payload(payload: bytes) -> Claims:
    """The claims in payload bytes. Raises Forged: `malformed`, `not-canonical` or `bad-claims`."""
    claims = _claims(payload)
    if claims is not None:
        return claims
    from jianbiao.wire.diagnosis import diagnose_payload

    raise Forged(diagnose_payload(payload))


def _claims(payload: bytes) -> Claims | None:
    match = _PAYLOAD.fullmatch(payload)
    if match is None:
        return None
    iss, exp, iat, cti, idx, uri_head, uri, plate_head, plate_utf8, *coded = match.groups()
    if _argument(uri_head) != len(uri) or _argument(plate_head) != len(plate_utf8):
        return None
    expires, issued = _argument(exp), _argument(iat)
    if expires > MAX_TIME or issued > MAX_TIME:
        return None
    try:
        plate = plate_utf8.decode()
    except UnicodeDecodeError:
        return None
    # Letters and digits of any script, so no separator; in the one composed form.
    if not plate.isalnum() or not unicodedata.is_normalized("NFC", plate):
        return None
    return Claims(
        iss.decode(), expires, issued, cti, _argument(idx), uri.decode(),
        plate, *[code.decode() for code in coded],
    )  # fmt: skip


def _argument(head: bytes) -> int:
    """The number in the head of an item whose form the expression has checked."""
    return head[0] & 0x1F if len(head) == 1 else int.from_bytes(head[1:])
