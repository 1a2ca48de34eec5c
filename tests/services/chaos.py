"""A launch in bad weather: any call of a port may fail, be throttled, or take effect and lose its answer, and a worker
may be killed at any of them; the engine delivers chunks in any order, more than once, and side by side.

What holds afterwards is in `soundness`. Each call of a port is atomic, as a call of AWS is; between two calls anything
may happen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from random import Random
from threading import RLock
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from jianbiao.aws.pacing import Bucket, PacedSigner
from jianbiao.errors import Conflict, Unavailable
from jianbiao.ports import SigningKeys
from jianbiao.services.backfill import ChunkWorker
from jianbiao.services.launches import DONE, ChunkRun, LaunchDesk, Planner
from tests.services.launching import Scene
from tests.support.memory import Faults

TRIES = 5
"""Of the engine for one step, as in the state machine."""
ATTEMPTS = 40
"""Of the operator, until the launch is done."""

FAILED, LOST, THROTTLED, KILLED, KILLED_AFTER = "failed", "lost", "throttled", "killed", "killed after it"
ALL = (FAILED, LOST, THROTTLED, KILLED, KILLED_AFTER)
TAKE_EFFECT = (LOST, KILLED_AFTER)


class Killed(BaseException):
    """The worker's process is gone: nothing catches it but the engine."""


@dataclass
class Weather(Faults):
    """Hits calls of ports: a share of them at random, or the one numbered `at`, with `what`."""

    rate: float = 0.0
    what: tuple[str, ...] = ALL
    random: Random = field(default_factory=lambda: Random(1))  # noqa: S311 - to be repeatable
    hits: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(call, what became of it) → how often."""
    lock: RLock = field(default_factory=RLock)

    def wrap(self, port: Any) -> Any:
        """The port, out in the weather."""
        return _Out(port, self)

    def fate(self, call: str) -> str | None:
        """What becomes of the next call."""
        self.calls.append(call)
        hit = len(self.calls) == self.at or (self.rate > 0 and self.random.random() < self.rate)
        if not hit:
            return None
        fate = self.random.choice(self.what)
        self.hits[call, fate] += 1
        return fate


class _Out:
    def __init__(self, port: Any, weather: Weather) -> None:
        self._port, self._weather = port, weather

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._port, name)
        if not callable(value):
            return value
        weather, call = self._weather, f"{type(self._port).__name__}.{name}"

        def called(*args: Any, **kwargs: Any) -> Any:
            with weather.lock:
                fate = weather.fate(call)
                if fate is None or fate in TAKE_EFFECT:
                    answer = value(*args, **kwargs)
            if fate is None:
                return answer
            if fate in (KILLED, KILLED_AFTER):
                raise Killed(call)
            if fate == LOST:
                raise Unavailable(call) from ReadTimeoutError(endpoint_url="")
            if fate == THROTTLED:
                error = {
                    "Error": {"Code": "ThrottlingException"},
                    "ResponseMetadata": {"HTTPStatusCode": 400},
                }
                raise Unavailable(call) from ClientError(error, name)  # type: ignore[arg-type]
            raise Unavailable(call)

        return called


@dataclass(frozen=True, slots=True)
class Kept:
    """Port `Keys`: the set that was read once, as a deployment keeps it for a while."""

    keys: SigningKeys

    def current(self) -> SigningKeys:
        """It."""
        return self.keys


@dataclass
class Chaos:
    """A scene whose every port is out in the weather, and an engine that does its best."""

    scene: Scene
    weather: Weather
    threads: int = 1
    order: Callable[[list[Any]], Iterable[Any]] = list
    times: int = 1
    """How often each chunk is delivered."""

    def __post_init__(self) -> None:
        world, wrap = self.scene.world, self.weather.wrap
        world.faults = self.weather
        self._launches, self._inbox = wrap(self.scene.launches), wrap(self.scene.inbox)
        self._planner = Planner(self._launches, self._inbox, lambda: self.scene.now, self.scene.chunk_bytes)
        self._desk = LaunchDesk(self._launches, self.scene.start, lambda: self.scene.now)
        # A clock that stands still and a sleep that takes no time: the bucket gives whatever is asked for.
        bucket = Bucket(1e9, lambda: 0.0, lambda _seconds: None)
        issuer = world.issuer
        issuer = replace(issuer, signer=PacedSigner(issuer.signer, bucket), keys=Kept(issuer.keys.current()))
        worker = ChunkWorker(world.registrar(issuer), world.policies)
        self._run = ChunkRun(self._launches, self._inbox, worker)

    def launch(self) -> None:
        """From the arrival of the ledger until it is done, whatever it takes."""
        ledger = self.scene.inbox.ledger()
        self._tried(lambda: self._desk.arrived(ledger), tries=1000)
        for attempt in range(1, ATTEMPTS + 1):
            self._attempt(attempt)
            if self.scene.launch.state == DONE:
                return
            self._tried(self._redrive, tries=1000)
        raise AssertionError(f"not done after {ATTEMPTS} attempts")

    def _redrive(self) -> None:
        # A conflict: the try before took effect; or the sum is missing, and the same attempt has to be started again.
        with suppress(Conflict):
            self._desk.redrive(self.scene.id, actor="op")

    def _attempt(self, attempt: int) -> None:
        plan = self._tried(lambda: self._planner.plan(self.scene.id, attempt))
        if plan is None:
            return
        tasks = list(self.order(self.scene.inbox.lines(plan["manifest"]) * self.times))
        with ThreadPoolExecutor(self.threads) as pool:
            list(pool.map(self._chunk, tasks))
        self._tried(lambda: self._planner.sum_up(self.scene.id, attempt))

    def _chunk(self, task: Mapping[str, Any]) -> None:
        left: Mapping[str, Any] | None = task
        while left is not None:
            work = partial(self._run.work, self.scene.id, left["start"], left["end"])
            answer = self._tried(work)
            left = answer if answer and answer["left"] else None

    def _tried(self, does: Callable[[], Any], tries: int = TRIES) -> Any:
        """What the state machine's Retry does; None where every try failed."""
        for _ in range(tries):
            try:
                return does()
            except (Unavailable, Killed):
                continue
        return None
