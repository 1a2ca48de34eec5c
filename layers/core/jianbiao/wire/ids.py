"""Certificate ids as people read them: 26 characters of Crockford Base32 (wire format 2)."""

from __future__ import annotations

CTI_SIZE = 16
"""Bytes of the claim `cti`."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 26
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_VALUES |= {letter.lower(): value for letter, value in _VALUES.items()}
_VALUES |= dict.fromkeys("IiLl", 1) | dict.fromkeys("Oo", 0)


def certificate_id(cti: bytes) -> str:
    """16 bytes as 26 characters: the integer, big-endian, behind two zero bits, as in a ULID.

    Raises ValueError for another size.
    """
    if len(cti) != CTI_SIZE:
        raise ValueError("a certificate id has 16 bytes")
    number = int.from_bytes(cti)
    return "".join([_ALPHABET[number >> shift & 31] for shift in range(5 * (_LENGTH - 1), -1, -5)])


def parse_certificate_id(text: str) -> bytes:
    """Inverse of `certificate_id`; either case, I and L read as 1, O as 0. Raises ValueError for all else."""
    if len(text) != _LENGTH or not set(text) <= _VALUES.keys():
        raise ValueError("a certificate id has 26 characters of Crockford Base32")
    number = 0
    for letter in text:
        number = number << 5 | _VALUES[letter]
    if number >> 8 * CTI_SIZE:
        raise ValueError("a certificate id begins with 0 to 7")
    return number.to_bytes(CTI_SIZE)
