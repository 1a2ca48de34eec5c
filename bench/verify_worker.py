"""One side of P1: verifies the same claims again and again, by ours or by the peers, beside the bare signature.

Run by the interpreter of the environment in question, since the peers want other versions than we do. In, first
line: JSON with the tokens and keys; then one line a round, answered by a JSON line {name: seconds a call}.
"""

from __future__ import annotations

import json
import os
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

CALLS = 60
"""A round: so many calls of each contestant, one contestant after the other."""

Contestants = dict[str, Callable[[], object]]


def bare(given: dict[str, Any]) -> Contestants:
    """Nothing but the signature over the certificate's bytes, with `cryptography`."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key: Any = load_pem_public_key(given["pem"].encode())
    signature, message = bytes.fromhex(given["der"]), bytes.fromhex(given["message"])
    algorithm = ec.ECDSA(hashes.SHA256())
    return {"bare": lambda: key.verify(signature, message, algorithm)}


def ours(given: dict[str, Any]) -> Contestants:
    """From the text of the code to verified claims."""
    from jianbiao.wire.keys import KeySet
    from jianbiao.wire.verify import verify

    text, keys = given["code"], KeySet.from_jwks(given["jwks"])
    return {"jianbiao": lambda: verify(text, keys)}


def peers(given: dict[str, Any]) -> Contestants:
    """The same claims as a JWT, or as the COSE bytes (without Base32); key objects made once, `exp` checked."""
    warnings.simplefilter("ignore")
    import cbor2
    import cwt
    import jwt
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from joserfc import jwt as jose
    from joserfc.jwk import ECKey
    from pycose.keys import EC2Key
    from pycose.keys.curves import P256
    from pycose.messages import CoseMessage

    pem, token, certificate = given["pem"].encode(), given["jwt"], bytes.fromhex(given["certificate"])
    key = load_pem_public_key(pem)
    jose_key, jose_rules = ECKey.import_key(pem.decode()), jose.JWTClaimsRegistry(exp={"essential": True})
    kid, x, y = (bytes.fromhex(given[name]) for name in ("kid", "x", "y"))
    cwt_key = cwt.COSEKey.new({1: 2, 2: kid, 3: -7, -1: 1, -2: x, -3: y})
    cose_key = EC2Key(crv=P256, x=x, y=y)

    def with_joserfc() -> object:
        read = jose.decode(token, jose_key, algorithms=["ES256"])
        jose_rules.validate(read.claims)
        return read.claims

    def with_pycose() -> object:
        message: Any = CoseMessage.decode(certificate)
        message.key = cose_key
        if not message.verify_signature():
            raise ValueError("signature")
        return cbor2.loads(message.payload)

    return {
        "joserfc": with_joserfc,
        "PyJWT": lambda: jwt.decode(token, key, algorithms=["ES256"]),  # type: ignore[arg-type]
        "python-cwt": lambda: cwt.decode(certificate, cwt_key),
        "pycose": with_pycose,
    }


def seconds_each(call: Callable[[], object], times: int) -> float:
    begun = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - begun) / times


def main() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    given = json.loads(sys.stdin.readline())
    contestants = bare(given) | {"ours": ours, "peers": peers}[sys.argv[1]](given)
    for call in contestants.values():
        call()
    for _ in sys.stdin:
        times = {
            name: seconds_each(call, 6 if name == "pycose" else CALLS) for name, call in contestants.items()
        }
        print(json.dumps(times), flush=True)


if __name__ == "__main__":
    main()
