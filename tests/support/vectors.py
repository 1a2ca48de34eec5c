"""The vectors of docs/vectors, for everybody who writes a verifier: written by the `COMMAND` below.

Every key is derived from a published number and signs with RFC 6979 nonces, so that the same bytes come out
every time; only the compressed part of status lists depends on the zlib at hand.
"""

from __future__ import annotations

import base64
import json
import random
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from jianbiao.wire import jb1, status_list
from jianbiao.wire.claims import Claims
from jianbiao.wire.code_text import MAX_TEXT
from jianbiao.wire.ids import certificate_id
from jianbiao.wire.keys import STATUS_LIST, base64url
from tests.support import raw_cbor as c
from tests.support.forge import Forge
from tests.support.hostile import NOT_A_CODE, ORDER, hostile
from tests.support.local_key import (
    BEIJING,
    CERTIFICATE_KEY,
    CLAIMS,
    EXP,
    HARBIN,
    LIST_KEY,
    NBF,
    STANDBY_KEY,
    STRANGER,
    LocalKey,
)

FOLDER = Path(__file__).parents[2] / "docs" / "vectors"
COMMAND = "PYTHONPATH=layers/core python -m tests.support.vectors"
HOST = "https://verify.example"
WITHIN = CLAIMS.iat + 86_400
RETIRED_AT = CLAIMS.iat + 60 * 86_400
BEGINS_AT = CLAIMS.iat + 4 * 365 * 86_400

RETIRED, FUTURE, COMPROMISED, TWIN, COMPROMISED_LIST = (LocalKey.of(0x5E6F7080 + n) for n in range(5))


def key_document() -> dict[str, Any]:
    """A published set with a key of every kind."""
    shared = base64url(CERTIFICATE_KEY.kid)
    return {
        "version": 7,
        "keys": [
            CERTIFICATE_KEY.jwk(),
            STANDBY_KEY.jwk(issuers=(HARBIN, BEIJING)),
            RETIRED.jwk(exp=RETIRED_AT),
            FUTURE.jwk(nbf=BEGINS_AT),
            COMPROMISED.jwk(revoked_at=CLAIMS.iat + 86_400),
            TWIN.jwk(issuers=(BEIJING,), kid=shared),
            LIST_KEY.jwk(STATUS_LIST, issuers=()),
            COMPROMISED_LIST.jwk(STATUS_LIST, issuers=(), revoked_at=CLAIMS.iat + 86_400),
            {"kty": "EC", "crv": "SM2", "alg": "SM2", "use": "sig", "purpose": "certificate", "kid": shared},
        ],
    }


def code(certificate: bytes) -> str:
    """The text in the symbol; of no bytes at all, too."""
    return jb1.code_text(HOST, certificate)


# --- codes that are right -----------------------------------------------------------------------------------


def good() -> Iterator[dict[str, Any]]:
    """Codes that verify, with their claims and the verdict as of `now`, given the status."""
    right = CERTIFICATE_KEY.certificate(CLAIMS)
    text = code(right)
    letters = text.rpartition("/")[2]
    yield _good("ordinary", text)
    for name, written in {
        "lower case": text.lower(),
        "Base32 alone": letters,
        "mixed case": letters[:40].lower() + letters[40:],
        "blanks around": f" \t\r\n{text}\n ",
        "as long as may be": letters + " " * (MAX_TEXT - len(letters)),
        "another host": f"HTTP://LOCALHOST:8080/V/{letters}",
        "another scheme": f"jianbiao+x.y-z://whatever?goes/v/{letters}",
    }.items():
        yield _good(f"text: {name}", written)
    yield _good("other signature of the same key: (r, n - s)", code(_malleated(right)))
    for name, changes in _variations():
        claims = replace(CLAIMS, **changes)
        yield _good(name, code(CERTIFICATE_KEY.certificate(claims)), claims)
    for name, key, iss in (
        ("standby key", STANDBY_KEY, "230100"),
        ("second issuer of a key", STANDBY_KEY, "110000"),
        ("key retired since", RETIRED, "230100"),
    ):
        claims = replace(CLAIMS, iss=iss)
        yield _good(name, code(key.certificate(claims)), claims)
    in_beijing = replace(CLAIMS, iss=BEIJING.code)
    yield _good(
        "second key with the same kid",
        code(Forge(TWIN.sign, CERTIFICATE_KEY.kid, in_beijing).build()),
        in_beijing,
    )
    for name, now, status, verdict in (
        ("issued in 301 s", CLAIMS.iat - 301, None, "not_yet_valid"),
        ("issued in 301 s, revoked", CLAIMS.iat - 301, 1, "not_yet_valid"),
        ("issued in 300 s", CLAIMS.iat - 300, None, "valid"),
        ("issued in 299 s", CLAIMS.iat - 299, None, "valid"),
        ("last second", CLAIMS.exp - 1, 0, "valid"),
        ("first second after", CLAIMS.exp, 0, "expired"),
        ("second after", CLAIMS.exp + 1, None, "expired"),
        ("expired and revoked", CLAIMS.exp, 1, "expired"),
        ("status 0", WITHIN, 0, "valid"),
        ("status 1", WITHIN, 1, "revoked"),
        ("status 2", WITHIN, 2, "suspended"),
        ("status 3", WITHIN, 3, "superseded"),
        ("status unknown to this profile", WITHIN, 4, "valid"),
    ):
        yield _good(name, text, now=now, status=status, verdict=verdict)


