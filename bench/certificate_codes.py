"""Codes of ordinary certificates, signed by a throwaway key with the product's own encoder."""

from __future__ import annotations

import random
from datetime import date

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jianbiao.domain.times import end_of_day
from jianbiao.wire.claims import Claims
from jianbiao.wire.code_text import code_text
from jianbiao.wire.jb1 import certificate_bytes, payload_bytes, to_be_signed
from jianbiao.wire.keys import kid_of
from jianbiao.wire.signature import raw_from_der

HOST = "https://mark.traffic.example.cn"
LONG_HOST = "https://verify.inspection-mark.harbin.example"


def codes(count: int, seed: int = 1, *, base_url: str = HOST, plate: str = "黑AD12345") -> list[str]:
    """`count` code texts with different certificate ids, status indices and signatures."""
    chance = random.Random(seed)
    key = ec.derive_private_key(chance.getrandbits(250), ec.SECP256R1())
    kid = kid_of(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    made = []
    for _ in range(count):
        claims = Claims(
            iss="230100",
            exp=end_of_day(date(2028, 2, 29)),
            iat=1_796_000_000 + chance.randrange(10_000_000),
            cti=chance.randbytes(16),
            status_idx=chance.randrange(1 << 17, 1 << 20),
            status_uri="urn:jianbiao:harbin-prod:12",
            plate=plate,
            plate_class="52",
            vehicle_type="K33",
            use="A",
        )
        payload = payload_bytes(claims)
        signature = key.sign(to_be_signed(kid, payload), ec.ECDSA(hashes.SHA256()))
        made.append(code_text(base_url, certificate_bytes(kid, payload, raw_from_der(signature))))
    return made
