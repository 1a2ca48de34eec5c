"""Reads good tokens with python-cwt and pycose; run by the interpreter of `.envs/peers`, which has no `jianbiao`.

In: JSON {"x", "y": hex, "tokens": [hex …]}. Out: JSON, for each token what each library says the payload is (hex).
A token that a library does not verify makes the program fail.
"""

from __future__ import annotations

import json
import sys
import warnings

warnings.simplefilter("ignore")

import cbor2  # noqa: E402
import cwt  # noqa: E402
from pycose.keys import EC2Key  # noqa: E402
from pycose.keys.curves import P256  # noqa: E402
from pycose.messages import CoseMessage, Sign1Message  # noqa: E402


def with_pycose(token: bytes, x: bytes, y: bytes) -> bytes:
    message = CoseMessage.decode(token)
    assert isinstance(message, Sign1Message)
    message.key = EC2Key(crv=P256, x=x, y=y)
    assert message.verify_signature()
    return message.payload


def with_python_cwt(token: bytes, x: bytes, y: bytes) -> bytes:
    kid = cbor2.loads(cbor2.loads(token).value[0])[4]
    key = cwt.COSEKey.new({1: 2, 2: kid, 3: -7, -1: 1, -2: x, -3: y})
    return cwt.COSE.new().decode(token, key)


def main() -> None:
    request = json.load(sys.stdin)
    x, y = bytes.fromhex(request["x"]), bytes.fromhex(request["y"])
    tokens = [bytes.fromhex(token) for token in request["tokens"]]
    readings = [[read(token, x, y).hex() for read in (with_pycose, with_python_cwt)] for token in tokens]
    json.dump(readings, sys.stdout)


if __name__ == "__main__":
    main()
