"""The one public port: an ASGI application that forwards what the allow-list lets through, and a server for it."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any
from urllib.parse import quote

from hypercorn.asyncio import serve
from hypercorn.config import Config

from local.allowlist import AllowList, ApiCall, ObjectCall, Refused, forwarded
from local.upstream import Answer, Headers, Upstream, UpstreamFailed

API_PATIENCE = 35.0
"""An HTTP API gives a function 30 s."""
OBJECT_PATIENCE = 60.0
API_BODY = 10 * 1024 * 1024
"""Bytes an HTTP API accepts; quotas of API Gateway."""
API_AT_ONCE = 8
"""Calls in progress. The emulator runs a process for each concurrent call of a function: more wait here."""
OBJECTS_AT_ONCE = 16
API_HEADERS = 10_240
"""Bytes of request line and headers that an HTTP API takes; quotas of API Gateway."""
HEADER_LIMIT = 24 * 1024
"""The same for objects: presigned URLs with session tokens are long."""
DROPPED = frozenset(
    {b"connection", b"keep-alive", b"transfer-encoding", b"server", b"date", b"upgrade", b"alt-svc"}
)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class BodyTooLong(Exception):
    """More arrived than the API takes."""


class ClientGone(Exception):
    """The client closed before its body was complete."""


class Front:
    """Forwards requests; see `AllowList` for what."""

    def __init__(
        self,
        upstream: Upstream,
        rules: AllowList,
        api_id: str,
        public_host: str,
        sample_tokens: Callable[[], dict[str, str]] = dict,
    ) -> None:
        self._upstream = upstream
        self._rules = rules
        self._prefix = f"/_aws/execute-api/{api_id}/$default"
        self._public_host = public_host
        self._sample_tokens = sample_tokens
        self._api_slots = asyncio.Semaphore(API_AT_ONCE)
        self._object_slots = asyncio.Semaphore(OBJECTS_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request (ASGI)."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close"})
            return
        headers = [
            (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]
        ]
        path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
        decision = self._rules.decide(scope["method"], path, query, dict(headers))
        size = len(path) + len(query) + sum(len(name) + len(value) for name, value in headers)
        if size > (HEADER_LIMIT if isinstance(decision, ObjectCall) else API_HEADERS):
            decision = Refused(431, "Request Header Fields Too Large")
        try:
            match decision:
                case Refused():
                    await _refuse(send, decision)
                case ApiCall(path="/app/tokens.json") if scope["method"] == "GET":
                    await _hand_out(send, self._sample_tokens())
                case ApiCall():
                    async with self._api_slots:
                        await self._call_api(
                            scope["method"], _target(self._prefix + path, query), headers, receive, send
                        )
                case ObjectCall():
                    async with self._object_slots:
                        await self._call_object(scope["method"], _target(path, query), headers, receive, send)
        except BodyTooLong:
            await _refuse(send, Refused(413, "Request Entity Too Large"))
        except UpstreamFailed:
            await _refuse(send, Refused(503, "Service Unavailable", xml=isinstance(decision, ObjectCall)))
        except ClientGone:
            return

    async def _call_api(
        self, method: str, target: str, headers: Headers, receive: Receive, send: Send
    ) -> None:
        given = dict(headers)
        if given.get("content-length", "0").isdigit() and int(given.get("content-length", "0")) > API_BODY:
            raise BodyTooLong
        body = _body(given, receive, API_BODY)
        onward = forwarded(headers, to_api=True)
        onward += [
            ("host", self._public_host),
            ("x-forwarded-proto", "http"),
            ("x-forwarded-for", "127.0.0.1"),
        ]
        await self._forward(method, target, _framed(onward, given), body, API_PATIENCE, send)

    async def _call_object(
        self, method: str, target: str, headers: Headers, receive: Receive, send: Send
    ) -> None:
        given = dict(headers)
        # The signature covers the host that the client sees.
        onward = [*forwarded(headers, to_api=False), ("host", given["host"])]
        body = _body(given, receive, None)
        await self._forward(method, target, _framed(onward, given), body, OBJECT_PATIENCE, send)

    async def _forward(
        self,
        method: str,
        target: str,
        headers: Headers,
        body: AsyncIterator[bytes] | None,
        patience: float,
        send: Send,
    ) -> None:
        begun = False
        try:
            async with self._upstream.request(method, target, headers, body, patience) as answer:
                await send(_head(answer))
                begun = True
                async for chunk in answer.body:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        except UpstreamFailed:
            if not begun:
                raise
            # The head is out: ending without the rest makes the server close, and the client sees it cut short.


def _target(path: str, query: str) -> str:
    """Request target; what is not allowed in one (a browser would have encoded it) is encoded."""
    text = f"{path}?{query}" if query else path
    return quote(text.encode("latin-1"), safe="/?#[]@!$&'()*+,;=:%-._~|^`{}\"<>\\")


def _framed(onward: Headers, given: dict[str, str]) -> Headers:
    if "content-length" in given or "transfer-encoding" not in given:
        return onward
    return [*onward, ("transfer-encoding", "chunked")]


def _body(given: dict[str, str], receive: Receive, limit: int | None) -> AsyncIterator[bytes] | None:
    """The request's body in chunks, or None where it announces none."""
    if "transfer-encoding" not in given and given.get("content-length", "0") == "0":
        return None

    async def chunks() -> AsyncIterator[bytes]:
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            chunk = message.get("body", b"")
            size += len(chunk)
            if limit is not None and size > limit:
                raise BodyTooLong
            if chunk:
                yield chunk
            if not message.get("more_body"):
                return

    return chunks()


