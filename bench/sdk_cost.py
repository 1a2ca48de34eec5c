"""What botocore itself takes for a call of KMS: the largest part of a worker's processor time that is not ours."""

from __future__ import annotations

import json
import time
from typing import Any


def sign_microseconds() -> float:
    """botocore's CPU for one KMS Sign, from the call to the parsed answer, without a network."""
    from botocore.awsrequest import AWSResponse
    from botocore.session import get_session

    session = get_session()
    kms = session.create_client(
        "kms",
        region_name="eu-west-1",
        aws_access_key_id="unused",
        aws_secret_access_key="unused",  # noqa: S106
    )
    answer = json.dumps({"Signature": "MEUC" + "A" * 92, "KeyId": "k", "SigningAlgorithm": "ECDSA_SHA_256"})

    class Raw:
        """A body that was received already."""

        def stream(self, **_options: Any) -> Any:
            """All of it at once."""
            yield answer.encode()

    def answered(request: Any, **_more: Any) -> AWSResponse:
        return AWSResponse(request.url, 200, {"content-type": "application/x-amz-json-1.1"}, Raw())

    kms.meta.events.register("before-send.kms.Sign", answered)
    count = 300

    def calls() -> None:
        for _ in range(count):
            kms.sign(KeyId="k", Message=bytes(200), MessageType="RAW", SigningAlgorithm="ECDSA_SHA_256")

    calls()
    spent = []
    for _ in range(3):
        began = time.process_time()
        calls()
        spent.append(time.process_time() - began)
    return 1e6 * min(spent) / count