def _variations() -> Iterator[tuple[str, dict[str, Any]]]:
    for plate, plate_class in (
        ("黑AD12345", "52"),
        ("黑A12345D", "51"),
        ("黑A1234挂", "15"),
        ("黑A1234学", "16"),
        ("粤Z1234港", "26"),
        ("使123456", "03"),
    ):
        yield f"plate {plate}", {"plate": plate, "plate_class": plate_class}
    for idx in (0, 23, 24, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32, 2**64 - 1):
        yield f"status index {idx}", {"status_idx": idx}
    for length in (20, 23, 24, 140, 141, 255, 256, 400):
        yield f"list name of {length} characters", {"status_uri": "urn:jianbiao:".ljust(length, "x")}
    for exp in (2**32 - 1, 2**32, 253_402_300_799):
        yield f"valid until {exp}", {"exp": exp}
    yield "other type and use", {"vehicle_type": "H3A", "use": "Z"}
    yield "id of zeros", {"cti": bytes(16)}
    yield "id of ones", {"cti": b"\xff" * 16}


def _malleated(certificate: bytes) -> bytes:
    return certificate[:-32] + (ORDER - int.from_bytes(certificate[-32:])).to_bytes(32)


def _good(
    name: str,
    text: str,
    claims: Claims = CLAIMS,
    *,
    now: int = WITHIN,
    status: int | None = None,
    verdict: str = "valid",
) -> dict[str, Any]:
    expected = asdict(claims) | {"cti": claims.cti.hex(), "status_idx": str(claims.status_idx)}
    return {
        "name": name,
        "code": text,
        "now": now,
        "status": status,
        "verdict": verdict,
        "certificate_id": certificate_id(claims.cti),
        "claims": expected,
    }


# --- codes that are not -------------------------------------------------------------------------------------


def bad() -> Iterator[dict[str, Any]]:
    """Codes to be refused: `error` not-a-code, or `verdict` forged with the reason."""
    for case in hostile(CERTIFICATE_KEY.sign, CERTIFICATE_KEY.kid, CLAIMS, signs_from=NBF, signs_until=EXP):
        if case.certificate:
            yield _bad(case.name, code(case.certificate), case.reason)
    yield from (_bad(name, code(certificate), reason) for name, certificate, reason in _keys())
    yield from (_bad(f"text: {name}", text, NOT_A_CODE) for name, text in _texts())
    yield from _damaged()


def _keys() -> Iterator[tuple[str, bytes, str]]:
    yield "key that nobody published", STRANGER.certificate(CLAIMS), "unknown-key"
    yield (
        "stranger under a published kid",
        Forge(STRANGER.sign, CERTIFICATE_KEY.kid, CLAIMS).build(),
        "bad-signature",
    )
    yield "status list key", LIST_KEY.certificate(CLAIMS), "unknown-key"
    yield "retired key, last second", RETIRED.certificate(replace(CLAIMS, iat=RETIRED_AT)), "unknown-key"
    yield "key that has not begun", FUTURE.certificate(CLAIMS), "unknown-key"
    yield "compromised key", COMPROMISED.certificate(CLAIMS), "key-revoked"
    before = replace(CLAIMS, iat=CLAIMS.iat - 86_400)
    yield "compromised key, before that", COMPROMISED.certificate(before), "key-revoked"
    yield (
        "stranger under a compromised kid",
        Forge(STRANGER.sign, COMPROMISED.kid, CLAIMS).build(),
        "key-revoked",
    )
    yield (
        "issuer of another key",
        CERTIFICATE_KEY.certificate(replace(CLAIMS, iss="110000")),
        "issuer-not-allowed",
    )
    twins = Forge(TWIN.sign, CERTIFICATE_KEY.kid, CLAIMS).build()
    yield "second key with the same kid, issuer of the first", twins, "issuer-not-allowed"
    for name, key in (("", LIST_KEY), (", by the certificate key", CERTIFICATE_KEY)):
        yield f"status list{name}", _list(key=key), "wrong-header"


