"""The shape of a certificate as wire format 2 and 3 word it, on cbor2: slow, obvious, independent.

The tests hold it against `jianbiao.wire.jb1`: both have to accept the very same bytes.
"""

from __future__ import annotations

import re
import unicodedata

import cbor2

MAX_TIME = 253_402_300_799


def accepts(certificate: bytes) -> bool:
    """Whether step 2 of the verification lets the bytes pass."""
    try:
        outer = cbor2.loads(certificate)
        parts = outer.value
        header, claims = cbor2.loads(parts[0]), cbor2.loads(parts[2])
        encoded = [cbor2.dumps(value, canonical=True) for value in (outer, header, claims)]
    except (
        cbor2.CBORError,
        ValueError,
        TypeError,
        AttributeError,
        LookupError,
        OverflowError,
        RecursionError,
    ):
        return False
    if encoded != [certificate, parts[0], parts[2]]:
        return False
    return _is_shape(outer) and _is_header(header) and _are_claims(claims)


def _is_shape(outer: object) -> bool:
    if not isinstance(outer, cbor2.CBORTag) or outer.tag != 18 or not isinstance(outer.value, (list, tuple)):
        return False
    protected, unprotected, payload, signature = outer.value if len(outer.value) == 4 else [None] * 4
    return (
        type(protected) is bytes
        and unprotected == {}
        and type(payload) is bytes
        and type(signature) is bytes
        and len(signature) == 64
    )


def _is_header(header: object) -> bool:
    return (
        _has_labels(header, 1, 4)
        and type(header[1]) is int
        and header[1] == -7
        and type(header[4]) is bytes
        and len(header[4]) == 8
    )


def _are_claims(claims: object) -> bool:
    if not _has_labels(claims, 1, 4, 6, 7, 65535, -65537):
        return False
    status, mark = claims[65535], claims[-65537]
    if not _has_labels(status, "status_list") or not _has_labels(status["status_list"], "idx", "uri"):
        return False
    if not _has_labels(mark, 1, 2, 3, 4):
        return False
    idx, uri, plate = status["status_list"]["idx"], status["status_list"]["uri"], mark[1]
    return (
        _is_text(claims[1], "[0-9]{6}")
        and all(type(claims[n]) is int and 0 <= claims[n] <= MAX_TIME for n in (4, 6))
        and type(claims[7]) is bytes
        and len(claims[7]) == 16
        and type(idx) is int
        and 0 <= idx < 2**64
        and _is_text(uri, "[!-~]+")
        and type(plate) is str
        and all(unicodedata.category(letter)[0] in "LN" for letter in plate)
        and plate != ""
        and unicodedata.normalize("NFC", plate) == plate
        and _is_text(mark[2], "[0-9]{2}")
        and _is_text(mark[3], "[0-9A-Z]{3}")
        and _is_text(mark[4], "[0-9A-Z]")
    )


def _has_labels(value: object, *labels: object) -> bool:
    return (
        isinstance(value, dict)
        and len(value) == len(labels)
        and all(any(type(k) is type(label) and k == label for k in value) for label in labels)
    )


def _is_text(value: object, pattern: str) -> bool:
    return type(value) is str and re.fullmatch(pattern, value) is not None
