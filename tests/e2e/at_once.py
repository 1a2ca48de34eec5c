"""Applications at once through the deployed function's own code, in one process: `python -m tests.e2e.at_once`.

The environment is the deployed function's, with an operator's credentials; standard input is ``{"event", "count"}``.
Prints ``{"answers": [[status, body] …], "signed": [hex SHA-256 of each message that KMS was asked to sign]}``.
A process of its own, because the function's clients and settings are made once, when its module is imported.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def main() -> None:
    """Read what to do, do it, print what came of it."""
    task = json.load(sys.stdin)
    with contextlib.redirect_stdout(sys.stderr):  # the function's log lines
        import apply  # functions/issue is on the path

        from jianbiao.aws.kms import KmsSigner

        signed: list[str] = []
        sign = KmsSigner.sign

        def watched(self: KmsSigner, kid: bytes, message: bytes) -> bytes:
            signed.append(hashlib.sha256(kid + message).hexdigest())
            return sign(self, kid, message)

        KmsSigner.sign = watched  # type: ignore[method-assign]
        gate = threading.Barrier(task["count"])

        def once(number: int) -> list[Any]:
            context = task["event"]["requestContext"] | {"requestId": f"r-{number}"}
            gate.wait(30)
            answer = apply.handler(task["event"] | {"requestContext": context}, None)
            return [answer["statusCode"], json.loads(answer["body"])]

        with ThreadPoolExecutor(task["count"]) as pool:
            answers = list(pool.map(once, range(task["count"])))
    json.dump({"answers": answers, "signed": signed}, sys.stdout)


if __name__ == "__main__":
    main()
