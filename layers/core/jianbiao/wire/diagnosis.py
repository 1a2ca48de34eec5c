"""Why certificate bytes are refused: only asked once `wire.jb1` has refused them, never to accept any.

The reasons are looked for in the order of wire format 3, step 2. What is well-formed and deterministic, under
the right header, and still not accepted, has wrong claims: so what is a right claim stands in one place.
"""

from __future__ import annotations

from jianbiao.wire import cbor
from jianbiao.wire.reasons import ForgedReason
from jianbiao.wire.signature import RAW_SIZE

_TAG = 18
_ES256 = -7
_ALG, _KID = 1, 4
_KID_SIZE = 8


def diagnose(certificate: bytes) -> ForgedReason:
    """Reason for bytes that `jb1.open_certificate` does not accept."""
    try:
        outer = cbor.decode(certificate)
        match outer.value:
            case cbor.Tag(number, [bytes(protected), cbor.Map(()), bytes(payload), bytes(signature)]):
                pass
            case _:
                return ForgedReason.WRONG_HEADER
        # An empty protected string stands for an empty map (RFC 9052 section 3).
        if number != _TAG or len(signature) != RAW_SIZE or not protected:
            return ForgedReason.WRONG_HEADER
        header = cbor.decode(protected)
        if not _is_our_header(header.value):
            return ForgedReason.WRONG_HEADER
        claims = cbor.decode(payload)
    except cbor.Malformed:
        return ForgedReason.MALFORMED
    deterministic = outer.deterministic and header.deterministic and claims.deterministic
    return ForgedReason.BAD_CLAIMS if deterministic else ForgedReason.NOT_CANONICAL


def diagnose_payload(payload: bytes) -> ForgedReason:
    """Reason for payload bytes that `jb1.decode_payload` does not accept."""
    try:
        claims = cbor.decode(payload)
    except cbor.Malformed:
        return ForgedReason.MALFORMED
    return ForgedReason.BAD_CLAIMS if claims.deterministic else ForgedReason.NOT_CANONICAL


def _is_our_header(value: object) -> bool:
    entries = value.integer_keys() if isinstance(value, cbor.Map) else None
    if entries is None or entries.keys() != {_ALG, _KID}:
        return False
    algorithm, kid = entries[_ALG], entries[_KID]
    return type(algorithm) is int and algorithm == _ES256 and isinstance(kid, bytes) and len(kid) == _KID_SIZE
