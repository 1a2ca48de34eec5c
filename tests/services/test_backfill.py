"""The chunk worker: every outcome of a row, and the same accounts whatever fails, repeats or runs beside it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jianbiao.domain.register import merge
from jianbiao.errors import Unavailable
from jianbiao.records import Ending, Hold
from jianbiao.services.backfill import ROWS_DISAGREE, ChunkResult
from jianbiao.wire.verify import verify_certificate
from tests.services.ledgers import file, lines, row, run, vin
from tests.services.soundness import sound
from tests.support.memory import Faults
from tests.support.world import World

OUTCOMES = ("issued", "already", "refused", "invalid")


def outcome(result: ChunkResult) -> tuple[dict[str, int], list[Any]]:
    """Accounts without what stands at zero."""
    return {name: n for name, n in result.counts.items() if n}, result.reasons


def test_a_new_vehicle_is_stored_and_gets_a_certificate() -> None:
    world = World()
    result = run(world, row(1))
    assert outcome(result) == ({"rows": 1, "issued": 1}, [])
    (certificate,) = world.active(vin(1))
    verified = verify_certificate(certificate.data, world.keys.current().published)
    assert (verified.claims.plate, certificate.valid_until) == ("黑A10001", date(2027, 3, 31))
    assert certificate.issuance.cause.trigger == "ledger:second:0"
    assert world.vehicles.plates[("02", "黑A10001")] == vin(1)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"hphm": "京A10001"}, "plate-division"),
        ({"hpzl": "22"}, "plate-class-not-eligible"),
        ({"zt": "AC"}, "state-blocked"),
        ({"division": "230200"}, "record-inconsistent"),
        ({"yxqz": "2026-08-31", "ccdjrq": "2022-08-15"}, "inspection-expired"),
        ({"yxqz": ""}, "record-inconsistent"),
    ],
)
def test_a_refused_row_is_stored_with_its_reason_and_without_certificate(
    changes: dict[str, str], reason: str
) -> None:
    world = World()
    result = run(world, row(1, **changes))
    assert result.reasons == [{"offset": 0, "line": 1, "outcome": "refused", "reasons": [reason]}]
    assert vin(1) in world.vehicles.records
    assert not world.certificates.by_id
    assert not world.signer.signed


def test_an_invalid_row_names_its_faults_and_stops_nothing() -> None:
    world = World()
    result = run(world, b"\n".join([b"{not json", row(1), row(2, hphm="", yxqz="2027-03-30"), b"", row(3)]))
    assert result.counts["issued"] == 2
    assert [(e["line"], e["outcome"]) for e in result.reasons] == [(1, "invalid"), (3, "invalid")]
    assert set(result.reasons[1]["reasons"]) == {"missing-column:hphm", "not-month-end:yxqz"}
    assert result.lines == 5


def test_unknown_columns_and_warnings_are_counted() -> None:
    result = run(World(), row(1, fuel="A", owner_name="x", clsbdh="LSJA24U69JG000001"))
    assert result.counts["unknown_columns"] == 2
    assert result.counts["warnings"] == 1  # the VIN's check digit


def test_the_same_vehicle_twice_is_issued_once() -> None:
    world = World()
    result = run(world, row(1) + b"\n" + row(1))
    assert outcome(result)[0] == {"rows": 2, "issued": 1, "already": 1}
    assert len(world.signer.signed) == 1


def test_another_file_with_the_same_rows_finds_everything_there() -> None:
    world = World()
    run(world, row(1), file("first", 100))
    assert outcome(run(world, row(1)))[0] == {"rows": 1, "already": 1}


@pytest.mark.parametrize(
    "changes",
    [{"yxqz": "2028-03-31", "ccdjrq": "2022-03-15"}, {"hphm": "黑A77777"}, {"cllx": "K31"}],
    ids=["later", "plate", "type"],
)
def test_a_newer_ledger_supersedes(changes: dict[str, str]) -> None:
    world = World()
    base = {"ccdjrq": changes.get("ccdjrq", "2023-03-15")}
    first = {"yxqz": "2026-12-31", "ccdjrq": "2022-12-15"} if "yxqz" in changes else base
    run(world, row(1, **first), file("first", 100))
    (old,) = world.active(vin(1))
    assert outcome(run(world, row(1, **changes)))[0]["issued"] == 1
    (new,) = world.active(vin(1))
    assert new.issuance.supersedes == old.certificate_id
    assert world.certificates.by_id[old.certificate_id].status == "superseded"


def test_an_older_ledger_does_not_undo_an_event() -> None:
    world = World()
    run(world, row(1), file("first", 100))
    record = world.vehicles.records[vin(1)]
    world.vehicles.update(record, merge(record.registered, {"use": "F", "is_van": True}, (300, "e-1")))
    run(world, row(1))
    vehicle = world.vehicles.records[vin(1)].registered.vehicle
    assert (vehicle.use, vehicle.is_van) == ("F", True)


def test_a_newer_ledger_leaves_alone_what_it_does_not_report() -> None:
    world = World()
    run(world, row(1), file("first", 100))
    record = world.vehicles.records[vin(1)]
    world.vehicles.update(record, merge(record.registered, {"casualty_accident": True}, (150, "e-1")))
    run(world, row(1, csys="A"))
    vehicle = world.vehicles.records[vin(1)].registered.vehicle
    assert (vehicle.casualty_accident, vehicle.colour) == (True, "A")


def test_a_held_vehicle_is_refused_also_when_its_plate_has_changed() -> None:
    world = World()
    run(world, row(1), file("first", 100))
    hold(world, 1)
    result = run(world, row(1, hphm="黑A77777"))
    assert result.reasons[0]["reasons"] == ["hold"]
    assert len(world.signer.signed) == 1
    assert world.vehicles.plates[("02", "黑A77777")] == vin(1)


def test_a_plate_twice_in_one_ledger_stays_with_the_first_vehicle() -> None:
    world = World()
    run(world, row(1) + b"\n" + row(2), file("first", 100))
    taken = {"hphm": "黑A10001"}
    result = run(world, b"\n".join([row(1), row(3, **taken), row(2, **taken)]))
    assert [e["reasons"] for e in result.reasons] == [[ROWS_DISAGREE], [ROWS_DISAGREE]]
    assert world.vehicles.plates[("02", "黑A10001")] == vin(1)
    assert vin(3) not in world.vehicles.records
    assert len(world.signer.signed) == 2


def test_the_deadline_hands_over_what_is_left() -> None:
    world = World()
    data = b"\n".join([b"", row(1), row(2), row(1), row(3)])
    whole = outcome(run(World(), data))
    asked = iter([False, True])
    first = world.worker.run(lines(data), file(), lambda: next(asked))
    assert first.next_offset == data.index(row(1), 10)
    assert first.lines == 3
    rest = world.worker.run(lines(data, first.next_offset), file())
    assert dict(first.counts + rest.counts) == whole[0]
    assert first.lines + rest.lines == 5


def hold(world: World, number: int) -> None:
    """An operator's hold."""
    record = world.vehicles.records[vin(number)]
    held = dataclasses.replace(record, hold=Hold(1, "op", "fraud"), version=record.version + 1)
    world.vehicles.records[vin(number)] = held


