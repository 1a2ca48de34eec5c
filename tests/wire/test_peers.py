"""Other implementations read what we write: python-cwt and pycose, in an environment of their own."""

from __future__ import annotations

import json
import subprocess
import zlib
from pathlib import Path

import cbor2
import pytest

from jianbiao.wire import status_list
from tests.support.local_key import CERTIFICATE_KEY, CLAIMS, LocalKey

ROOT = Path(__file__).parents[2]
PEERS = ROOT / ".envs" / "peers" / "bin" / "python"
READER = ROOT / "tests" / "support" / "peer_reader.py"

pytestmark = pytest.mark.skipif(
    not PEERS.exists(),
    reason="the environment .envs/peers (requirements/peers.txt) is not made; `make test` makes it",
)


def read(token: bytes, key: LocalKey) -> list[bytes]:
    """The payload as each of the other implementations has verified it."""
    numbers = key.private.public_key().public_numbers()
    request = {"x": f"{numbers.x:064x}", "y": f"{numbers.y:064x}", "tokens": [token.hex()]}
    done = subprocess.run(
        [PEERS, READER], input=json.dumps(request), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [bytes.fromhex(payload) for payload in json.loads(done.stdout)[0]]


def test_certificate() -> None:
    pycose, python_cwt = read(CERTIFICATE_KEY.certificate(CLAIMS), CERTIFICATE_KEY)
    assert pycose == python_cwt
    assert cbor2.loads(pycose) == {
        1: CLAIMS.iss,
        4: CLAIMS.exp,
        6: CLAIMS.iat,
        7: CLAIMS.cti,
        65535: {"status_list": {"idx": CLAIMS.status_idx, "uri": CLAIMS.status_uri}},
        -65537: {1: CLAIMS.plate, 2: CLAIMS.plate_class, 3: CLAIMS.vehicle_type, 4: CLAIMS.use},
    }


def test_status_list() -> None:
    payload = status_list.payload_bytes(
        uri="urn:jianbiao:test:0", iat=1, exp=2, ttl=300, entries=b"\xe4" * 999
    )
    key = CERTIFICATE_KEY
    token = status_list.token_bytes(key.kid, payload, key.sign(status_list.to_be_signed(key.kid, payload)))
    for reading in read(token, key):
        claims = cbor2.loads(reading)
        assert (claims[2], claims[6], claims[4], claims[65534]) == ("urn:jianbiao:test:0", 1, 2, 300)
        assert claims[65533]["bits"] == 2
        assert zlib.decompress(claims[65533]["lst"]) == b"\xe4" * 999


def test_a_stranger_s_token_is_refused_by_them_too() -> None:
    """So that the two tests above can fail."""
    token = CERTIFICATE_KEY.certificate(CLAIMS)
    with pytest.raises(AssertionError, match=r"(?i)verif|assert"):
        read(token[:-1] + bytes([token[-1] ^ 1]), CERTIFICATE_KEY)
