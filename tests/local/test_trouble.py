"""Trouble on purpose: whom it meets, what it does to a call, and what it writes down."""

from __future__ import annotations

import asyncio
import base64
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from local.signatures import signatures
from local.trouble import ANSWERED, FAILED, LATE, LOST, THROTTLED, Call, Message, Trouble

FUNCTION, OPERATOR = "ASIAFUNCTION00000001", "123456789012"


class Application:
    """Answers everything, and remembers the bodies."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def __call__(self, _scope: Message, receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            body += message["body"]
            if not message["more_body"]:
                break
        self.bodies.append(body)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})


def asked(trouble: Trouble, target: str, body: Any, *, key: str = FUNCTION) -> tuple[int, bytes]:
    """One request in two pieces."""
    service = {"TrentService": "kms", "DynamoDB_20120810": "dynamodb"}.get(target.partition(".")[0], "s3")
    data = json.dumps(body).encode()
    pieces = iter(
        [
            {"type": "http.request", "body": data[:5], "more_body": True},
            {"type": "http.request", "body": data[5:], "more_body": False},
        ]
    )
    sent: list[Message] = []

    async def receive() -> Message:
        return next(pieces)

    async def send(message: Message) -> None:
        sent.append(message)

    credential = f"AWS4-HMAC-SHA256 Credential={key}/20260301/ap-east-1/{service}/aws4_request, Signature=0"
    headers = [(b"authorization", credential.encode()), (b"x-amz-target", target.encode())]
    call = trouble({"type": "http", "method": "POST", "headers": headers}, receive, send)
    # In a thread: in the process that drives browsers a loop is running already.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, call).result()
    return sent[0]["status"], sent[1]["body"]


def sign(text: bytes) -> dict[str, str]:
    return {"Message": base64.b64encode(text).decode(), "MessageType": "RAW"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "trouble.json"


def fixed(monkeypatch: pytest.MonkeyPatch, file: Path, *fates: str) -> Trouble:
    """Trouble for every call, each with one of these fates in turn."""
    file.write_text(json.dumps({"rate": 1.0, "late": 0.0}))
    trouble = Trouble(Application(), file)
    settings = trouble._present()
    assert settings is not None
    turns = iter(fates)
    monkeypatch.setattr(settings.random, "choice", lambda _fates: next(turns))
    return trouble


def test_without_the_file_nothing_is_looked_at(file: Path) -> None:
    application = Application()
    assert asked(Trouble(application, file), "TrentService.Sign", sign(b"a")) == (200, b"done")
    assert application.bodies == [json.dumps(sign(b"a")).encode()]
    assert not file.with_suffix(".log").exists()


def test_operators_are_left_alone(file: Path) -> None:
    file.write_text('{"rate": 1.0}')
    assert asked(Trouble(Application(), file), "TrentService.Sign", sign(b"a"), key=OPERATOR)[0] == 200


@pytest.mark.parametrize(("fate", "effect"), [(FAILED, 0), (THROTTLED, 0), (LOST, 1), (LATE, 1)])
def test_a_call_fails_before_or_after_taking_effect(
    monkeypatch: pytest.MonkeyPatch, file: Path, fate: str, effect: int
) -> None:
    trouble = fixed(monkeypatch, file, fate)
    status, body = asked(trouble, "TrentService.Sign", sign(b"a"))
    assert status in (400, 500)
    assert b"done" not in body
    assert isinstance(trouble.application, Application)
    assert len(trouble.application.bodies) == effect


def test_throttles_of_batches_come_inside_a_200() -> None:
    statements = Call("dynamodb", "BatchExecuteStatement", json.dumps({"Statements": [{}, {}]}).encode())
    status, _, body = statements.throttle()
    assert (status, [r["Error"]["Code"] for r in json.loads(body)["Responses"]]) == (
        200,
        ["ThrottlingError"] * 2,
    )
    keys = Call("dynamodb", "BatchGetItem", json.dumps({"RequestItems": {"t": {"Keys": [1]}}}).encode())
    assert json.loads(keys.throttle()[2])["UnprocessedKeys"] == {"t": {"Keys": [1]}}
    assert Call("s3", "GET", b"").throttle()[0] == 503


def test_signatures_are_counted_with_why_they_were_made_again(
    monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    fates = iter([ANSWERED, FAILED, LOST, LATE, ANSWERED, ANSWERED])
    trouble = fixed(monkeypatch, file, *fates)
    for text in (b"a", b"b", b"b", b"b", b"b", b"a"):
        asked(trouble, "TrentService.Sign", sign(text))
    list_of_statuses = sign(b"c") | {"MessageType": "DIGEST"}
    monkeypatch.setattr(trouble._settings.random, "choice", lambda _fates: ANSWERED)  # type: ignore[union-attr]
    asked(trouble, "TrentService.Sign", list_of_statuses)
    found = signatures(file.with_suffix(".log"))
    assert (found["signatures"], found["payloads"]) == (5, 2)
    assert found["again"] == {
        "the answer before was lost": 2,
        "it was answered: too late, or the work after it was cut off": 1,
    }
    assert found["troubled"] == {"kms.Sign failed": 1, "kms.Sign lost": 1, "kms.Sign late": 1}


def test_it_ends_when_the_file_is_gone(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    trouble = fixed(monkeypatch, file, FAILED)
    assert asked(trouble, "TrentService.Sign", sign(b"a"))[0] == 500
    file.unlink()
    trouble._looked -= 10
    assert asked(trouble, "TrentService.Sign", sign(b"a"))[0] == 200
