"""`jianbiao-verify update` against a server on this machine: what it takes, and what it does not."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from jianbiao.offline import Folder, OfflineVerifier
from jianbiao.offline.cli import main
from jianbiao.offline.download import Origin, Unreachable
from jianbiao.offline.folder import MAX_KEY_SET
from jianbiao.wire.keys import KeySet
from jianbiao.wire.reasons import Verdict
from tests.offline.test_offline import ISSUED, NOW, STATUSES, URI, a_code, a_list, jwks


@dataclass
class Server:
    """Answers by path: body, or (status, headers)."""

    answers: dict[str, bytes | tuple[int, dict[str, str]]]
    url: str = ""
    asked: list[str] = field(default_factory=list)


def directory(*paths: str) -> bytes:
    return json.dumps({"status_lists": [{"uri": URI, "path": path} for path in paths]}).encode()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server(
        {
            "/.well-known/jwks.json": jwks(),
            "/status-lists": directory("/status-lists/0"),
            "/status-lists/0": a_list(statuses=STATUSES),
        }
    )

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(self.path)
            answer = made.answers.get(self.path, (404, {}))
            status, headers, body = (200, {}, answer) if isinstance(answer, bytes) else (*answer, b"")
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Silent."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    http.shutdown()
    http.server_close()
    thread.join()


class Terminal:
    def __init__(self, path: Path) -> None:
        self.folder, self.lines = Folder(path), list[str]()

    def __call__(self, *arguments: str) -> int:
        self.lines = []
        return main(["--data", str(self.folder.path), *arguments], lambda: NOW, self.lines.append)


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path / "data")


def test_update_then_check(server: Server, terminal: Terminal) -> None:
    digest = KeySet.from_jwks(jwks()).digest
    assert terminal("update", server.url, "--pin", digest) == 0
    assert server.asked == ["/.well-known/jwks.json", "/status-lists", "/status-lists/0"]
    assert terminal.lines[0] == f"key set: version 5, 2 keys, digest {digest}"
    assert terminal.lines[1] == f"{URI}: of 2020-04-01T09:00:00+08:00, 2 min old"
    assert terminal("check", a_code(status_idx=1)) == 14
    assert terminal("update", server.url + "/") == 0  # again, nothing new


def test_first_set_is_not_taken_blindly(server: Server, terminal: Terminal) -> None:
    assert terminal("update", server.url) == 3
    assert "altered" in terminal.lines[0]
    assert terminal("update", server.url, "--pin", "0" * 64) == 3
    assert terminal("check", a_code()) == 3
    assert terminal("update", server.url, "--trust-first") == 0


def test_rolled_back_server(server: Server, terminal: Terminal) -> None:
    server.answers["/.well-known/jwks.json"] = jwks(version=9)
    assert terminal("update", server.url, "--trust-first") == 0
    server.answers["/status-lists/0"] = a_list(ISSUED - 60)
    assert terminal("update", server.url) == 3
    assert "rolled-back" in terminal.lines[1]
    server.answers["/.well-known/jwks.json"] = jwks(version=8)
    assert terminal("update", server.url) == 3
    assert "rolled-back" in terminal.lines[0]
    assert OfflineVerifier.open(terminal.folder).check(a_code(status_idx=1), NOW).verdict is Verdict.REVOKED


@pytest.mark.parametrize("path", ["/.well-known/jwks.json", "/status-lists", "/status-lists/0"])
def test_redirects_are_not_followed(server: Server, terminal: Terminal, path: str) -> None:
    server.answers[path] = (302, {"Location": f"{server.url}/elsewhere"})
    server.answers["/elsewhere"] = jwks()
    assert terminal("update", server.url, "--trust-first") == 3
    assert "HTTP 302" in terminal.lines[-1]
    assert "/elsewhere" not in server.asked


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/x",
        "//evil.example/x",
        "status-lists/0",
        "/../x",
        "/status-lists/%30",
        "/a?b",
        "/a#b",
        "",
        "/",
    ],
)
def test_lists_come_from_the_same_origin(server: Server, terminal: Terminal, path: str) -> None:
    server.answers["/status-lists"] = directory(path)
    assert terminal("update", server.url, "--trust-first") == 3
    assert server.asked == ["/.well-known/jwks.json", "/status-lists"]


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"status_lists": {"a": 1}}', b'{"status_lists": [{"uri": 1, "path": "/a"}]}'],
)
def test_no_directory(server: Server, terminal: Terminal, body: bytes) -> None:
    server.answers["/status-lists"] = body
    assert terminal("update", server.url, "--trust-first") == 3
    assert "no directory" in terminal.lines[-1]


def test_one_bad_list_does_not_keep_the_others_back(server: Server, terminal: Terminal) -> None:
    other = "urn:jianbiao:test:1"
    server.answers["/status-lists"] = json.dumps(
        {"status_lists": [{"uri": URI, "path": "/absent"}, {"uri": other, "path": "/status-lists/1"}]}
    ).encode()
    server.answers["/status-lists/1"] = a_list(uri=other)
    assert terminal("update", server.url, "--trust-first") == 3
    assert "HTTP 404" in terminal.lines[1]
    assert terminal("check", a_code(status_uri=other)) == 0


def test_answers_are_capped(server: Server) -> None:
    server.answers["/big"] = bytes(MAX_KEY_SET + 1)
    origin = Origin(server.url)
    assert len(origin.get("/big", MAX_KEY_SET + 1)) == MAX_KEY_SET + 1
    with pytest.raises(Unreachable, match="more than"):
        origin.get("/big", MAX_KEY_SET)


def test_nobody_there(terminal: Terminal) -> None:
    assert terminal("update", "http://127.0.0.1:9", "--trust-first") == 3
    assert "not reachable" in terminal.lines[0]


@pytest.mark.parametrize(
    "origin",
    [
        "http://verify.example",
        "ftp://127.0.0.1",
        "file:///etc",
        "https://a/b",
        "https://u@h",
        "verify.example",
        "https://",
        "",
    ],
)
def test_origins_that_are_none(terminal: Terminal, origin: str) -> None:
    assert terminal("update", origin) == 2
    assert "origin must be" in terminal.lines[0]
