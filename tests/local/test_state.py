"""What a start finds of the last run, and that files of archives do not depend on when they were made."""

from __future__ import annotations

import io
import os
import socket
import sys
import time
from pathlib import Path

import pytest

from infra.package import Target, digest_of, write_archive
from local import envs
from local.emulator import EmulatorFailed, own_port
from local.progress import Progress
from local.state import AlreadyRunning, State, is_alive, read_json, write_json


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state")


def started(state: State) -> str:
    with state.held():
        return state.begin()


def test_a_clean_stop_keeps_the_data(state: State) -> None:
    assert started(state) == "new"
    (state.data / "x").write_text("1")
    state.deployed.write_text("{}")
    state.end(clean=True, ready=True)
    assert started(state) == "kept"
    assert (state.data / "x").exists()


def test_without_the_mark_the_data_is_thrown_away(state: State) -> None:
    started(state)
    (state.data / "x").write_text("1")
    state.deployed.write_text("{}")
    assert started(state) == "unclean"
    assert not (state.data / "x").exists()
    assert not state.deployed.exists()


def test_a_stop_that_lost_something_leaves_no_mark(state: State) -> None:
    started(state)
    state.end(clean=False, ready=True)
    assert started(state) == "unclean"


def test_a_first_start_that_failed_leaves_nothing(state: State) -> None:
    started(state)
    state.end(clean=True, ready=False)
    assert started(state) == "new"


def test_a_later_start_that_failed_keeps_what_was_there(state: State) -> None:
    started(state)
    state.deployed.write_text("{}")
    state.end(clean=True, ready=True)
    assert started(state) == "kept"
    state.end(clean=True, ready=False)
    assert started(state) == "kept"


def test_files_of_the_run_go_with_it(state: State) -> None:
    started(state)
    for file in (state.stack, state.run):
        write_json(file, {})
    state.end(clean=True, ready=True)
    assert not state.stack.exists()
    assert not state.run.exists()
    assert not state.tmp.exists()


def test_one_deployment_a_directory(state: State) -> None:
    with state.held(), pytest.raises(AlreadyRunning), state.held():
        pass
    with state.held():
        pass


def test_the_account_and_the_port_stay_with_the_data(state: State) -> None:
    started(state)
    account, port = state.account(), own_port(state)
    assert len(account) == 12
    assert account[0] != "0"
    assert (state.account(), own_port(state)) == (account, port)
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        with pytest.raises(EmulatorFailed, match="is taken by another program"):
            own_port(state)


def test_tokens_are_not_for_other_users_of_the_machine(tmp_path: Path) -> None:
    file = tmp_path / "stack.json"
    write_json(file, {"a": "检"})
    assert read_json(file) == {"a": "检"}
    assert file.stat().st_mode & 0o077 == 0
    assert read_json(tmp_path / "none") is None


def test_processes() -> None:
    assert is_alive(os.getpid())
    child = os.posix_spawn(sys.executable, [sys.executable, "-c", ""], {})
    deadline = time.monotonic() + 20
    while is_alive(child) and time.monotonic() < deadline:  # a zombie until somebody waits for it
        time.sleep(0.05)
    assert not is_alive(child)
    os.waitpid(child, 0)


def test_archives_of_equal_contents_are_equal(tmp_path: Path) -> None:
    digests = []
    for name in ("one", "two"):
        place = tmp_path / name
        (place / "b").mkdir(parents=True)
        for file in ("b/z.py", "a.py") if name == "one" else ("a.py", "b/z.py"):
            (place / file).write_text(file)
            os.utime(place / file, (len(digests) * 1000, 1))
        digests.append(write_archive(place, tmp_path / f"{name}.zip"))
    assert digests[0] == digests[1]
    (tmp_path / "two" / "a.py").write_text("other")
    assert write_archive(tmp_path / "two", tmp_path / "two.zip") != digests[0]
    assert digest_of([tmp_path / "one"]) != digest_of([tmp_path / "two"])


def test_wheels_of_another_machine() -> None:
    options = Target("arm64", "3.13").pip_options()
    assert "--platform=manylinux2014_aarch64" in options
    assert "--python-version=3.13" in options
    assert "--only-binary=:all:" in options
    assert Target().pip_options() == []


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    with pytest.raises(envs.CannotPrepare, match=f"python{version}-venv"):
        envs.check_interpreter()


def test_an_old_interpreter_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(envs, "OLDEST", (9, 0))
    with pytest.raises(envs.CannotPrepare, match=r"Python 3\.11 or newer is needed"):
        envs.check_interpreter()


def test_progress_on_a_terminal_and_in_a_file() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for out in (io.StringIO(), Terminal()):
        progress = Progress(out)
        with progress.step("Doing"):
            for done in range(101):
                progress.bar("rows", done, 100)
        lines = out.getvalue()
        assert "Doing (0.0 s)" in lines
        assert ("█" in lines) is out.isatty()
        if not out.isatty():
            assert lines.count("rows") == 11
