"""The text in the QR symbol (wire format 1)."""

from __future__ import annotations

import base64
import re
from functools import lru_cache

from jianbiao.errors import NotACode

MAX_TEXT = 2_048
"""Characters; longer text is refused unread."""
MAX_HOST = 40
"""Characters of host and port: beyond it the symbol outgrows QR version 12-M."""
TAG_18 = 0xD2
"""First byte of every certificate: COSE_Sign1 (RFC 9052 section 2)."""

_GRAMMAR = re.compile(
    r"\s* (?: [A-Za-z] [A-Za-z0-9+.-]* :// [^/\s]{1,255} / [Vv] / )? ([A-Za-z2-7]+) \s*",
    re.ASCII | re.VERBOSE,
)
_BASE_URL = re.compile(
    r"https:// [a-z0-9](?:[a-z0-9.-]*[a-z0-9])? | http:// (?:127\.0\.0\.1|localhost) (?::[1-9][0-9]{0,4})?",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)
# int() reads digits 0-9A-V where RFC 4648 writes A-Z2-7. The grammar has been checked before, so that none of
# the other things int() takes (signs, underscores, 0, 1, foreign digits) gets there.
_TO_INT_DIGITS = bytes.maketrans(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz234567",
    b"0123456789ABCDEFGHIJKLMNOP0123456789ABCDEFGHIJKLMNOPQRSTUV",
)


@lru_cache(maxsize=4)
def code_prefix(base_url: str) -> str:
    """`HTTPS://<VERIFY-HOST>/V/` for a deployment's address like ``https://host``.

    ``http://`` and a port belong to a local deployment only (127.0.0.1 or localhost). Raises ValueError for
    any other address, and for a host too long for the symbol: call it when the settings are read.
    """
    if _BASE_URL.fullmatch(base_url) is None:
        raise ValueError("the public address must be https://<host>, or http://127.0.0.1:<port> when local")
    host = base_url.partition("://")[2]
    if len(host) > MAX_HOST:
        raise ValueError(f"the public host name has {len(host)} characters, {MAX_HOST} fit the code")
    return f"{base_url.upper()}/V/"


def code_text(base_url: str, certificate: bytes) -> str:
    """Text of the QR symbol for certificate bytes; raises ValueError as `code_prefix`."""
    return code_prefix(base_url) + base64.b32encode(certificate).decode("ascii").rstrip("=")


def parse_code(text: str) -> bytes:
    """Certificate bytes in a scanned text: step 1 of the verification, without looking at what they say.

    Scheme and host prove nothing and are ignored. Raises NotACode.
    """
    if len(text) > MAX_TEXT or not text.isascii():
        raise NotACode("too long, or not ASCII")
    match = _GRAMMAR.fullmatch(text)
    if match is None:
        raise NotACode("not of the form HTTPS://<HOST>/V/<BASE32>")
    letters = match[1].encode("ascii")
    size, spare_bits = divmod(5 * len(letters), 8)
    number = int(letters.translate(_TO_INT_DIGITS), 32)
    # Five spare bits or more: the last letter says nothing. Spare bits set: a second text for the same bytes.
    if spare_bits >= 5 or number & (1 << spare_bits) - 1:
        raise NotACode("not Base32 in its only form")
    certificate = (number >> spare_bits).to_bytes(size)
    if certificate[:1] != bytes((TAG_18,)):
        raise NotACode("does not begin like a certificate")
    return certificate