def _head(answer: Answer) -> dict[str, Any]:
    headers = [(name, value) for name, value in answer.headers if name.lower() not in DROPPED]
    return {"type": "http.response.start", "status": answer.status, "headers": headers}


async def _hand_out(send: Send, tokens: dict[str, str]) -> None:
    """The sample citizens' tokens for the demo page (/app). They come from here and not from a function, so that
    nothing that is ever deployed to AWS can hand out a token. Other sites' pages cannot read the answer: it has no
    CORS header, and a name that they might point at this address is not in the list of hosts."""
    body = json.dumps(tokens).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"cross-origin-resource-policy", b"same-origin"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _refuse(send: Send, refused: Refused) -> None:
    if refused.xml:
        code = "ServiceUnavailable" if refused.status == 503 else refused.message
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code></Error>'.encode()
        kind = b"application/xml"
    else:
        body, kind = f'{{"message":"{refused.message}"}}'.encode(), b"application/json"
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


class FrontServer:
    """Serves a `Front` on a listening socket from a thread of its own."""

    def __init__(self, listening: socket.socket, make: Callable[[], Front]) -> None:
        self._socket = listening
        self._make = make
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="front", daemon=True)
        self.failed: BaseException | None = None

    def start(self) -> None:
        """Begin to serve; returns when requests are accepted."""
        self._thread.start()
        self._ready.wait(10)

    def stop(self) -> None:
        """Let calls in progress end (3 s at most), and stop."""
        if self._loop and self._stop:
            self._loop.call_soon_threadsafe(self._stop.set)
        if self._thread.is_alive():
            self._thread.join(6)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - the supervisor reads it and stops
            self.failed = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        config = Config()
        # The server closes what it is given: the socket itself stays the caller's.
        config.bind = [f"fd://{os.dup(self._socket.fileno())}"]
        config.h11_max_incomplete_size = HEADER_LIMIT
        config.keep_alive_timeout = 15
        config.read_timeout = 120
        config.graceful_timeout = 3
        config.include_server_header = False
        config.accesslog = None
        config.errorlog = None
        self._loop.call_later(0.05, self._ready.set)
        app: Any = self._make()
        await serve(app, config, shutdown_trigger=self._stop.wait)


def listen(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1; port 0 takes any. Raises OSError where the port is taken."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
        listening.listen(256)
    except OSError:
        listening.close()
        raise
    listening.setblocking(False)
    return listening


def hosts(port: int) -> frozenset[str]:
    """How a browser on this machine may call the front; anything else is somebody's DNS trick."""
    names: Iterable[str] = ("127.0.0.1", "localhost")
    return frozenset(f"{name}:{port}" for name in names) | (frozenset(names) if port == 80 else frozenset())
