"""P1: text of a code → verified claims, against bare ES256 verification of the same bytes and against peers."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import IO, Any

import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from bench.common import show, verdict
from jianbiao.domain.codes import Coded
from jianbiao.wire import jb1
from jianbiao.wire.claims import Claims
from jianbiao.wire.keys import CERTIFICATE, base64url, jwk_of, kid_of
from jianbiao.wire.signature import der_from_raw, raw_from_der

ROOT = Path(__file__).parents[1]
PEERS = ROOT / ".envs" / "peers" / "bin" / "python"
ROUNDS = 60
BAR = 1.40
"""Times the bare verification; and below every peer."""


def contest() -> dict[str, Any]:
    """One set of claims, signed by one key, in the forms that the contestants read."""
    key = ec.generate_private_key(ec.SECP256R1())
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    kid, now = kid_of(spki), int(time.time())
    claims = Claims(
        iss="230100",
        exp=now + 31_536_000,
        iat=now,
        cti=os.urandom(16),
        status_idx=734_112,
        status_uri="urn:jianbiao:harbin-prod:0",
        plate="黑A12345",
        plate_class="02",
        vehicle_type="K33",
        use="A",
    )
    payload = jb1.payload_bytes(claims)
    message = jb1.to_be_signed(kid, payload)
    raw = raw_from_der(key.sign(message, ec.ECDSA(hashes.SHA256())))
    certificate = jb1.certificate_bytes(kid, payload, raw)
    numbers = key.public_key().public_numbers()
    as_json = {
        "iss": claims.iss,
        "exp": claims.exp,
        "iat": claims.iat,
        "jti": base64.b64encode(claims.cti).decode(),
        "status": {"status_list": {"idx": claims.status_idx, "uri": claims.status_uri}},
        "mark": [claims.plate, claims.plate_class, claims.vehicle_type, claims.use],
    }
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    jwk = jwk_of(
        spki, purpose=CERTIFICATE, issuers=[Coded("230100", "哈尔滨市", "Harbin")], nbf=now, exp=now + 1
    )
    return {
        "pem": key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
        "x": f"{numbers.x:064x}",
        "y": f"{numbers.y:064x}",
        "kid": kid.hex(),
        "message": message.hex(),
        "der": der_from_raw(raw).hex(),
        "certificate": certificate.hex(),
        "code": jb1.code_text("https://verify.example.cn", certificate),
        "jwks": {"version": 1, "keys": [jwk]},
        "jwt": jwt.encode(as_json, private.decode(), algorithm="ES256", headers={"kid": base64url(kid)}),
        "payload_size": len(payload),
    }


class Side:
    """A worker in an environment of its own."""

    def __init__(self, interpreter: str | Path, side: str, given: dict[str, Any]) -> None:
        self.process = subprocess.Popen(
            [interpreter, Path(__file__).with_name("verify_worker.py"), side],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(ROOT / "layers" / "core")},
        )
        self.tell(json.dumps(given))

    def tell(self, line: str) -> None:
        """Send a line."""
        pipe: IO[str] | None = self.process.stdin
        assert pipe is not None
        pipe.write(line + "\n")
        pipe.flush()

    def round(self) -> dict[str, float]:
        """Seconds a call, by contestant."""
        self.tell("")
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("a worker ended; its message is above")
        times: dict[str, float] = json.loads(line)
        return times

    def close(self) -> None:
        """End the worker."""
        self.process.communicate()


def run() -> bool:
    """Measure in alternating rounds and print; False when the bar is missed."""
    given = contest()
    sides = [Side(sys.executable, "ours", given)]
    if PEERS.exists():
        sides.append(Side(PEERS, "peers", given))
    rounds: list[list[dict[str, float]]] = [[side.round() for side in sides] for _ in range(ROUNDS)]
    for side in sides:
        side.close()
    # Each contestant against the bare verification of the same round and process; the median over the rounds.
    names = [(n, name) for n in range(len(sides)) for name in rounds[0][n]]
    micros = {key: 1e6 * min(r[key[0]][key[1]] for r in rounds) for key in names}
    ratios = {key: median(r[key[0]][key[1]] / r[key[0]]["bare"] for r in rounds) for key in names}
    rows = [
        [_label(name), f"{micros[n, name]:.1f}", f"{ratios[n, name]:.2f}"]
        for n, name in sorted(names, key=ratios.__getitem__)
        if (n, name) != (1, "bare")
    ]
    show(
        f"P1  code of {len(given['code'])} characters, {given['payload_size']} claim bytes → verified claims",
        ["", "best µs", "× bare"],
        rows,
    )
    own = ratios[0, "jianbiao"]
    others = [ratio for (_, name), ratio in ratios.items() if name not in ("bare", "jianbiao")]
    if not others:
        print("the environment .envs/peers is absent: not compared with others")
    return verdict(
        f"P1 ≤ {BAR:.2f} × bare, below every peer", own <= BAR and all(own < other for other in others)
    )


def _label(name: str) -> str:
    if name == "bare":
        return f"bare ES256, cryptography {version('cryptography')}"
    if name == "jianbiao":
        return "jianbiao, from the text of the code"
    return f"{name}, from {'the JWT' if name in ('joserfc', 'PyJWT') else 'the COSE bytes'}"
