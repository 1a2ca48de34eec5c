"""Trouble on purpose for the local AWS: calls of the functions that fail, are throttled, come too late, or take effect
and lose their answer. Also the log of every signature that was asked for.

Nothing happens unless the state directory has a file `trouble.json` (looked at once a second)::

    {"seed": 1, "rate": 0.04, "late": 3.5}

`rate` is the share of calls in trouble (0: only the log is kept), `late` the seconds of an answer that nobody waits for
any more. Beside it `trouble.log` gets a line of JSON for each signature, with a digest of what was signed, and for each
call in trouble. Operators' calls are left alone: they are told by their access key, the account's number.

Runs in the environment `emulator`, around ministack's ASGI application; imports the standard library alone.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

CREDENTIAL = re.compile(rb"Credential=([^/]+)/[^/]+/[^/]+/([^/]+)/")
SERVICES = {b"dynamodb", b"kms", b"s3", b"sqs", b"states"}
LOOK_EVERY = 1.0

ANSWERED, FAILED, THROTTLED, LOST, LATE = "answered", "failed", "throttled", "lost", "late"
FATES = (FAILED, THROTTLED, THROTTLED, LOST, LOST, LATE)
"""What may become of a call in trouble; the late ones are dear, each holds a worker up."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What `trouble.json` says."""

    rate: float
    late: float
    random: Random


@dataclass(slots=True)
class Call:
    """One request of a function."""

    service: str
    action: str
    body: bytes

    @property
    def signs(self) -> bool:
        """Whether it asks for a signature."""
        return (self.service, self.action) == ("kms", "Sign")

    def throttle(self) -> tuple[int, bytes, bytes]:
        """Status, content type and body of the service's own words for too much."""
        if self.service == "s3":
            return 503, b"application/xml", b"<Error><Code>SlowDown</Code><Message>trouble</Message></Error>"
        kind = b"application/x-amz-json-1.0"
        if self.action == "BatchExecuteStatement":
            # Throttles of a batch of statements come inside a 200, one for each.
            errors = [{"Error": {"Code": "ThrottlingError"}} for _ in json.loads(self.body)["Statements"]]
            return 200, kind, json.dumps({"Responses": errors}).encode()
        if self.action == "BatchGetItem":
            left = json.loads(self.body)["RequestItems"]
            return 200, kind, json.dumps({"Responses": {}, "UnprocessedKeys": left}).encode()
        return 400, kind, b'{"__type": "ThrottlingException", "message": "trouble"}'

    def failure(self) -> tuple[int, bytes, bytes]:
        """The same for a service that is broken."""
        if self.service == "s3":
            return (
                500,
                b"application/xml",
                b"<Error><Code>InternalError</Code><Message>trouble</Message></Error>",
            )
        kind = "KMSInternalException" if self.service == "kms" else "InternalServerError"
        return 500, b"application/x-amz-json-1.0", json.dumps({"__type": kind, "message": "trouble"}).encode()


@dataclass(slots=True)
class Trouble:
    """An application with trouble around it."""

    application: Application
    file: Path
    _settings: Settings | None = None
    _seen: float = 0.0
    _looked: float = field(default=-LOOK_EVERY)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        settings = self._present()
        call = await self._call(scope, receive) if settings and scope["type"] == "http" else None
        if settings is None or call is None:
            await self.application(scope, receive, send)
            return
        fate = settings.random.choice(FATES) if settings.random.random() < settings.rate else ANSWERED
        if call.signs or fate != ANSWERED:
            self._note(call, fate)
        if fate in (FAILED, THROTTLED):
            await _answer(send, *(call.failure() if fate == FAILED else call.throttle()))
            return
        if fate == ANSWERED:
            await self.application(scope, _again(call.body), send)
            return
        await self.application(scope, _again(call.body), _nowhere)
        if fate == LATE:
            await asyncio.sleep(settings.late)
        await _answer(send, *call.failure())

    def _present(self) -> Settings | None:
        if time.monotonic() - self._looked < LOOK_EVERY:
            return self._settings
        self._looked = time.monotonic()
        try:
            seen = self.file.stat().st_mtime
            if seen != self._seen:
                given = json.loads(self.file.read_bytes())
                # Which calls are hit is to be repeatable; nothing secret is drawn.
                random = Random(given.get("seed", 1))  # noqa: S311
                self._settings = Settings(given.get("rate", 0.0), given.get("late", 3.5), random)
                self._seen = seen
        except FileNotFoundError:
            self._settings, self._seen = None, 0.0
        return self._settings

    async def _call(self, scope: Message, receive: Receive) -> Call | None:
        """The request with its body, if it is a function's; None leaves it unread."""
        headers = dict(scope["headers"])
        found = CREDENTIAL.search(headers.get(b"authorization", b""))
        if found is None or found[1].isdigit() or found[2] not in SERVICES:
            return None
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        action = headers.get(b"x-amz-target", b"").rpartition(b".")[2].decode() or scope["method"]
        return Call(found[2].decode(), action, body)

    def _note(self, call: Call, fate: str) -> None:
        line = {"call": f"{call.service}.{call.action}", "fate": fate}
        if call.signs:
            asked = json.loads(call.body)
            line["digest"] = hashlib.sha256(asked["Message"].encode()).hexdigest()[:32]
            line["message"] = asked["MessageType"]
        with self.file.with_suffix(".log").open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")


async def _answer(send: Send, status: int, kind: bytes, body: bytes) -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _nowhere(_message: Message) -> None:
    """Takes an answer that gets lost."""


def _again(body: bytes) -> Receive:
    """The body of a request that has been read already; behind it, a client that waits for the answer."""
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Message:
        if (message := next(messages, None)) is not None:
            return message
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    return receive
