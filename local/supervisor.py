"""Brings the local deployment up, keeps it running, takes it down. Runs in the environment `local`.

Started by `local.run`, which makes the environments first.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import FrameType
from typing import NoReturn

from botocore.exceptions import BotoCoreError, ClientError

from local.allowlist import AllowList
from local.artifacts import Artifact, build_all
from local.bootstrap import bootstrap
from local.clients import Operator
from local.deploy import Deployed, DeployFailed, deploy
from local.emulator import HOST, Emulator, EmulatorFailed, end_orphan
from local.envs import CannotPrepare
from local.front import Front, FrontServer, hosts, listen
from local.identity import Identities
from local.ledger_scenarios import PEOPLE
from local.loading import LoadFailed
from local.progress import Progress
from local.sample import Sample
from local.state import AlreadyRunning, State, read_json, write_json
from local.upstream import Upstream

RENEW_EVERY = 15 * 60.0
"""Seconds between renewals of the tokens; they live for an hour."""


class Stop(BaseException):
    """Somebody asked to stop."""


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for."""

    state: State
    port: int
    as_of: date
    count: int
    ledger: Path | None


@dataclass(slots=True)
class Supervisor:
    """One local deployment, from start to stop."""

    options: Options
    progress: Progress
    emulator: Emulator = field(init=False)
    front: FrontServer | None = None
    base_url: str = ""
    _ended_well: bool = False

    def __post_init__(self) -> None:
        self.emulator = Emulator(self.options.state)

    def run(self) -> int:
        """Until somebody stops it; returns the exit status."""
        try:
            with self.options.state.held(), _asked_to_stop():
                return self._run()
        except AlreadyRunning:
            running = (read_json(self.options.state.run) or {}).get("base_url", "")
            self.progress.say(f"It runs already: {running}  (make stop ends it)")
            return 1

    def _run(self) -> int:
        end_orphan(self.options.state)
        listening = self._take_port()
        if listening is None:
            return 1
        ready = False
        try:
            operator = self._start_emulator()
            deployed = self._deploy(operator)
            identities = Identities(operator, deployed.outputs)
            with self.progress.step("Signing the sample users in"):
                identities.prepare()
                tokens = identities.tokens()
            self._start_front(listening, deployed)
            sample = Sample(operator, deployed.outputs, self.base_url, self.options.state)
            samples = sample.load(self.options.ledger, self.options.count, self.options.as_of, self.progress)
            self._publish(operator, tokens, samples)
            ready = True
            self._say_addresses()
            self._keep(operator, identities, samples)
        except Stop:
            self.progress.say("Stopping …")
            return 0 if ready else 130
        except (CannotPrepare, DeployFailed, EmulatorFailed, LoadFailed) as problem:
            self.progress.say(f"\n{problem}")
            return 1
        except (BotoCoreError, ClientError) as problem:
            self.progress.say(
                f"\nThe local AWS answered unexpectedly: {problem}\n{self.emulator.last_words()}"
            )
            return 1
        finally:
            _undisturbed()
            with contextlib.ExitStack() as steps:
                # In reverse: front, socket, emulator, and its mark last, whatever one of them raises.
                steps.callback(lambda: self.options.state.end(clean=self._ended_well, ready=ready))
                steps.callback(self._stop_emulator)
                steps.callback(listening.close)
                if self.front:
                    steps.callback(self.front.stop)

    def _stop_emulator(self) -> None:
        self._ended_well = self.emulator.stop()

    def _take_port(self) -> socket.socket | None:
        try:
            listening = listen(self.options.port)
        except OSError as error:
            self.progress.say(
                f"Port {self.options.port} is taken ({error.strerror}). Stop what listens there, or choose another"
                " one: make run PORT=8081"
            )
            return None
        self.base_url = f"http://{HOST}:{listening.getsockname()[1]}"
        write_json(self.options.state.run, {"pid": os.getpid(), "base_url": self.base_url})
        return listening

    def _start_emulator(self) -> Operator:
        state = self.options.state
        match state.begin():
            case "unclean":
                self.progress.say(
                    "The last run did not stop cleanly, so what it had is incomplete: starting empty."
                )
            case "kept":
                self.progress.say("The data of the last run is kept.")
        with self.progress.step("Starting the local AWS"):
            self.emulator.start()
        write_json(
            state.run,
            {
                "pid": os.getpid(),
                "base_url": self.base_url,
                "emulator": self.emulator.process.pid if self.emulator.process else None,
            },
        )
        return Operator(self.emulator.url, self.emulator.region, state.account())

    def _deploy(self, operator: Operator) -> Deployed:
        with self.progress.step("Packaging layers and functions"):
            artifacts: Sequence[Artifact] = build_all()
        with self.progress.step("Deploying infra/template.yaml"):
            deployed = deploy(operator, self.options.state, artifacts, self.base_url)
        with self.progress.step("Publishing keys and policy"):
            bootstrap(operator, deployed.outputs, int(time.time()))
        return deployed

    def _start_front(self, listening: socket.socket, deployed: Deployed) -> None:
        port = listening.getsockname()[1]
        buckets = frozenset({deployed.outputs["FilesBucketName"], deployed.outputs["InboxBucketName"]})
        rules = AllowList(hosts(port), buckets)
        upstream = Upstream(HOST, self.emulator.port)
        api_id = deployed.outputs["ApiId"]
        self.front = FrontServer(
            listening, lambda: Front(upstream, rules, api_id, f"{HOST}:{port}", self._citizens)
        )
        self.front.start()

    def _citizens(self) -> dict[str, str]:
        """The tokens of the sample citizens, as they are in stack.json now."""
        tokens = (read_json(self.options.state.stack) or {}).get("tokens", {})
        return {name: token for name, token in tokens.items() if name in PEOPLE}

    def _publish(self, operator: Operator, tokens: dict[str, str], samples: Sequence[object]) -> None:
        write_json(
            self.options.state.stack,
            {
                "base_url": self.base_url,
                "tokens": tokens,
                "samples": samples,
                "openapi_url": f"{self.base_url}/openapi.json",
                "aws_endpoint_url": operator.endpoint,
                "region": operator.region,
            },
        )

    def _keep(self, operator: Operator, identities: Identities, samples: Sequence[object]) -> NoReturn:
        """Renew the tokens and watch, until something ends."""
        renewed = time.monotonic()
        while True:
            time.sleep(0.5)
            self.emulator.check()
            if self.front and self.front.failed:
                raise EmulatorFailed(f"The front has ended by itself: {self.front.failed!r}")
            if time.monotonic() - renewed > RENEW_EVERY:
                self._publish(operator, identities.tokens(), samples)
                renewed = time.monotonic()

    def _say_addresses(self) -> None:
        stack = read_json(self.options.state.stack)
        say = self.progress.say
        say()
        say(f"  start page      {self.base_url}/")
        first = next((s for s in stack["samples"] if s["code"]), None)
        if first:
            say(f"  a certificate   {self.base_url}/V/{first['code'].rpartition('/V/')[2]}")
        say(f"  verify          {self.base_url}/verify")
        say(f"  citizen demo    {self.base_url}/app")
        say(f"  API             {self.base_url}/openapi.json")
        say(f"  tokens, samples {_short(self.options.state.stack)}")
        say(f"  the local AWS   {stack['aws_endpoint_url']} (operators only; region {stack['region']})")
        say()
        say("Ready.")


def _short(path: Path) -> str:
    with contextlib.suppress(ValueError):
        return str(path.resolve().relative_to(Path.cwd()))
    return str(path)


@contextlib.contextmanager
def _asked_to_stop() -> Iterator[None]:
    """Raise Stop in the main thread at SIGINT and SIGTERM."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise Stop

    before = {
        number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _undisturbed() -> None:
    """From here on a second Ctrl-C is not heard: it would cut the stop short, and the data would be lost."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the local deployment in the foreground."""
    parser = argparse.ArgumentParser(prog="python -m local.supervisor", description=main.__doc__)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--as-of", type=date.fromisoformat, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--ledger", type=Path)
    given = parser.parse_args(arguments)
    options = Options(State(given.state), given.port, given.as_of, given.count, given.ledger)
    return Supervisor(options, Progress()).run()


if __name__ == "__main__":
    sys.exit(main())
