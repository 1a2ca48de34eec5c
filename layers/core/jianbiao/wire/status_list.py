"""Status lists: Token Status List as a CWT (draft-ietf-oauth-status-list-21; wire format 5).

A list is an array of 2-bit values, least significant bits first, inside a COSE_Sign1 that the list key signs.
The token is larger than the 4,096 bytes that KMS signs RAW, so `digest_to_sign` is what it signs as DIGEST.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from dataclasses import dataclass
from typing import TypeGuard

from jianbiao.errors import Forged, Untrusted
from jianbiao.wire import cbor
from jianbiao.wire.jb1 import KID_SIZE, MAX_TIME, signature_input
from jianbiao.wire.keys import STATUS_LIST, KeySet
from jianbiao.wire.reasons import ForgedReason, UntrustedReason
from jianbiao.wire.signature import RAW_SIZE

BITS = 2
"""Bits an entry."""
ENTRIES = 2**20
"""Entries a list."""
MAX_INFLATED = ENTRIES * BITS // 8
"""Bytes that a list may inflate to: 2**18."""
MAX_TOKEN = MAX_INFLATED + 4_096
"""Bytes of a token: a list that zlib could not shorten, with its frame."""
MEDIA_TYPE = "application/statuslist+cwt"

VALID, REVOKED, SUSPENDED, SUPERSEDED = range(4)
"""Values of an entry."""

_ALG, _KID, _TYP = 1, 4, 16
_ES256 = -7
_SUB, _EXP, _IAT, _LIST, _TTL = 2, 4, 6, 65533, 65534
_DEPLOYMENT = re.compile("[a-z0-9][a-z0-9-]{0,19}")


def list_uri(deployment: str, number: int) -> str:
    """The opaque name of a list, `urn:jianbiao:<deployment>:<n>`.

    Raises ValueError: a deployment's name has at most 20 characters, a-z, 0-9 and hyphens.
    """
    if _DEPLOYMENT.fullmatch(deployment) is None or number < 0:
        raise ValueError("a deployment is 1 to 20 of a-z, 0-9 and '-', a list number is not negative")
    return f"urn:jianbiao:{deployment}:{number}"


# --- The array --------------------------------------------------------------------------------------------


def get_entry(entries: bytes | bytearray, index: int, bits: int = BITS) -> int | None:
    """Value of an entry; None when the index is out of range."""
    per_byte = 8 // bits
    if not 0 <= index < len(entries) * per_byte:
        return None
    return entries[index // per_byte] >> index % per_byte * bits & (1 << bits) - 1


def set_entry(entries: bytearray, index: int, value: int) -> None:
    """Change a 2-bit entry in place. Raises IndexError, ValueError."""
    if not 0 <= index < len(entries) * 4:
        raise IndexError(index)
    if not 0 <= value <= SUPERSEDED:
        raise ValueError(f"{value} is no status")
    shift = index % 4 * BITS
    entries[index // 4] = entries[index // 4] & ~(3 << shift) | value << shift


def inflate(lst: bytes, bits: int = BITS) -> bytes:
    """The array in the member `lst`: one whole zlib stream (RFC 1950) of at most 2**20 entries.

    Raises Untrusted: `malformed`, `too-large`; never holds more than the limit in memory.
    """
    limit = ENTRIES * bits // 8
    inflater = zlib.decompressobj()
    try:
        entries = inflater.decompress(lst, limit + 1)
    except zlib.error as exc:
        raise Untrusted(ForgedReason.MALFORMED, "lst is no zlib stream") from exc
    if len(entries) > limit:
        raise Untrusted(UntrustedReason.TOO_LARGE, f"lst inflates to more than {limit} bytes")
    if not inflater.eof or inflater.unused_data:
        raise Untrusted(ForgedReason.MALFORMED, "lst is cut off, or goes on after its end")
    return entries


# --- Encoding ---------------------------------------------------------------------------------------------


def payload_bytes(*, uri: str, iat: int, exp: int, ttl: int, entries: bytes | bytearray) -> bytes:
    """The claims of a list; times in epoch seconds, `ttl` in seconds. Bytes depend on the zlib in use."""
    status_list = b"\xa2\x63lst" + cbor.bstr(zlib.compress(entries, 9)) + b"\x64bits" + cbor.uint(BITS)
    return b"".join((
        b"\xa5",
        cbor.uint(_SUB), cbor.tstr(uri),
        cbor.uint(_EXP), cbor.uint(exp),
        cbor.uint(_IAT), cbor.uint(iat),
        cbor.uint(_LIST), status_list,
        cbor.uint(_TTL), cbor.uint(ttl),
    ))  # fmt: skip


def protected_bytes(kid: bytes) -> bytes:
    """The protected header {1: -7, 4: kid, 16: "application/statuslist+cwt"}. Raises ValueError."""
    if len(kid) != KID_SIZE:
        raise ValueError("a key id has 8 bytes")
    return b"\xa3\x01\x26\x04" + cbor.bstr(kid) + cbor.uint(_TYP) + cbor.tstr(MEDIA_TYPE)


def to_be_signed(kid: bytes, payload: bytes) -> bytes:
    """`Sig_structure` of the list: what a verifier hashes."""
    return signature_input(protected_bytes(kid), payload)


def digest_to_sign(kid: bytes, payload: bytes) -> bytes:
    """SHA-256 of `to_be_signed`, 32 bytes: what KMS signs, with MessageType DIGEST."""
    return hashlib.sha256(to_be_signed(kid, payload)).digest()


def token_bytes(kid: bytes, payload: bytes, signature: bytes) -> bytes:
    """The tagged COSE_Sign1; `signature` is r||s. Raises ValueError unless it has 64 bytes."""
    if len(signature) != RAW_SIZE:
        raise ValueError("an ES256 signature has 64 bytes")
    return b"\xd2\x84" + cbor.bstr(protected_bytes(kid)) + b"\xa0" + cbor.bstr(payload) + cbor.bstr(signature)


# --- Reading ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StatusList:
    """A list whose signature has been checked."""

    uri: str
    iat: int
    exp: int
    ttl: int | None
    """Seconds after which to look for a newer one."""
    bits: int
    entries: bytes
    """The array, inflated."""

    def status(self, index: int, now: int) -> int | None:
        """Value of an entry as of this list; None for an index out of range, or a list past its `exp`."""
        return get_entry(self.entries, index, self.bits) if now < self.exp else None

    def check_replaces(self, held: StatusList) -> None:
        """Return only if this list may take the place of `held`. Raises Untrusted: `wrong-subject`,
        `rolled-back`, `altered` (the same time of issue, another content)."""
        if self.uri != held.uri:
            raise Untrusted(UntrustedReason.WRONG_SUBJECT)
        if self.iat < held.iat:
            raise Untrusted(UntrustedReason.ROLLED_BACK, f"iat {self.iat} is older than {held.iat}")
        if self.iat == held.iat and self != held:
            raise Untrusted(UntrustedReason.ALTERED, f"two different lists have the iat {self.iat}")

    def check_fresh(self, now: int) -> None:
        """Return only before the list's `exp`; raises Untrusted (`list-expired`)."""
        if now >= self.exp:
            raise Untrusted(UntrustedReason.LIST_EXPIRED)


