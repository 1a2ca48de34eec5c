"""`jianbiao-verify` and its library call: verdicts without a network, what is held, what is refused."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jianbiao.errors import NotACode, Untrusted
from jianbiao.offline import Folder, OfflineVerifier
from jianbiao.offline.cli import EXIT_CODES, age, main
from jianbiao.offline.folder import NothingHeld
from jianbiao.wire import jb1, status_list
from jianbiao.wire.keys import STATUS_LIST, KeySet
from jianbiao.wire.reasons import Verdict
from tests.support.local_key import (
    CERTIFICATE_KEY,
    CLAIMS,
    HARBIN,
    LIST_KEY,
    NBF,
    STANDBY_KEY,
    STRANGER,
    LocalKey,
    document,
)

URI = CLAIMS.status_uri
ISSUED = CLAIMS.iat + 3_600
NOW = ISSUED + 125
JWKS = (CERTIFICATE_KEY.jwk(), LIST_KEY.jwk(STATUS_LIST, issuers=()))


def jwks(*keys: dict[str, Any], version: int = 5) -> bytes:
    return json.dumps(document(*(keys or JWKS), version=version)).encode()


def a_list(
    iat: int = ISSUED, statuses: dict[int, int] | None = None, key: LocalKey = LIST_KEY, uri: str = URI
) -> bytes:
    entries = bytearray(status_list.MAX_INFLATED)
    for index, value in (statuses or {}).items():
        status_list.set_entry(entries, index, value)
    payload = status_list.payload_bytes(uri=uri, iat=iat, exp=iat + 86_400, ttl=300, entries=entries)
    return status_list.token_bytes(key.kid, payload, key.sign(status_list.to_be_signed(key.kid, payload)))


def a_code(**changes: Any) -> str:
    return jb1.code_text("https://verify.example", CERTIFICATE_KEY.certificate(replace(CLAIMS, **changes)))


STATUSES = {1: 1, 2: 2, 3: 3}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Keys and a list in which the indices 1, 2, 3 are revoked, suspended, superseded."""
    made = Folder(tmp_path / "data")
    keys = made.accept_keys(jwks(), first_on_trust=True)
    made.accept_list(URI, a_list(statuses=STATUSES), keys, NOW)
    return made


@pytest.fixture(autouse=True)
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever opens a socket here fails."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


# --- the library call -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "now", "verdict", "checked"),
    [
        (a_code(), NOW, Verdict.VALID, "list"),
        (a_code(status_idx=1), NOW, Verdict.REVOKED, "list"),
        (a_code(status_idx=2), NOW, Verdict.SUSPENDED, "list"),
        (a_code(status_idx=3), NOW, Verdict.SUPERSEDED, "list"),
        (a_code(status_idx=2**20), NOW, Verdict.VALID, "none"),
        (a_code(status_uri="urn:jianbiao:test:9"), NOW, Verdict.VALID, "none"),
        (a_code(status_idx=1), CLAIMS.exp, Verdict.EXPIRED, "none"),
        (a_code(iat=NOW + 301, status_idx=1), NOW, Verdict.NOT_YET_VALID, "list"),
        (a_code(status_idx=1), ISSUED + 86_399, Verdict.REVOKED, "list"),
        (a_code(status_idx=1), ISSUED + 86_400, Verdict.VALID, "none"),
    ],
)
def test_verdict(folder: Folder, code: str, now: int, verdict: Verdict, checked: str) -> None:
    answer = OfflineVerifier.open(folder).check(code, now)
    assert (answer.verdict, answer.status_checked, answer.reason) == (verdict, checked, None)
    assert answer.claims is not None
    assert answer.issuer == HARBIN


def test_forged_shows_nothing(folder: Folder) -> None:
    code = jb1.code_text("https://h", STRANGER.certificate(CLAIMS))
    answer = OfflineVerifier.open(folder).check(code, NOW)
    assert (answer.verdict, answer.reason, answer.status_checked) == (Verdict.FORGED, "unknown-key", "none")
    assert answer.claims is answer.issuer is answer.status_as_of is None
    assert answer.as_json(NOW)["certificate"] is None


def test_no_code(folder: Folder) -> None:
    with pytest.raises(NotACode):
        OfflineVerifier.open(folder).check("hello", NOW)


