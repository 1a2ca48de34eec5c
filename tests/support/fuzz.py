"""Fuzz the parser for as long as wanted: `PYTHONPATH=layers/core python -m tests.support.fuzz --seconds 600`.

Damages certificates, texts and status lists at random. What `jianbiao.wire` accepts has to be what the reference
on cbor2 accepts, a damaged code never verifies as something else, and nothing but the errors promised is raised.
Prints the seed, so that a finding can be had again.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sys
import time
from functools import cache

from jianbiao.errors import Forged, NotACode, Untrusted
from jianbiao.wire import jb1, status_list
from jianbiao.wire.code_text import parse_code
from jianbiao.wire.verify import verify_certificate
from tests.support import reference
from tests.support.hostile import hostile
from tests.support.local_key import CERTIFICATE_KEY, CLAIMS, LIST_KEY, key_set

KEYS = key_set()
RIGHT = CERTIFICATE_KEY.certificate(CLAIMS)
CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz234567018_-+=/:. \n\tſı２\0"
INTERESTING = bytes.fromhex(
    "00 01 17 18 19 1a 1b 1c 1f 20 3a 40 58 5f 60 78 7f 80 9f a0 a1 bf c2 d2 f4 f5 f9 fb ff"
)
"""Initial bytes of CBOR on both sides of every border."""


def a_list() -> bytes:
    """A right status list."""
    times = {"iat": CLAIMS.iat, "exp": CLAIMS.exp, "ttl": 300}
    payload = status_list.payload_bytes(uri=CLAIMS.status_uri, entries=bytes(64), **times)
    signature = LIST_KEY.sign(status_list.to_be_signed(LIST_KEY.kid, payload))
    return status_list.token_bytes(LIST_KEY.kid, payload, signature)


TOKEN = a_list()


@cache
def said(token: bytes) -> status_list.StatusList:
    """What a right list says."""
    return status_list.read_status_list(token, KEYS, CLAIMS.status_uri)


@cache
def seeds() -> list[bytes]:
    """What to damage: a right certificate, and those that are already wrong in one way."""
    return [
        RIGHT,
        RIGHT,
        *(case.certificate for case in hostile(lambda _: bytes(64), CERTIFICATE_KEY.kid, CLAIMS)),
    ]


def damage(chance: random.Random, data: bytes) -> bytes:
    """A few bytes exchanged, lost, repeated or added."""
    damaged = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randint(0, len(damaged))
        new = bytes(chance.choices(INTERESTING, k=chance.randint(0, 2))) or chance.randbytes(
            chance.randint(0, 3)
        )
        if chance.random() < 0.1:
            new = damaged[at : at + chance.randint(1, 40)]
        damaged[at : at + chance.randint(0, 3)] = new
    return bytes(damaged)


def accepts(certificate: bytes) -> bool:
    """Whether the shape is accepted."""
    try:
        jb1.open_certificate(certificate)
    except Forged:
        return False
    return True


def once(chance: random.Random, certificates: list[bytes], token: bytes) -> None:
    """One round; raises AssertionError, or whatever should not be raised."""
    certificate = damage(chance, chance.choice(certificates))
    assert accepts(certificate) == reference.accepts(certificate), certificate.hex()
    try:
        verify_certificate(certificate, KEYS)
        assert certificate == RIGHT, certificate.hex()
    except Forged:
        pass
    text = list(jb1.code_text("https://h", certificate))
    for _ in range(chance.randint(0, 3)):
        text[chance.randrange(len(text))] = chance.choice(CHARACTERS)
    with contextlib.suppress(NotACode):
        parse_code("".join(text))
    damaged = damage(chance, token)
    try:
        # Lengths outside what is signed may be written in another way (wire format 5 asks for no one form), so the
        # bytes may differ; what they say may not.
        read = status_list.read_status_list(damaged, KEYS, CLAIMS.status_uri)
        assert read == said(token), damaged.hex()
    except Untrusted:
        pass


def main() -> int:
    """Until the time is over, or something is found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 2**32)
    options = parser.parse_args()
    print(f"seed {options.seed}")
    chance = random.Random(options.seed)  # noqa: S311  -- not for secrets
    rounds, end, told = 0, time.monotonic() + options.seconds, time.monotonic()
    while time.monotonic() < end:
        once(chance, seeds(), TOKEN)
        rounds += 1
        if time.monotonic() - told > 10:
            told = time.monotonic()
            print(f"{rounds:,} rounds, {end - told:.0f} s to go", flush=True)
    print(f"{rounds:,} rounds without a finding")
    return 0


if __name__ == "__main__":
    sys.exit(main())