@dataclass(frozen=True, slots=True)
class UnverifiedList:
    """A list of the right shape. Nothing in it may be believed before the signature is checked."""

    kid: bytes
    to_be_signed: bytes
    signature: bytes
    claims: StatusList


def read_status_list(token: bytes, keys: KeySet, uri: str) -> StatusList:
    """The list named `uri` in a token that one of the status list keys signed.

    Raises Untrusted, with a reason of `UntrustedReason` or `ForgedReason`. The caller still asks
    `check_fresh` before it keeps a new list, and `check_replaces` where it has one already.
    """
    opened = open_token(token)
    claims = opened.claims
    try:
        keys.who_signed(
            kid=opened.kid,
            purpose=STATUS_LIST,
            iat=claims.iat,
            message=opened.to_be_signed,
            signature=opened.signature,
        )
    except Forged as exc:
        raise Untrusted(exc.reason) from exc
    if claims.uri != uri:
        raise Untrusted(UntrustedReason.WRONG_SUBJECT)
    return claims


def open_token(token: bytes) -> UnverifiedList:
    """Decode a token. Raises Untrusted: `too-large`, `malformed`, `wrong-header`, `bad-claims`."""
    if len(token) > MAX_TOKEN:
        raise Untrusted(UntrustedReason.TOO_LARGE)
    match _decode(token):
        case cbor.Tag(18, [bytes(protected), cbor.Map(()), bytes(payload), bytes(signature)]):
            kid = _kid(_decode(protected))
        case _:
            raise Untrusted(ForgedReason.WRONG_HEADER)
    if kid is None or len(signature) != RAW_SIZE:
        raise Untrusted(ForgedReason.WRONG_HEADER)
    return UnverifiedList(kid, signature_input(protected, payload), signature, decode_claims(payload))


def decode_claims(payload: bytes, bits: int = BITS) -> StatusList:
    """The claims of a list with entries of `bits` (the draft has 1, 2, 4 and 8). Raises Untrusted.

    The draft asks for no deterministic encoding, so none is asked here. A repeated member counts as absent;
    claims that are not ours are ignored (RFC 8392 section 3).
    """
    claims = _decode(payload)
    if not isinstance(claims, cbor.Map):
        raise Untrusted(ForgedReason.BAD_CLAIMS)
    uri, iat, exp, ttl = (claims.get(label) for label in (_SUB, _IAT, _EXP, _TTL))
    if not isinstance(uri, str) or not _is_time(iat) or not _is_time(exp):
        raise Untrusted(ForgedReason.BAD_CLAIMS)
    if ttl is not None and not _is_time(ttl):
        raise Untrusted(ForgedReason.BAD_CLAIMS)
    return StatusList(uri, iat, exp, ttl, bits, decode_array(claims.get(_LIST), bits))


def decode_array(status_list: object, bits: int = BITS) -> bytes:
    """The inflated array of a claim `status_list`, a CBOR map {"bits", "lst"}. Raises Untrusted."""
    if not isinstance(status_list, cbor.Map):
        raise Untrusted(ForgedReason.BAD_CLAIMS, "there is no status_list")
    stated, lst = status_list.get("bits"), status_list.get("lst")
    if type(stated) is not int or stated != bits or not isinstance(lst, bytes):
        raise Untrusted(ForgedReason.BAD_CLAIMS, f"status_list is not of {bits} bits an entry")
    return inflate(lst, bits)


def _decode(data: bytes) -> object:
    try:
        decoded = cbor.decode(data)
    except cbor.Malformed as exc:
        raise Untrusted(ForgedReason.MALFORMED, str(exc)) from exc
    if decoded.size != len(data):
        raise Untrusted(ForgedReason.MALFORMED, "bytes follow the item")
    return decoded.value


def _kid(header: object) -> bytes | None:
    """Key id of the one header that is accepted; all three members, each once, nothing else."""
    if not isinstance(header, cbor.Map) or len(header.pairs) != 3:
        return None
    algorithm, kid, typ = (header.get(label) for label in (_ALG, _KID, _TYP))
    is_ours = type(algorithm) is int and algorithm == _ES256 and typ == MEDIA_TYPE
    return kid if is_ours and isinstance(kid, bytes) else None


def _is_time(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 <= value <= MAX_TIME