def test_says_how_old_the_list_is(folder: Folder) -> None:
    verifier = OfflineVerifier.open(folder)
    said = verifier.check(a_code(), NOW).as_json(NOW)
    assert said["status_age_seconds"] == 125
    assert said["status_as_of"] == "2020-04-01T09:00:00+08:00"
    assert said["notes"] == []
    past = verifier.check(a_code(), ISSUED + 86_400)
    assert (past.status_checked, past.status_as_of) == ("none", ISSUED)
    assert past.notes == ("the status list is past its end: update",)
    early = verifier.check(a_code(), ISSUED - 3_600)  # a clock that is an hour slow
    assert (early.verdict, early.status_checked) == (Verdict.VALID, "list")
    assert early.notes == ("the status list is from the future: the clock is wrong",)
    assert verifier.check(a_code(status_uri="urn:x"), NOW).notes == ("no status list is held: update",)
    assert verifier.check(a_code(status_idx=2**20), NOW).notes == ("the status list has no such index",)


def test_answer_as_json(folder: Folder) -> None:
    said = OfflineVerifier.open(folder).check(a_code(), NOW).as_json(NOW)
    assert said["certificate"] == {
        "certificate_id": "00041061050R3GG28A1C60T3GF",
        "plate": "黑A12345",
        "plate_class": "02",
        "vehicle_type": "K33",
        "use": "A",
        "valid_until": "2021-03-31",
        "issued_at": "2020-04-01T08:00:00+08:00",
        "issuer": {"code": "230100", "zh": "哈尔滨市", "en": "Harbin"},
    }


# --- what is held -----------------------------------------------------------------------------------------------