MIXED = b"\n".join(
    [
        row(1),
        row(2, zt="C"),
        b"{",
        row(3, yxqz="2027-03-31"),
        row(4, hphm="黑A88888"),
        row(5),
        row(1),
        row(6, hphm="黑A10003"),
        row(7),
        row(8, owner_ref="p-new"),
        row(9, zt="E"),
        row(11, hphm="黑A10010"),
        row(10, hphm="黑A99999"),
    ]
)
"""New, new and refused, invalid, unchanged, another plate, held, twice, another's plate, new, another owner,
deregistered, new with the plate of a known one, that one with its new plate."""
ELIGIBLE = (1, 3, 4, 7, 8, 10, 11)
ENDED = [Ending("binding", (vin(8), "b"), "owner-changed"), Ending("paper", (vin(8), "p"), "owner-changed")]
"""What the former owner of car 8 opened; the share is the certificate's."""


def prepared(faults: Faults | None = None) -> World:
    """A world in which some cars are known already, 5 is held, and everybody has opened something."""
    world = World()
    run(world, b"\n".join(row(n) for n in (3, 4, 5, 8, 9, 10)), file("first", 100))
    hold(world, 5)
    world.open_bindings.keys, world.open_papers.keys, world.open_shares.keys = ["b"], ["p"], ["s"]
    world.faults = faults or Faults()
    return world


def undisturbed() -> tuple[World, ChunkResult]:
    world = prepared()
    return world, run(world, MIXED)


CALLS = len(undisturbed()[0].faults.calls)


