"""From a ledger in the inbox to its accounts: chunks twice, in any order, side by side, stopped, gone on with."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jianbiao.domain.events import CLOCK_SKEW
from jianbiao.errors import Conflict, InvalidInput, NotFound, Unavailable
from jianbiao.records import Hold
from jianbiao.services.launches import REMEDIES, prefix_of
from jianbiao.services.ledger_run import CHUNK_BYTES, MAX_FILE_BYTES, accounts
from tests.services.launching import KEY, Scene
from tests.services.ledgers import row, vin

DATA = b"\n".join([row(1), b"", row(2), b"{", row(3, zt="C"), row(1), row(4), b"\xff", row(5)]) + b"\n"
FAULTS = [(4, "bad-json"), (5, "state-blocked"), (8, "bad-encoding")]
COUNTS = {"rows": 8, "issued": 4, "already": 1, "refused": 1, "invalid": 2}


def right(scene: Scene) -> None:
    """Exactly the accounts of DATA, and one certificate a vehicle."""
    found = scene.accounts()
    assert found.complete
    assert {name: n for name, n in found.counts.items() if n} == COUNTS
    assert [(entry["line"], entry["reasons"][0]) for entry in found.reasons] == FAULTS
    assert found.by_reason == {reason: 1 for _, reason in FAULTS}
    for entry in found.reasons:
        assert DATA[: entry["offset"]].count(b"\n") == entry["line"] - 1
    for number in (1, 2, 4, 5):
        assert len(scene.world.active(vin(number))) == 1
    assert scene.launch.state == "done"
    assert {name: scene.launch.progress[name] for name in COUNTS} == COUNTS
    assert scene.launch.progress["bytes"] == len(DATA)


def arrived(data: bytes = DATA, chunk_bytes: int = 700) -> Scene:
    scene = Scene(data, chunk_bytes)
    scene.desk.arrived(scene.inbox.ledger())
    return scene


@pytest.mark.parametrize("chunk_bytes", [1, 100, 700, 10_000])
def test_a_ledger_becomes_accounts_with_line_numbers(chunk_bytes: int) -> None:
    scene = arrived(chunk_bytes=chunk_bytes)
    report = scene.execute()
    right(scene)
    assert (report["state"], report["counts"]["issued"], report["by_reason"]["bad-json"]) == ("done", 4, 1)
    written = scene.inbox.lines(f"{prefix_of(scene.id)}reasons-001-00001.jsonl")
    assert [(entry["line"], entry["reasons"][0]) for entry in written] == FAULTS
    assert scene.planner.report(scene.launch) == report


@settings(max_examples=40, deadline=None)
@given(order=st.randoms(use_true_random=False), chunk_bytes=st.integers(60, 2000), times=st.integers(1, 3))
def test_chunks_in_any_order_and_again_give_the_same_accounts(
    order: Random, chunk_bytes: int, times: int
) -> None:
    scene = arrived(chunk_bytes=chunk_bytes)
    scene.execute(order=order, times=times)
    right(scene)


def test_a_notice_that_comes_again_changes_nothing() -> None:
    scene = arrived()
    scene.execute()
    before, documents = scene.launch, dict(scene.inbox.documents)
    scene.desk.arrived(scene.inbox.ledger())
    assert (scene.launch, scene.inbox.documents, len(scene.executions)) == (before, documents, 1)


def test_a_crash_before_the_start_is_mended_by_the_notice_coming_again() -> None:
    scene = Scene(DATA)
    scene.lost_starts = 1
    with pytest.raises(Unavailable):
        scene.desk.arrived(scene.inbox.ledger())
    scene.desk.arrived(scene.inbox.ledger())
    assert list(scene.executions) == [f"{scene.id}-001"]


def test_what_the_deadline_leaves_is_handed_back() -> None:
    scene = arrived(chunk_bytes=10_000)
    (task,) = scene.manifest()
    asked = iter([False, True, True])
    answer = scene.chunk(task, lambda: next(asked))
    assert answer["left"]
    assert 0 < answer["start"] < answer["end"] == len(DATA)
    assert not scene.accounts().complete
    assert not scene.chunk(answer)["left"]
    scene.planner.sum_up(scene.id, 1)
    right(scene)


def test_no_time_at_all_writes_no_empty_result() -> None:
    scene = arrived(chunk_bytes=10_000)
    (task,) = scene.manifest()
    answer = scene.chunk(task, lambda: True)
    assert (answer["start"], answer["left"]) == (0, True)
    assert not list(scene.inbox.read_all(f"{prefix_of(scene.id)}chunks/"))


def test_a_finished_chunk_is_not_worked_again() -> None:
    scene = arrived(chunk_bytes=10_000)
    (task,) = scene.manifest()
    first, signed = scene.chunk(task), len(scene.world.signer.signed)
    assert scene.chunk(task) == first
    assert len(scene.world.signer.signed) == signed
    assert scene.launch.progress["rows"] == 8


def test_the_first_of_two_results_counts_and_the_other_goes_on_behind_it() -> None:
    scene = arrived(chunk_bytes=10_000)
    (task,) = scene.manifest()
    begun = []

    def other() -> None:
        """While one worker is at work, another that is short of time does the same chunk."""
        if not begun:
            begun.append(1)
            asked = iter([False, True, True])
            scene.chunk(task, lambda: next(asked))

    scene.before_batch = other
    assert not scene.chunk(task)["left"]
    scene.planner.sum_up(scene.id, 1)
    right(scene)


@pytest.mark.parametrize("how", ["paused", "aborted"])
@pytest.mark.parametrize("batch", range(1, 5))
def test_a_launch_that_is_stopped_and_gone_on_with_has_the_same_accounts(how: str, batch: int) -> None:
    scene = arrived(chunk_bytes=150)
    seen = []

    def stop() -> None:
        seen.append(1)
        if len(seen) == batch:
            scene.desk.control(scene.id, actor="op", **{how: True})

    scene.before_batch = stop
    report = scene.execute()
    # The batch before which the stop came is still worked off: it was read before that.
    assert report["state"] == scene.launch.state == how
    assert not scene.accounts().complete
    if how == "paused":
        scene.desk.control(scene.id, actor="op", paused=False)
    else:
        with pytest.raises(Conflict):
            scene.desk.control(scene.id, actor="op", paused=False)
        scene.desk.redrive(scene.id, actor="op")
    assert list(scene.executions) == [f"{scene.id}-001", f"{scene.id}-002"]
    scene.execute(2)
    right(scene)
    assert [change.by for change in scene.launch.changes] == ["op", "op"]


def test_a_resumed_launch_may_overlap_with_the_attempt_before_it() -> None:
    scene = arrived(chunk_bytes=10_000)
    (task,) = scene.manifest()
    asked = []

    def overtaken() -> None:
        asked.append(1)
        if len(asked) == 1:
            scene.desk.control(scene.id, actor="op", paused=True)
            scene.desk.control(scene.id, actor="op", paused=False)
            scene.execute(2)

    scene.before_batch = overtaken
    scene.chunk(task)
    scene.planner.sum_up(scene.id, 1)
    right(scene)


def test_a_failed_chunk_is_what_a_redrive_does() -> None:
    scene = arrived(chunk_bytes=400)
    for task in scene.manifest()[1:]:
        scene.chunk(task)
    assert scene.planner.sum_up(scene.id, 1)["state"] == "failed"
    done = scene.launch.progress["rows"]
    scene.desk.redrive(scene.id, actor="op")
    assert len(scene.manifest(2)) == 1
    scene.execute(2)
    assert scene.launch.progress["rows"] > done
    right(scene)
    with pytest.raises(Conflict):
        scene.desk.redrive(scene.id, actor="op")


def test_a_redrive_starts_what_was_never_started() -> None:
    scene = arrived()
    scene.desk.control(scene.id, actor="op", paused=True)
    scene.planner.sum_up(scene.id, 1)
    scene.lost_starts = 1
    with pytest.raises(Unavailable):
        scene.desk.control(scene.id, actor="op", paused=False)
    scene.desk.redrive(scene.id, actor="op")
    assert list(scene.executions)[-1] == f"{scene.id}-002"
    with pytest.raises(Conflict):
        scene.desk.redrive(scene.id, actor="op")


def test_a_launch_whose_engine_has_failed_goes_on_after_a_pause() -> None:
    """Its record says `running`, and its execution has been used up: the refusal of a redrive says what to do."""
    scene = arrived()
    with pytest.raises(Conflict, match="pause it and resume it"):
        scene.desk.redrive(scene.id, actor="op")
    scene.desk.control(scene.id, actor="op", paused=True)
    scene.desk.control(scene.id, actor="op", paused=False)
    scene.execute(2)
    right(scene)


def test_the_rate_reaches_the_workers_before_their_next_batch() -> None:
    scene = arrived()
    scene.desk.control(scene.id, actor="op", rate=5)
    scene.execute()
    assert set(scene.rates) == {5}
    assert [change.what for change in scene.launch.changes] == ["rate 5"]


def test_what_is_not_there_or_not_running_cannot_be_controlled() -> None:
    scene = arrived()
    for unknown in (scene.desk.control, scene.desk.redrive):
        with pytest.raises(NotFound):
            unknown("no-launch", actor="op")
    with pytest.raises(Conflict):
        scene.desk.redrive(scene.id, actor="op")
    scene.execute()
    with pytest.raises(Conflict):
        scene.desk.control(scene.id, actor="op", paused=True)


@pytest.mark.parametrize(
    ("size", "packed", "error"),
    [
        (MAX_FILE_BYTES + 1, False, "too-large"),
        (10, True, "gzip"),
        (MAX_FILE_BYTES, False, None),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(size: int, packed: bool, error: str | None) -> None:
    scene = Scene(DATA)
    launch = scene.desk.arrived(replace(scene.inbox.ledger(size=size), packed=packed))
    assert (launch.error, launch.state) == (error, "refused" if error else "running")
    assert bool(scene.executions) == (error is None)
    assert error is None or error in REMEDIES


def test_a_ledger_of_no_time_or_of_the_future_is_refused() -> None:
    """It would win over every report that comes after it."""
    scene = Scene(DATA)
    ledger = scene.inbox.ledger()
    skewed = replace(ledger, version="v2", as_of=scene.now + CLOCK_SKEW)
    for wrong in (replace(ledger, undated=True), replace(skewed, version="v3", as_of=skewed.as_of + 1)):
        launch = scene.desk.arrived(wrong)
        assert (launch.error, launch.state) == ("as-of", "refused")
    assert not scene.executions
    assert scene.desk.arrived(skewed).state == "running"


@pytest.mark.parametrize("rate", [0, -1.5])
def test_a_rate_that_is_none_is_refused_before_a_worker_meets_it(rate: float) -> None:
    scene = arrived()
    with pytest.raises(InvalidInput, match="/rate"):
        scene.desk.control(scene.id, actor="op", rate=rate)
    assert scene.launch.rate is None


def test_the_chunks_of_the_largest_file_fit_into_the_engine() -> None:
    scene = Scene(b"")
    ledger = scene.inbox.ledger(size=MAX_FILE_BYTES)
    scene.desk.arrived(ledger)
    production = replace(scene.planner, chunk_bytes=CHUNK_BYTES)
    for planner in (scene.planner, production):
        tasks = scene.inbox.lines(planner.plan(ledger.file_id, 1)["manifest"])
        # "{}," each.
        assert 3 * len(tasks) < 256 * 1024
        # And none is longer than what a worker does while the engine waits for it.
        assert max(task["end"] - task["start"] for task in tasks) <= CHUNK_BYTES


def test_an_empty_file_has_complete_and_empty_accounts() -> None:
    scene = arrived(b"")
    assert scene.manifest() == []
    assert scene.execute()["state"] == "done"
    found = scene.accounts()
    assert (found.complete, found.counts["rows"], found.reasons) == (True, 0, [])


def test_a_missing_chunk_is_seen() -> None:
    scene = arrived(chunk_bytes=300)
    scene.execute()
    whole = list(scene.inbox.read_all(f"{prefix_of(scene.id)}chunks/"))
    assert len(whole) > 3
    for position in range(len(whole)):
        assert not accounts(len(DATA), whole[:position] + whole[position + 1 :]).complete


def test_a_line_of_ten_megabytes_across_chunks_is_one_invalid_row() -> None:
    data = b"\n".join([row(1), b'{"hphm":"' + b"x" * 10_000_000 + b'"}', row(2)]) + b"\n"
    scene = arrived(data, 900_000)
    report = scene.execute(order=Random(1))  # noqa: S311 - a shuffle
    assert {n: c for n, c in report["counts"].items() if c} == {"rows": 3, "issued": 2, "invalid": 1}
    (entry,) = scene.accounts().reasons
    assert (entry["line"], entry["reasons"]) == (2, ["line-too-long"])


def test_a_vehicle_on_hold_is_refused_and_gets_nothing() -> None:
    scene = arrived(row(1) + b"\n" + row(2) + b"\n")
    vehicles = scene.world.vehicles
    scene.execute()
    record = vehicles.get(vin(1))
    assert record is not None
    vehicles.records[vin(1)] = replace(record, hold=Hold(1, "op", "cause"))
    again = replace(scene.inbox.ledger(), version="v2")
    scene.desk.arrived(again)
    scene.id = again.file_id
    report = scene.execute()
    assert (report["counts"]["already"], report["counts"]["refused"], report["by_reason"]) == (
        1,
        1,
        {"hold": 1},
    )


def test_the_id_is_the_version_s_and_says_nothing_about_people() -> None:
    one = Scene(b"").inbox.ledger()
    assert one.file_id != replace(one, version="v2").file_id
    assert one.file_id != replace(one, key=KEY + "x").file_id
    assert one.file_id == replace(one, etag="other", size=9).file_id
    assert one.file_id.isascii()
    # With the attempt it is the name of an execution: 80 characters.
    assert len(one.file_id) <= 40