def test_first_set_needs_a_digest_or_trust(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    with pytest.raises(NothingHeld):
        folder.keys()
    for pin in (None, "0" * 64):
        with pytest.raises(Untrusted, match="altered"):
            folder.accept_keys(jwks(), pin=pin)
        with pytest.raises(NothingHeld):
            folder.keys()
    assert folder.accept_keys(jwks(), pin=KeySet.from_jwks(jwks()).digest.upper()).version == 5
    assert folder.keys().version == 5


def test_older_or_altered_set_is_refused(folder: Folder) -> None:
    folder.accept_keys(jwks(version=6))
    for reason, data in (
        ("rolled-back", jwks(version=5)),
        ("altered", jwks(*JWKS, STANDBY_KEY.jwk(), version=6)),
        ("malformed-set", b"{}"),
    ):
        with pytest.raises(Untrusted, match=reason):
            folder.accept_keys(data)
        assert folder.keys().version == 6
    with pytest.raises(Untrusted, match="rolled-back"):
        folder.accept_keys(jwks(version=5), pin=KeySet.from_jwks(jwks(version=5)).digest)


def test_older_set_put_in_place_by_hand_is_refused(folder: Folder) -> None:
    folder.accept_keys(jwks(version=6))
    folder.path.joinpath("jwks.json").write_bytes(jwks(version=5))
    with pytest.raises(Untrusted, match="rolled-back"):
        OfflineVerifier.open(folder)


def test_older_expired_or_strange_list_is_refused(folder: Folder) -> None:
    keys = folder.keys()
    for reason, token, now in (
        ("rolled-back", a_list(ISSUED - 1), NOW),
        ("altered", a_list(ISSUED, {9: 1}), NOW),
        ("list-expired", a_list(ISSUED + 1), ISSUED + 86_401),
        ("wrong-subject", a_list(ISSUED + 1, uri="urn:jianbiao:test:1"), NOW),
        ("unknown-key", a_list(ISSUED + 1, key=STRANGER), NOW),
        ("malformed", b"", NOW),
    ):
        with pytest.raises(Untrusted, match=reason):
            folder.accept_list(URI, token, keys, now)
    assert OfflineVerifier.open(folder).check(a_code(status_idx=1), NOW).verdict is Verdict.REVOKED
    folder.accept_list(URI, a_list(ISSUED + 1), keys, NOW)
    assert OfflineVerifier.open(folder).check(a_code(status_idx=1), NOW).verdict is Verdict.VALID


def test_older_list_put_in_place_by_hand_is_refused(folder: Folder) -> None:
    (file,) = folder.path.joinpath("lists").glob("*.cwt")
    file.write_bytes(a_list(ISSUED - 60))
    answer = OfflineVerifier.open(folder).check(a_code(status_idx=1), NOW)
    assert (answer.verdict, answer.status_checked) == (Verdict.VALID, "none")
    assert "rolled-back" in answer.notes[0]
    folder.accept_list(URI, a_list(ISSUED, STATUSES), folder.keys(), NOW)  # and a right one repairs it
    assert OfflineVerifier.open(folder).check(a_code(status_idx=1), NOW).verdict is Verdict.REVOKED


def test_damaged_files_are_refused(folder: Folder) -> None:
    (file,) = folder.path.joinpath("lists").glob("*.cwt")
    file.write_bytes(bytes(status_list.MAX_TOKEN + 1))
    assert "too-large" in OfflineVerifier.open(folder).check(a_code(), NOW).notes[0]
    for data in (b"", b"[]", b'{"version": true, "lists": {}}', b'{"version": 1, "lists": {"a": "1"}}'):
        folder.path.joinpath("seen.json").write_bytes(data)
        with pytest.raises(Untrusted, match="altered"):
            folder.keys()
    folder.path.joinpath("jwks.json").write_bytes(bytes(2**20 + 1))
    with pytest.raises(Untrusted, match="too-large"):
        folder.keys()


def test_names_of_lists_are_no_paths(folder: Folder) -> None:
    keys = folder.keys()
    for uri in ("../../x", "/etc/passwd", "a/b\\c:\0", "n" * 900):
        folder.accept_list(uri, a_list(uri=uri), keys, NOW)
        assert folder.status_list(uri, keys) is not None
    inside = sorted(
        path.relative_to(folder.path).parts[0] for path in folder.path.rglob("*") if path.is_file()
    )
    assert set(inside) == {"jwks.json", "lists", "seen.json"}


def test_compromised_list_key(folder: Folder) -> None:
    revoked = LIST_KEY.jwk(STATUS_LIST, issuers=(), revoked_at=NBF)
    folder.accept_keys(jwks(CERTIFICATE_KEY.jwk(), revoked, version=6))
    answer = OfflineVerifier.open(folder).check(a_code(status_idx=1), NOW)
    assert (answer.status_checked, answer.notes) == ("none", ("the status list is refused: key-revoked",))


# --- the command ------------------------------------------------------------------------------------------------


class Terminal:
    """Runs the command and keeps what it says."""

    def __init__(self, folder: Folder, now: int = NOW) -> None:
        self.folder, self.now, self.lines = folder, now, list[str]()

    def __call__(self, *arguments: str) -> int:
        self.lines = []
        return main(["--data", str(self.folder.path), *arguments], lambda: self.now, self.lines.append)


@pytest.mark.parametrize(
    ("code", "now", "expected"),
    [
        (a_code(), NOW, 0),
        (a_code(status_uri="urn:x"), NOW, 10),
        (a_code(), CLAIMS.exp, 11),
        (a_code(status_idx=3), NOW, 12),
        (a_code(status_idx=2), NOW, 13),
        (a_code(status_idx=1), NOW, 14),
        (a_code(iat=NOW + 301), NOW, 15),
        (jb1.code_text("https://h", STRANGER.certificate(CLAIMS)), NOW, 16),
        ("hello", NOW, 17),
    ],
)
def test_each_verdict_has_its_exit_code(folder: Folder, code: str, now: int, expected: int) -> None:
    terminal = Terminal(folder, now)
    assert terminal("check", code) == expected
    assert terminal("check", "--json", code) == expected
    said = json.loads(terminal.lines[0])
    assert ("error" in said) == (expected == 17)


def test_exit_codes_are_distinct() -> None:
    assert len({*EXIT_CODES.values(), 2, 3, 10, 17}) == len(EXIT_CODES) + 4
    assert set(EXIT_CODES) == set(Verdict)


def test_says_the_age_and_what_was_not_checked(folder: Folder) -> None:
    terminal = Terminal(folder)
    terminal("check", a_code())
    assert "有效 valid" in terminal.lines[0]
    assert "黑A12345" in terminal.lines[0]
    assert "2 min old" in terminal.lines[0]
    assert "not checked" not in terminal.lines[0]
    terminal("check", a_code(status_uri="urn:x"))
    assert "签名有效，状态未核验 signature valid, state not checked" in terminal.lines[0]
    assert "有效 valid" not in terminal.lines[0].replace("签名有效", "")
    terminal("check", jb1.code_text("https://h", STRANGER.certificate(CLAIMS)))
    assert "伪造 forged\n  reason unknown-key" in terminal.lines[0]
    assert "黑A12345" not in terminal.lines[0]


def test_worst_of_several_and_standard_input(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    terminal = Terminal(folder)
    assert terminal("check", a_code(), a_code(status_idx=2), a_code(status_idx=3)) == 13
    assert len(terminal.lines) == 3
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{a_code()}\n\n{a_code(status_idx=1)}\r\n{'A' * 5000}\n"))
    assert terminal("check", "--json") == 17
    said = [json.loads(line) for line in terminal.lines]
    assert [line.get("verdict", line.get("error")) for line in said][:3] == ["valid", "revoked", "not-a-code"]


def test_nothing_held(tmp_path: Path) -> None:
    terminal = Terminal(Folder(tmp_path))
    for command in (["check", a_code()], ["held"]):
        assert terminal(*command) == 3
        assert "jianbiao-verify update" in terminal.lines[0]


def test_refuses_a_folder_that_went_back(folder: Folder) -> None:
    folder.accept_keys(jwks(version=6))
    folder.path.joinpath("jwks.json").write_bytes(jwks(version=5))
    terminal = Terminal(folder)
    assert terminal("check", a_code()) == 3
    assert "rolled-back" in terminal.lines[0]


def test_held(folder: Folder) -> None:
    terminal = Terminal(folder)
    assert terminal("held") == 0
    assert terminal.lines[0].startswith("key set: version 5")
    assert terminal.lines[1] == f"{URI}: of 2020-04-01T09:00:00+08:00, 2 min old"
    terminal.now = ISSUED + 90_000
    assert terminal("held") == 0
    assert terminal.lines[1].endswith("1 d 1 h old, past its end")
    (file,) = folder.path.joinpath("lists").glob("*.cwt")
    file.write_bytes(b"")
    assert terminal("held") == 3
    assert "refused" in terminal.lines[1]
    file.unlink()
    assert terminal("held") == 3
    assert "missing" in terminal.lines[1]


def test_wrong_usage(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["verify"], ["update"], ["check", "--colour"]):
        with pytest.raises(SystemExit) as caught:
            main(arguments, lambda: NOW, print)
        assert caught.value.code == 2
    with pytest.raises(SystemExit) as caught:
        main(["--help"], lambda: NOW, print)
    assert caught.value.code == 0
    assert "Exit codes" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3_900, "1 h 5 min"), (90_000, "1 d 1 h"), (-61, "-1 min")],
)
def test_age(seconds: int, words: str) -> None:
    assert age(seconds) == words


