"""The local AWS: one process, on 127.0.0.1, with its own environment, its own temporary directory, and IAM enforced."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from local.envs import python_of
from local.state import State, is_alive, read_json

HOST = "127.0.0.1"
MAIN = Path(__file__).with_name("emulator_main.py")
REGION = "ap-east-1"
START_TIMEOUT = 30.0
STOP_TIMEOUT = 120.0
"""Seconds for writing its state; that of 300,000 vehicles are 4 GB."""
TAIL = 20


class EmulatorFailed(Exception):
    """The emulator did not come up, or is gone; the message has the end of its log."""


def own_port(state: State) -> int:
    """The emulator's port: drawn once and kept with the data. Raises EmulatorFailed where it is taken.

    Addresses of queues have the port in them, in the emulator's state and in the settings of the functions. It is
    below the range from which systems draw ports for connections.
    """
    file = state.data / "port"
    if file.exists():
        port = int(file.read_text())
        if not _is_free(port):
            raise EmulatorFailed(
                f"Port {port}, which the local AWS of this data had, is taken by another program. End that one, or"
                f" start empty: rm -r {state.data}"
            )
        return port
    port = next(port for port in iter(lambda: 20_000 + secrets.randbelow(12_000), None) if _is_free(port))
    file.write_text(str(port))
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def tail(log: Path, lines: int = TAIL) -> str:
    """The last lines of a log."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def end_orphan(state: State) -> None:
    """End an emulator whose supervisor was killed: it still holds the data directory."""
    process = (read_json(state.run) or {}).get("emulator")
    if not process or not is_alive(process):
        return
    if MAIN.name not in _command_of(process):  # the number belongs to somebody else by now
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process, signal.SIGKILL)
    deadline = time.monotonic() + STOP_TIMEOUT
    while is_alive(process) and time.monotonic() < deadline:
        time.sleep(0.05)


def _command_of(process: int) -> str:
    """The command line of a process; from /proc where there is one (small images have no ps)."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_text(errors="replace")
    try:
        command = ["ps", "-o", "command=", "-p", str(process)]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""


@dataclass(slots=True)
class Emulator:
    """A running (or stopped) emulator and how to reach it."""

    state: State
    region: str = REGION
    port: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def environment(self) -> dict[str, str]:
        """Its whole environment: nothing of the user's leaks in, and from it into the functions."""
        passed = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL") if name in os.environ}
        data = self.state.data.resolve()
        return passed | {
            "BIND_HOST": HOST,
            "MINISTACK_HOST": HOST,
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_ACCOUNT_ID": self.state.account(),
            "MINISTACK_REGION": self.region,
            "AUTH": "true",
            "MINISTACK_COGNITO_PRETOKEN_STRICT": "1",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(data / "state"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(data / "s3"),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "LOG_LEVEL": "WARNING",
            "TMPDIR": str(self.state.tmp.resolve()),
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "DOCKER_HOST": "unix:///nonexistent",
            "JIANBIAO_TROUBLE": str(self.state.trouble.resolve()),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONNOUSERSITE": "1",
        }

    def start(self) -> None:
        """Start it and wait until it answers; raises EmulatorFailed."""
        self.port = own_port(self.state)
        self.state.emulator_log.unlink(missing_ok=True)
        with self.state.emulator_log.open("ab") as log:
            # A session of its own: Ctrl-C reaches the supervisor alone, which stops everything in order.
            self.process = subprocess.Popen(
                [str(python_of("emulator")), str(MAIN)],
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            self.check()
            with contextlib.suppress(urllib.error.URLError, OSError):
                opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
                with opener.open(f"{self.url}/_ministack/health", timeout=5):
                    return
            time.sleep(0.1)
        raise EmulatorFailed(
            f"The local AWS did not answer within {START_TIMEOUT:.0f} s.\n{self.last_words()}"
        )

    def check(self) -> None:
        """Raise EmulatorFailed if the process is gone."""
        if self.process is None or (code := self.process.poll()) is None:
            return
        raise EmulatorFailed(f"The local AWS has ended by itself (exit code {code}).\n{self.last_words()}")

    def last_words(self) -> str:
        """The end of its log, with its name."""
        return f"The end of {self.state.emulator_log}:\n{tail(self.state.emulator_log) or '(empty)'}"

    def stop(self) -> bool:
        """Stop it and all its workers; returns whether it wrote its state and ended well."""
        if self.process is None:
            return False
        group = self.process.pid
        already_gone = self.process.poll() is not None
        if not already_gone:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            code = -1
        # Whatever is left of its session: workers end with their pipes, but one may be busy.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
        self.process.wait()
        self.process = None
        return code == 0 and not already_gone and "failed to save" not in tail(self.state.emulator_log, 200)
