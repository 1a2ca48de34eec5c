"""The front before an upstream that the test plays: streams, limits, and what it says when the upstream fails."""

from __future__ import annotations

import hashlib
import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlencode

import pytest

from local.allowlist import AllowList
from local.front import API_AT_ONCE, API_BODY, API_HEADERS, HEADER_LIMIT, Front, FrontServer, hosts, listen
from local.upstream import Upstream
from tests.local.test_allowlist import SIGNED

OBJECT = f"/local-files-1/big?{urlencode(SIGNED)}"
MEGABYTE = 1024 * 1024


class Recorder(BaseHTTPRequestHandler):
    """Answers with what it was asked; paths ask for more."""

    protocol_version = "HTTP/1.1"
    running = 0
    most = 0
    lock = threading.Lock()

    def answer(self) -> None:
        with Recorder.lock:
            Recorder.running += 1
            Recorder.most = max(Recorder.most, Recorder.running)
        try:
            self._answer()
        finally:
            with Recorder.lock:
                Recorder.running -= 1

    def _answer(self) -> None:
        digest, size = hashlib.sha256(), 0
        for chunk in self.chunks():
            digest.update(chunk)
            size += len(chunk)
        if self.path.endswith("/slow"):
            time.sleep(0.3)
        if self.path.endswith("/breaks"):
            self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this")
            self.close_connection = True
            return
        body = b"x" * 3 * MEGABYTE if self.path.endswith("/long") else b"{}"
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.send_header("x-target", self.path)
        self.send_header("x-digest", digest.hexdigest())
        self.send_header("x-size", str(size))
        self.send_header("x-headers", ",".join(sorted(name.lower() for name in self.headers)))
        self.send_header("x-host", self.headers["host"])
        self.send_header("connection", "close")
        self.send_header("set-cookie", "a=1")
        self.send_header("set-cookie", "b=2")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.close_connection = True

    def chunks(self) -> Iterator[bytes]:
        if self.headers.get("transfer-encoding") == "chunked":
            while size := int(self.rfile.readline() or b"0", 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        left = int(self.headers.get("content-length", "0"))
        while left:
            chunk = self.rfile.read(min(left, 65536))
            left -= len(chunk)
            yield chunk

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_PATCH = do_OPTIONS = answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def serving(upstream_port: int) -> Iterator[tuple[str, FrontServer]]:
    listening = listen(0)
    port = listening.getsockname()[1]
    rules = AllowList(hosts(port), frozenset({"local-files-1"}))
    server = FrontServer(
        listening, lambda: Front(Upstream("127.0.0.1", upstream_port), rules, "api1", f"127.0.0.1:{port}")
    )
    server.start()
    try:
        yield f"127.0.0.1:{port}", server
    finally:
        server.stop()
        listening.close()
    assert server.failed is None


@pytest.fixture(scope="module")
def front() -> Iterator[str]:
    upstream = ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    threading.Thread(target=upstream.serve_forever, args=(0.05,), daemon=True).start()
    with serving(upstream.server_address[1]) as (address, _):
        yield address
    upstream.shutdown()
    upstream.server_close()


Answer = tuple[int, dict[str, str], bytes]


def ask(
    address: str, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
) -> Answer:
    connection = http.client.HTTPConnection(address, timeout=20)
    try:
        connection.request(method, path, body=body, headers=headers or {})  # type: ignore[arg-type]
        reply = connection.getresponse()
        return reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read()
    finally:
        connection.close()


def test_a_call_goes_to_the_api_with_its_path_and_query_as_they_came(front: str) -> None:
    status, headers, body = ask(
        front, "GET", "/V/AB%43?a=%2F&a=b%20c&%E6%A3%80", headers={"X-Amz-Target": "x"}
    )
    assert (status, body) == (200, b"{}")
    assert headers["x-target"] == "/_aws/execute-api/api1/$default/V/AB%43?a=%2F&a=b%20c&%E6%A3%80"
    assert headers["x-host"] == front
    assert "x-amz-target" not in headers["x-headers"]
    assert "server" not in headers


def test_cookies_stay_apart(front: str) -> None:
    connection = http.client.HTTPConnection(front, timeout=20)
    connection.request("GET", "/")
    assert connection.getresponse().headers.get_all("set-cookie") == ["a=1", "b=2"]
    connection.close()


def test_head_has_the_length_and_no_body(front: str) -> None:
    status, headers, body = ask(front, "HEAD", OBJECT.replace("big", "long"))
    assert (status, body) == (200, b"")
    assert headers["content-length"] == str(2)
    status, headers, body = ask(front, "GET", "/V/long")
    assert len(body) == int(headers["content-length"]) == 3 * MEGABYTE


@pytest.mark.parametrize("chunked", [False, True])
def test_a_long_upload_arrives_byte_for_byte(front: str, *, chunked: bool) -> None:
    part, parts = bytes(range(256)) * 4096, 24
    digest = hashlib.sha256(part * parts).hexdigest()
    headers = {} if chunked else {"Content-Length": str(len(part) * parts)}
    status, answer, _ = ask(front, "PUT", OBJECT, body=(part for _ in range(parts)), headers=headers)
    assert (status, answer["x-digest"], answer["x-size"]) == (200, digest, str(len(part) * parts))


def test_expect_100_continue(front: str) -> None:
    """curl sends it with every larger upload."""
    host, _, port = front.partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        head = f"PUT {OBJECT} HTTP/1.1\r\nHost: {front}\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
        connection.sendall(head.encode())
        connection.settimeout(5)
        assert connection.recv(65536).startswith(b"HTTP/1.1 100")
        connection.sendall(b"hello")
        assert b"x-size: 5" in connection.recv(65536)


def test_a_body_longer_than_the_api_takes(front: str) -> None:
    assert ask(front, "POST", "/v1/verify", headers={"Content-Length": str(API_BODY + 1)})[0] == 413
    parts = (b"x" * MEGABYTE for _ in range(API_BODY // MEGABYTE + 1))
    assert ask(front, "POST", "/v1/verify", body=parts)[0] == 413
    assert ask(front, "POST", "/v1/verify", body=b"x" * MEGABYTE)[0] == 200


@pytest.mark.parametrize(("path", "limit"), [("/", API_HEADERS), (OBJECT, HEADER_LIMIT)])
def test_headers_without_end(front: str, path: str, limit: int) -> None:
    assert ask(front, "GET", path, headers={"X-Long": "x" * (limit - 2000)})[0] == 200
    assert ask(front, "GET", path, headers={"X-Long": "x" * (limit + 1000)})[0] == 431
    host, _, port = front.partition(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {front}\r\nX-Long: ".encode())
        with pytest.raises(ConnectionError):
            for _ in range(64):
                connection.sendall(b"x" * 65536)


@pytest.mark.parametrize(
    "junk", [b"\x16\x03\x01\x00\x05hello", b"GET /\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]
)
def test_what_is_no_http_does_no_harm(front: str, junk: bytes) -> None:
    host, _, port = front.partition(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(junk)
        connection.settimeout(1)
        with suppress(TimeoutError):
            assert b" 200 " not in connection.recv(1000)
    assert ask(front, "GET", "/")[0] == 200


def test_an_answer_that_breaks_off_is_seen_to(front: str) -> None:
    with pytest.raises((http.client.IncompleteRead, ConnectionError, http.client.RemoteDisconnected)):
        ask(front, "GET", "/V/breaks")


def test_calls_wait_for_each_other(front: str) -> None:
    """The emulator runs a process for each concurrent call."""
    Recorder.most = 0
    in_parallel(3 * API_AT_ONCE, lambda: ask(front, "GET", "/V/slow"))
    assert 1 < Recorder.most <= API_AT_ONCE


def test_clients_that_go_away_leave_nothing_behind(front: str) -> None:
    host, _, port = front.partition(":")
    for _ in range(2 * API_AT_ONCE):
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            head = f"POST /v1/verify HTTP/1.1\r\nHost: {front}\r\nContent-Length: 100\r\n\r\nhalf"
            connection.sendall(head.encode())
    began = time.monotonic()
    assert ask(front, "GET", "/")[0] == 200
    assert time.monotonic() - began < 5


def test_without_an_upstream() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with serving(unused.getsockname()[1]) as (address, _):
            status, headers, body = ask(address, "GET", "/")
            assert (status, body) == (503, b'{"message":"Service Unavailable"}')
            assert headers["content-type"] == "application/json"
            status, headers, _ = ask(address, "GET", OBJECT)
            assert (status, headers["content-type"]) == (503, "application/xml")


def test_stopping_frees_the_port() -> None:
    with serving(1) as (address, _):
        port = int(address.partition(":")[2])
        with pytest.raises(OSError, match="in use"):
            listen(port)
    listen(port).close()


def in_parallel(count: int, call: Callable[[], object]) -> None:
    threads = [threading.Thread(target=call) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
