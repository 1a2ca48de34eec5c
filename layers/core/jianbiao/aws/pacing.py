"""A pace for signatures: each worker has its own bucket of tokens, filled at its share of the account's quota.

KMS counts Sign calls per account and region, over all keys and callers. There is no shared counter to ask, so the
quota is divided beforehand: a launch may use `share` of it (what is left is for people who apply meanwhile), and
each of `workers` gets an equal part. Where KMS throttles nonetheless, because somebody else signs as well, the
worker's rate is halved at once and then grows back a little with every second without a throttle, to its full part
and never beyond it (additive increase, multiplicative decrease).

Clock and sleep are arguments. The bucket is shared by the threads of one worker.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from botocore.exceptions import ClientError

from jianbiao.aws.clients import THROTTLES, error_code
from jianbiao.errors import Unavailable
from jianbiao.ports import Signer

BURST = 0.25
"""Seconds of the rate that may be spent at once, after an idle time; at least one token."""
FLOOR = 0.05
"""The rate never falls below this part of the worker's full rate: a worker that stands still learns nothing."""
RECOVERY = 0.1
"""Part of the full rate that comes back with each second without a throttle."""
SLOWEST = 4.0
"""Signatures a second of a worker, whatever an operator asks for. A batch of 100 rows then takes 25 s, which fits into
what a worker keeps back before its timeout, and a chunk of 600 some 150 s: the engine's child that waits for it is an
Express workflow, which ends after five minutes (Step Functions quotas). Who wants less pauses the launch."""
COOLING = 1.0
"""Seconds after a decrease in which further throttles are of the same moment and change nothing."""


@dataclass(slots=True)
class Bucket:
    """Tokens for calls: `take` waits for one."""

    rate: float
    """Tokens a second when nothing throttles, > 0."""
    monotonic: Callable[[], float]
    """Seconds of a clock that only goes forward."""
    sleep: Callable[[float], None]
    _now: float = field(init=False)
    """The rate at present."""
    _tokens: float = field(init=False)
    _at: float = field(init=False)
    _decreased: float = field(init=False)
    _lock: Lock = field(init=False, default_factory=Lock)

    def __post_init__(self) -> None:
        if self.rate <= 0:
            raise ValueError("a rate is positive")
        self._now, self._at = self.rate, self.monotonic()
        self._decreased = self._at - COOLING
        # Empty: many workers that start together would otherwise spend their bursts in the same moment.
        self._tokens = 0.0

    @property
    def present(self) -> float:
        """Tokens a second now."""
        with self._lock:
            self._refill()
            return self._now

    def take(self) -> None:
        """Wait until there is a token. Threads are served in the order in which they came, without a queue: each
        takes its token at once, into debt, and waits for as long as the debt takes to be filled."""
        with self._lock:
            self._refill()
            self._tokens -= 1.0
            wait = -self._tokens / self._now
        if wait > 0:
            self.sleep(wait)

    def throttled(self) -> None:
        """The service said that it was too much: halve the rate."""
        with self._lock:
            self._refill()
            if self._at - self._decreased < COOLING:
                return
            self._decreased = self._at
            self._now = max(self._now / 2, self.rate * FLOOR)
            self._tokens = min(self._tokens, 0.0)

    def limit(self, rate: float) -> None:
        """Another full rate from now on: an operator has changed it."""
        if rate <= 0:
            raise ValueError("a rate is positive")
        with self._lock:
            self._refill()
            if rate != self.rate:
                # What throttling has taken stays taken, in proportion.
                self._now *= rate / self.rate
                self.rate = rate

    def _refill(self) -> None:
        now = self.monotonic()
        passed = max(now - self._at, 0.0)
        self._at = now
        self._tokens = min(self._tokens + passed * self._now, max(self._now * BURST, 1.0))
        calm = min(passed, max(now - self._decreased - COOLING, 0.0))
        self._now = min(self._now + calm * RECOVERY * self.rate, self.rate)


def share_of(account_rate: float, share: float, workers: int) -> float:
    """One worker's signatures a second: an equal part of `share` (0 to 1) of the account's quota."""
    if account_rate <= 0 or not 0 < share <= 1 or workers < 1:
        raise ValueError("a positive rate, a share above 0 and at most 1, and at least one worker")
    return account_rate * share / workers


def part_of(rate: float, workers: int) -> float:
    """One worker's signatures a second of a rate that an operator has set for all together: never below SLOWEST."""
    return max(rate / workers, SLOWEST)


@dataclass(frozen=True, slots=True)
class PacedSigner:
    """Port `Signer`: another signer at the pace of a bucket.

    A throttled call is repeated here, each time with a token of its own: the client below has to be made with one
    attempt for throttles to be seen (its own retries would be calls that no bucket counts).
    """

    signer: Signer
    bucket: Bucket
    attempts: int = 8
    """Calls for one signature, before Unavailable."""

    def sign(self, kid: bytes, message: bytes) -> bytes:
        for attempt in range(1, self.attempts + 1):
            self.bucket.take()
            try:
                return self.signer.sign(kid, message)
            except Unavailable as error:
                if is_throttle(error):
                    self.bucket.throttled()
                elif not is_transient(error):
                    raise
                if attempt == self.attempts:
                    raise
        raise AssertionError("unreachable")  # pragma: no cover


def is_throttle(error: Unavailable) -> bool:
    """Whether the SDK's error behind `error` is a throttle."""
    return _code(error) in THROTTLES


def is_transient(error: Unavailable) -> bool:
    """Whether the same call may succeed when it is made again: the connection broke, or the service failed."""
    cause: Any = error.__cause__
    if cause is None:
        return False
    if isinstance(cause, ClientError):
        status = cause.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return _code(error) in {"KMSInternalException", "DependencyTimeoutException"} or status >= 500
    return type(cause).__name__ in {
        "ConnectionClosedError",
        "ConnectTimeoutError",
        "EndpointConnectionError",
        "ReadTimeoutError",
    }


def _code(error: Unavailable) -> str:
    cause = error.__cause__
    return error_code(cause) if isinstance(cause, ClientError) else ""