def test_pictures(folder: Folder, tmp_path: Path) -> None:
    pytest.importorskip("zxingcpp")
    qrcode = pytest.importorskip("qrcode")
    picture, empty, broken = (tmp_path / name for name in ("code.png", "empty.png", "broken.png"))
    qrcode.make(a_code(status_idx=2), border=4).save(picture)
    from PIL import Image

    Image.new("L", (50, 50), 255).save(empty)
    broken.write_bytes(b"no picture")
    terminal = Terminal(folder)
    assert terminal("check", "--picture", str(picture)) == 13
    assert str(picture) in terminal.lines[0]
    assert terminal("check", "--picture", str(empty)) == 17
    assert terminal("check", "--picture", str(broken)) == 17
    assert terminal("check", "--picture", str(tmp_path / "absent.png")) == 17


def test_as_a_program_without_network_or_cloud(folder: Folder) -> None:
    """The real interpreter, sockets taken away, and nothing of AWS, HTTP or validation frameworks imported."""
    program = (
        "import socket, sys\n"
        "class Refused:\n"
        "    def __init__(self, *a, **k): raise AssertionError('a socket was opened')\n"
        "socket.socket = socket.create_connection = Refused\n"
        "import jianbiao.offline.cli as cli\n"
        "try: cli.run()\n"
        "finally: print(*sys.modules, file=sys.stderr)\n"
    )
    core = str(Path(__file__).parents[2] / "layers" / "core")
    done = subprocess.run(
        [sys.executable, "-c", program, "--data", folder.path, "check", a_code(status_idx=1)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": core, "PYTHONUTF8": "1"},
    )
    assert done.returncode == 11, done.stdout + done.stderr  # it is past 2021 on every real clock
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert not loaded & {"boto3", "botocore", "pydantic", "urllib3", "http", "cbor2", "zxingcpp", "PIL"}
