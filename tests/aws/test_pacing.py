"""The pace of signatures: never above the share, less after a throttle, back to the share, never beyond."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from jianbiao.aws.clients import translated
from jianbiao.aws.pacing import BURST, FLOOR, SLOWEST, Bucket, PacedSigner, part_of, share_of
from jianbiao.errors import Unavailable
from jianbiao.services.backfill import BATCH
from jianbiao.services.ledger_run import CHUNK_BYTES

EXPRESS_SECONDS = 300
"""How long a child of the engine runs at most (Step Functions, quotas of Express workflows)."""
MARGIN_SECONDS = 30
"""functions/issue/backfill.py, MARGIN_MS."""
SHORT_ROW = 200
"""Bytes of a ledger row with little more than the columns that must be there."""


@dataclass
class Time:
    """A clock that sleeping moves."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def bucket(self, rate: float) -> Bucket:
        return Bucket(rate, lambda: self.now, self.sleep)


def client_error(code: str, status: int = 400) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Sign")


@dataclass
class Service:
    """Signs, after raising what is listed."""

    errors: list[Exception] = field(default_factory=list)
    calls: int = 0

    def sign(self, kid: bytes, message: bytes) -> bytes:
        self.calls += 1
        with translated("signing"):
            if self.errors:
                raise self.errors.pop(0)
        return b"signature of " + message


@given(
    rate=st.floats(0.5, 500),
    pauses=st.lists(st.floats(0, 3), max_size=40),
    throttles=st.sets(st.integers(0, 39)),
)
def test_no_second_sees_more_than_the_rate_and_its_burst(
    rate: float, pauses: list[float], throttles: set[int]
) -> None:
    time, taken = Time(), []
    bucket = time.bucket(rate)
    for number, pause in enumerate(pauses):
        time.now += pause
        for _ in range(5):
            bucket.take()
            taken.append(time.now)
        if number in throttles:
            bucket.throttled()
        assert rate * FLOOR * 0.999 <= bucket.present <= rate * 1.001
    most = rate + max(rate * BURST, 1) + 1
    for first in taken:
        assert sum(first <= at < first + 1 for at in taken) <= most + 1e-6


def test_the_rate_is_reached() -> None:
    time = Time()
    bucket, began = time.bucket(50), time.now
    for _ in range(1000):
        bucket.take()
    assert time.now - began == pytest.approx(20, rel=0.01)


def test_nothing_is_spent_at_the_start() -> None:
    time = Time()
    time.bucket(10).take()
    assert time.slept == [pytest.approx(0.1)]


def test_a_throttle_halves_the_rate_once_a_moment_and_calm_brings_it_back() -> None:
    time = Time()
    bucket = time.bucket(100)
    time.now += 10
    bucket.throttled()
    bucket.throttled()
    assert bucket.present == 50
    time.now += 1
    assert bucket.present == 50
    time.now += 2
    assert bucket.present == pytest.approx(70)
    time.now += 100
    assert bucket.present == 100


def test_a_rate_can_be_changed_while_it_is_throttled() -> None:
    time = Time()
    bucket = time.bucket(100)
    bucket.throttled()
    bucket.limit(40)
    assert bucket.present == 20
    time.now += 60
    assert bucket.present == 40
    with pytest.raises(ValueError, match="positive"):
        bucket.limit(0)


def test_a_share_of_the_quota_leaves_headroom() -> None:
    assert share_of(1000, 0.8, 20) == 40
    for wrong in ((0, 0.8, 20), (1000, 0, 20), (1000, 1.1, 20), (1000, 0.8, 0)):
        with pytest.raises(ValueError, match="worker"):
            share_of(*wrong)
    with pytest.raises(ValueError, match="positive"):
        Time().bucket(0)


def test_an_operator_s_rate_is_shared_out_and_never_so_slow_that_the_engine_gives_up() -> None:
    assert part_of(200, 20) == 10
    assert part_of(1, 20) == SLOWEST
    # A batch fits into what a worker keeps back before its timeout, a chunk into an Express execution.
    assert BATCH / SLOWEST < MARGIN_SECONDS
    rows = CHUNK_BYTES / SHORT_ROW
    assert rows / SLOWEST < EXPRESS_SECONDS


def test_a_throttled_signature_is_made_again_with_a_token_of_its_own() -> None:
    time = Time()
    service = Service([client_error("ThrottlingException"), client_error("ThrottlingException")])
    bucket = time.bucket(10)
    assert PacedSigner(service, bucket).sign(b"k", b"m") == b"signature of m"
    assert service.calls == len(time.slept) == 3
    assert bucket.present < 10


def test_a_lost_answer_is_asked_again_at_the_same_pace() -> None:
    service = Service([ReadTimeoutError(endpoint_url="kms"), client_error("KMSInternalException", 500)])
    bucket = Time().bucket(10)
    assert PacedSigner(service, bucket).sign(b"k", b"m") == b"signature of m"
    assert (service.calls, bucket.present) == (3, 10)


@pytest.mark.parametrize("code", ["DisabledException", "AccessDeniedException", "NotFoundException"])
def test_what_does_not_pass_is_not_asked_again(code: str) -> None:
    service = Service([client_error(code)])
    with pytest.raises(Unavailable):
        PacedSigner(service, Time().bucket(10)).sign(b"k", b"m")
    assert service.calls == 1


def test_it_gives_up_in_the_end() -> None:
    service = Service([client_error("ThrottlingException")] * 9)
    with pytest.raises(Unavailable):
        PacedSigner(service, Time().bucket(10), attempts=3).sign(b"k", b"m")
    assert service.calls == 3


def test_our_own_refusal_has_no_cause_and_is_final() -> None:
    class Unknown:
        def sign(self, kid: bytes, message: bytes) -> bytes:
            raise Unavailable("no signing key with this kid")

    with pytest.raises(Unavailable, match="kid"):
        PacedSigner(Unknown(), Time().bucket(10)).sign(b"k", b"m")