def _texts() -> Iterator[tuple[str, str]]:
    text = code(CERTIFICATE_KEY.certificate(CLAIMS))
    prefix, _, letters = text.rpartition("/")
    yield from {
        "empty": "",
        "blank": " \n",
        "no Base32": "HTTPS://VERIFY.EXAMPLE/V/",
        "query": f"{text}?x=1",
        "fragment": f"{text}#x",
        "slash at the end": f"{text}/",
        "percent-encoded": f"{prefix}/%32{letters[1:]}",
        "another path": f"HTTPS://VERIFY.EXAMPLE/W/{letters}",
        "longer path": f"HTTPS://VERIFY.EXAMPLE/X/V/{letters}",
        "no host": f"HTTPS:///V/{letters}",
        "no scheme": f"VERIFY.EXAMPLE/V/{letters}",
        "one slash": f"HTTPS:/VERIFY.EXAMPLE/V/{letters}",
        "host of 256 characters": f"x://{'h' * 256}/V/{letters}",
        "scheme that begins with a digit": f"1x://h/V/{letters}",
        "blank inside": f"{letters[:50]} {letters[50:]}",
        "line end inside": f"{letters[:50]}\n{letters[50:]}",
        "blank after the address": f"{prefix}/ {letters}",
        "padded": f"{letters}=",
        "underscore inside": f"{letters[:50]}_{letters[50:]}",
        "plus sign before": f"+{letters}",
        "zero byte behind": f"{letters}\0",
        "no-break space before": f"\u00a0{letters}",
        "file separator before": f"\x1c{letters}",
        "byte order mark before": f"\ufeff{letters}",
        "long s in the scheme": f"http\u017f://h/V/{letters}",
        "dotless i": letters.replace("I", "\u0131", 1),
        "long s": letters.replace("S", "\u017f", 1),
        "fullwidth letter": "\uff12" + letters[1:],
        "Cyrillic letter": letters.replace("A", "\u0410", 1),
        "0 for O": letters.replace("O", "0", 1),
        "1 for I": letters.replace("I", "1", 1),
        "8 for B": letters.replace("B", "8", 1),
        "one letter lost": letters[:-1],
        "too long by one": letters + " " * (MAX_TEXT - len(letters) + 1),
        "spare bits set": letters[:-1] + chr(ord(letters[-1]) + 1),
        "a length that Base32 has not": letters + "A" * ((1 - len(letters)) % 8),
    }.items()


