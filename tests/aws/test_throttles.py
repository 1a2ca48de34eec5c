"""Throttled calls are told, those included that the client repeats by itself."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from jianbiao.aws.clients import client, tell_throttles

REFUSED = b'{"__type": "ThrottlingException", "message": "Rate exceeded"}'
BROKEN = b'{"__type": "KMSInternalException", "message": ""}'
SIGNED = b'{"KeyId": "k", "Signature": "AA==", "SigningAlgorithm": "ECDSA_SHA_256"}'


class Body:
    """What a response is read from."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def stream(self, **_: Any) -> Any:
        yield self._data


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ([(200, SIGNED)], 0),
        ([(400, REFUSED), (400, REFUSED), (200, SIGNED)], 2),
        ([(500, BROKEN), (200, SIGNED)], 0),
    ],
)
def test_each_throttle_is_told_once(
    monkeypatch: pytest.MonkeyPatch, answers: list[tuple[int, bytes]], told: int
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-east-1")
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    kms, left, heard = client("kms"), list(answers), []

    def answer(request: Any, **_: Any) -> AWSResponse:
        status, body = left.pop(0)
        headers = {"content-type": "application/x-amz-json-1.1"}
        return AWSResponse(request.url, status, headers, Body(body))

    kms.meta.events.register("before-send.kms.Sign", answer)
    tell_throttles(kms, "kms.Sign", lambda: heard.append(1))
    kms.sign(KeyId="k", Message=b"x", SigningAlgorithm="ECDSA_SHA_256")
    assert (len(heard), left) == (told, [])
