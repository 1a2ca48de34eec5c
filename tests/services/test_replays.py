"""The same request under one Idempotency-Key is carried out once, whatever fails and whenever it comes again."""

from __future__ import annotations

import json
import threading
from contextlib import nullcontext

import pytest

from jianbiao.citizen_records import Replay
from jianbiao.errors import Conflict, InvalidInput, Refusal, Unavailable
from jianbiao.services.apply import attributed
from jianbiao.services.replays import LOCK
from tests.services.test_claim import exempt
from tests.support.world import CAR, OWNER, World

DAY = 86_400


def send(world: World, request_id: str, *, key: str = "k", body: str = "claim", who: str = "p-1") -> object:
    """A claim as the HTTP edge sends it; the answer is [status, certificate id]."""

    def work(application_id: str) -> str:
        desk, policy = world.desk, world.policies.policy
        outcome = attributed(
            desk.claim(OWNER, policy, CAR.plate_class, CAR.plate, application_id), application_id
        )
        return json.dumps([201 if outcome.created else 200, outcome.certificate.certificate_id])

    answer, _ = world.once.run(who, key, body, application_id=request_id, seconds=DAY, work=work)
    return json.loads(answer)


def test_the_answer_is_replayed() -> None:
    world = exempt()
    first = send(world, "r-1")
    world.later = DAY - 1
    assert send(world, "r-2") == first
    assert first[0] == 201
    assert len(world.decisions.kept) == 1


def test_another_body_under_the_same_key_is_refused() -> None:
    world = exempt()
    send(world, "r-1")
    with pytest.raises(InvalidInput):
        send(world, "r-2", body="current")


def test_keys_are_the_persons_own() -> None:
    world = exempt()
    send(world, "r-1")
    send(world, "r-2", who="p-2", body="current")
    assert len(world.replays.by_key) == 2


def test_after_a_day_the_key_is_forgotten_whether_or_not_the_table_has_removed_it() -> None:
    world = exempt()
    send(world, "r-1")
    world.later = DAY
    with pytest.raises(Refusal):
        send(world, "r-2")
    assert len(world.replays.by_key) == 1


def test_a_refusal_is_judged_anew() -> None:
    world = exempt(insured_until=None)
    with pytest.raises(Refusal):
        send(world, "r-1")
    record = world.vehicles.records[CAR.vin]
    insured = exempt().vehicles.records[CAR.vin]
    world.vehicles.records[CAR.vin] = type(record)(insured.registered, version=record.version)
    assert send(world, "r-2")[0] == 201
    with pytest.raises(InvalidInput):
        send(world, "r-3", body="current")


def test_in_flight_is_told_and_a_dead_attempt_is_taken_over() -> None:
    world = exempt()
    entered, go = threading.Event(), threading.Event()
    answers: list[str] = []

    def slow(_application_id: str) -> str:
        entered.set()
        assert go.wait(5)
        return "slow"

    def first() -> None:
        answers.append(world.once.run("p-1", "k", "claim", application_id="r-1", seconds=DAY, work=slow)[0])

    thread = threading.Thread(target=first)
    thread.start()
    assert entered.wait(5)
    with pytest.raises(Conflict) as flying:
        send(world, "r-2")
    assert flying.value.code == "in-flight"
    world.later = LOCK
    taken_over = send(world, "r-3")
    go.set()
    thread.join(5)
    # The slow one finds that it is no longer its own to finish.
    assert answers == ["slow"]
    assert send(world, "r-4") == taken_over


def test_of_two_who_take_over_at_once_one_waits() -> None:
    world = exempt()
    world.faults.at = 3
    with pytest.raises(Unavailable):
        send(world, "r-1")
    world.later = LOCK
    faster = world.replays.take_over

    def second(replay: Replay, locked_until: int) -> Replay:
        faster(replay, locked_until)
        return faster(replay, locked_until)

    world.replays.take_over = second
    with pytest.raises(Conflict) as waits:
        send(world, "r-2")
    assert waits.value.code == "in-flight"


def _calls() -> int:
    world = exempt()
    send(world, "r-1")
    return len(world.faults.calls)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, _calls() + 1))
def test_any_call_may_fail_and_the_retry_is_answered_like_the_first_would_have_been(
    at: int, after: bool
) -> None:
    world = exempt()
    world.faults.at, world.faults.after = at, after
    # The last call stores the answer: once the work is done, its loss is no failure.
    with nullcontext() if at == _calls() else pytest.raises(Unavailable):
        send(world, "r-1")
    world.later = LOCK
    status, certificate_id = send(world, "r-2")
    (active,) = world.active()
    assert (status, certificate_id) == (201, active.certificate_id)
    assert send(world, "r-3") == [status, certificate_id]
    assert len(set(world.signer.signed)) == 1