def check(world: World, result: ChunkResult) -> None:
    """One active certificate for each eligible vehicle; nothing lost, orphaned or used twice."""
    counts = result.counts
    assert counts["rows"] == sum(counts[name] for name in OUTCOMES)
    assert len(result.reasons) == counts["refused"] + counts["invalid"]
    for number in ELIGIBLE:
        (active,) = world.active(vin(number))
        assert world.vehicles.records[vin(number)].current == active.certificate_id
    assert not world.active(vin(9))
    former = world.vehicles.records[vin(8)].current or ""
    assert world.vehicles.ended == [*ENDED, Ending("share", (former, "s"), "owner-changed")]
    sound(world)


def test_mixed_rows_end_as_they_should() -> None:
    world, result = undisturbed()
    check(world, result)
    assert [
        (e["line"], e["outcome"], e["reasons"][0]) for e in sorted(result.reasons, key=lambda e: e["line"])
    ] == [
        (2, "refused", "state-blocked"),
        (3, "invalid", "bad-json"),
        (6, "refused", "hold"),
        (8, "invalid", ROWS_DISAGREE),
        (11, "refused", "state-blocked"),
    ]
    assert result.counts["issued"] == 5  # cars 1, 7 and 11, and the new plates of 4 and 10
    assert result.counts["already"] == 3  # cars 3 and 8, and the second row of 1


def accounts(result: ChunkResult) -> tuple[dict[str, int], list[Any]]:
    counts, reasons = outcome(result)
    return counts, sorted(reasons, key=lambda entry: entry["offset"])


def test_running_again_gives_the_same_accounts_and_changes_nothing() -> None:
    world, first = undisturbed()
    stored = (dict(world.vehicles.records), dict(world.certificates.by_id), len(world.signer.signed))
    again = run(world, MIXED)
    assert accounts(again) == accounts(first)
    assert stored == (world.vehicles.records, world.certificates.by_id, len(world.signer.signed))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, CALLS + 1))
def test_any_call_may_fail_before_or_after_taking_effect(at: int, after: bool) -> None:
    world = prepared(Faults(at=at, after=after))
    with pytest.raises(Unavailable):
        run(world, MIXED)
    result = run(world, MIXED)
    check(world, result)
    assert accounts(result) == accounts(undisturbed()[1])


@dataclass
class Meanwhile(Faults):
    """Lets something else happen right before the call number `at`."""

    then: Callable[[], object] = lambda: None

    def wrap(self, port: Any) -> Any:
        """The port, with every method watched."""
        return _Between(port, self)


class _Between:
    def __init__(self, port: Any, meanwhile: Meanwhile) -> None:
        self._port, self._meanwhile = port, meanwhile

    def __getattr__(self, name: str) -> Any:
        meanwhile = self._meanwhile
        meanwhile.calls.append(name)
        if len(meanwhile.calls) == meanwhile.at:
            meanwhile.then()
        return getattr(self._port, name)


@pytest.mark.parametrize("at", range(1, CALLS + 1))
def test_two_workers_on_the_same_rows_agree(at: int) -> None:
    world = prepared()
    others: list[ChunkResult] = []

    def other() -> None:
        mine, world.faults = world.faults, Faults()
        others.append(run(world, MIXED))
        world.faults = mine

    world.faults = Meanwhile(at=at, then=other)
    result = run(world, MIXED)
    check(world, result)
    assert [accounts(result)] == [accounts(r) for r in others] == [accounts(undisturbed()[1])]


ROWS = st.lists(
    st.one_of(
        st.just(b"[]"),
        st.builds(
            lambda number, plate, until, state: row(
                number, hphm=f"黑A1000{plate}", yxqz=until, ccdjrq="2022-03-15", zt=state
            ),
            st.integers(1, 4),
            st.integers(1, 4),
            st.sampled_from(["2026-03-31", "2027-03-31", "2028-03-31", ""]),
            st.sampled_from(["A", "A", "C"]),
        ),
    ),
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(first=ROWS, second=ROWS, at=st.integers(0, 40), after=st.booleans())
def test_whatever_the_rows_and_whatever_fails_the_accounts_balance_and_repeat(
    first: list[bytes], second: list[bytes], at: int, after: bool
) -> None:
    world = World()
    run(world, b"\n".join(first), file("first", 100))
    data = b"\n".join(second)
    world.faults = Faults(at=at, after=after)
    try:
        run(world, data)
    except Unavailable:
        assert len(world.faults.calls) >= at > 0  # a first load is two calls inside one
    world.faults = Faults()
    result = run(world, data)
    counts = result.counts
    assert counts["rows"] == len(second) == sum(counts[name] for name in OUTCOMES)
    sound(world)
    stored = dict(world.certificates.by_id)
    run(world, data)
    assert world.certificates.by_id == stored