def _damaged() -> Iterator[dict[str, Any]]:
    """One flipped bit each, spread over the certificate."""
    certificate = CERTIFICATE_KEY.certificate(CLAIMS)
    places = random.Random(5).sample(range(8, len(certificate) * 8), 60)  # noqa: S311  -- not for secrets
    for place in sorted(places):
        damaged = bytearray(certificate)
        damaged[place // 8] ^= 1 << place % 8
        yield _bad(f"bit {place} flipped", code(bytes(damaged)), None)


def _bad(name: str, text: str, reason: str | None) -> dict[str, Any]:
    """`reason` None: whatever the reason; the verdict is what counts."""
    if reason == NOT_A_CODE:
        return {"name": name, "code": text, "now": WITHIN, "error": NOT_A_CODE}
    return {"name": name, "code": text, "now": WITHIN, "verdict": "forged", "reason": reason}


# --- status lists -------------------------------------------------------------------------------------------


def _list(key: LocalKey = LIST_KEY, **changes: Any) -> bytes:
    usual = {"uri": CLAIMS.status_uri, "iat": CLAIMS.iat, "exp": CLAIMS.iat + 86_400, "ttl": 300}
    payload = status_list.payload_bytes(**(usual | {"entries": b"\xe4\x1b\x00\xff"} | changes))
    return status_list.token_bytes(key.kid, payload, key.sign(status_list.to_be_signed(key.kid, payload)))


def lists() -> Iterator[dict[str, Any]]:
    """Tokens for `uri`: either the entries they show as of `now`, or the reason why they are not used."""
    end = CLAIMS.iat + 86_400
    small = {
        str(index): value for index, value in enumerate([0, 1, 2, 3, 3, 2, 1, 0, 0, 0, 0, 0, 3, 3, 3, 3])
    }
    whole = bytearray(status_list.MAX_INFLATED)
    for index, value in ((0, 1), (1, 2), (5, 3), (524_288, 2), (1_048_575, 3)):
        status_list.set_entry(whole, index, value)
    yield _read("four bytes", _list(), small | {"16": None, "18446744073709551615": None})
    far = {"0": 1, "1": 2, "2": 0, "5": 3, "524288": 2, "1048575": 3, "1048576": None}
    yield _read("a whole list", _list(entries=bytes(whole)), far)
    yield _read("last second", _list(), {"1": 1}, now=end - 1)
    yield _read("past its end", _list(), {"1": None}, now=end)
    # Its encoding need not be deterministic: what is not signed may be written otherwise, and says the same.
    longer = _list().replace(b"\xd2\x84\x58\x2a", b"\xd2\x84\x59\x00\x2a", 1)
    yield _read("a length of the frame in a longer form", longer, small)
    yield _read(
        "without a ttl", _with_lst(zlib.compress(b"\xe4")), {"0": 0, "1": 1, "2": 2, "3": 3, "4": None}
    )
    one_more = _with_lst(zlib.compress(b"\xe4"), further=[(c.integer(-70000), c.text("later"))])
    yield _read("a claim that is not ours", one_more, {"3": 3})
    iat_twice = _with_lst(zlib.compress(b"\xe4"), further=[(c.integer(6), c.integer(CLAIMS.iat))])
    for name, token, reason in (
        ("of another list", _list(uri="urn:jianbiao:test:1"), "wrong-subject"),
        ("signed by a certificate key", _list(key=CERTIFICATE_KEY), "unknown-key"),
        ("signed by a compromised key", _list(key=COMPROMISED_LIST), "key-revoked"),
        ("signed by nobody", _list(key=STRANGER), "unknown-key"),
        ("signature damaged", _list()[:-1] + bytes([_list()[-1] ^ 1]), "bad-signature"),
        ("before the key's interval", _list(iat=NBF - 1), "unknown-key"),
        ("a certificate", CERTIFICATE_KEY.certificate(CLAIMS), "wrong-header"),
        ("untagged", _list()[1:], "wrong-header"),
        ("with the CWT tag", c.tag(61, _list()), "wrong-header"),
        ("cut", _list()[:-1], "malformed"),
        ("bytes behind", _list() + b"\0", "malformed"),
        ("too large when inflated", _list(entries=bytes(status_list.MAX_INFLATED + 1)), "too-large"),
        ("a bomb", _list(entries=bytes(2**22)), "too-large"),
        ("bytes behind the zlib stream", _with_lst(zlib.compress(b"\xe4") + b"\0"), "malformed"),
        ("zlib stream cut", _with_lst(zlib.compress(b"\xe4" * 9)[:-2]), "malformed"),
        ("raw deflate", _with_lst(zlib.compress(b"\xe4", wbits=-15)), "malformed"),
        ("gzip", _with_lst(zlib.compress(b"\xe4", wbits=31)), "malformed"),
        ("a time of issue twice", iat_twice, "bad-claims"),
        ("one bit an entry", _with_lst(zlib.compress(b"\xe4"), bits=1), "bad-claims"),
    ):
        yield {"name": name, "token": _encoded(token), "uri": CLAIMS.status_uri, "reason": reason}


def _with_lst(lst: bytes, bits: int = 2, further: Sequence[tuple[bytes, bytes]] = ()) -> bytes:
    """A signed list around whatever bytes, without a ttl, with further claims."""
    claims = c.mapping(
        [
            (c.integer(2), c.text(CLAIMS.status_uri)),
            (c.integer(4), c.integer(CLAIMS.iat + 86_400)),
            (c.integer(6), c.integer(CLAIMS.iat)),
            (c.integer(65533), c.mapping([(c.text("lst"), c.data(lst)), (c.text("bits"), c.integer(bits))])),
            *further,
        ]
    )
    signature = LIST_KEY.sign(status_list.to_be_signed(LIST_KEY.kid, claims))
    return status_list.token_bytes(LIST_KEY.kid, claims, signature)


def _read(
    name: str, token: bytes, entries: dict[str, int | None], now: int = CLAIMS.iat + 60
) -> dict[str, Any]:
    return {"name": name, "token": _encoded(token), "uri": CLAIMS.status_uri, "now": now, "entries": entries}


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


# --- files --------------------------------------------------------------------------------------------------


def documents() -> dict[str, dict[str, Any]]:
    """The files by name."""
    made = {"generated_by": COMMAND, "key_set": "keys.json"}
    return {
        "keys.json": key_document(),
        "good.json": made | {"cases": list(good())},
        "hostile.json": made | {"cases": list(bad())},
        "status-lists.json": made | {"cases": list(lists())},
    }


def main() -> None:
    """Write the files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, document in documents().items():
        text = json.dumps(document, ensure_ascii=False, indent=1)
        FOLDER.joinpath(name).write_text(text + "\n", encoding="utf-8")
        print(f"docs/vectors/{name}: {len(text):,} characters")


if __name__ == "__main__":
    main()
