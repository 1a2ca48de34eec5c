"""What a row of a ledger says about a vehicle that is known: the register's word, as an event's would be."""

from __future__ import annotations

import pytest

from jianbiao.errors import Unavailable
from jianbiao.services.backfill import ROWS_DISAGREE, ChunkResult
from jianbiao.services.registry import PLATE_CHANGED, PLATE_TAKEN
from tests.services.ledgers import file, row, run, vin
from tests.support.registry import BEGIN, HOUR, RegistryWorld, event, inspected

PLATE = "黑A10001"


def begun(*numbers: int) -> RegistryWorld:
    """Cars that a first ledger has brought, each with its certificate."""
    world = RegistryWorld()
    run(world, b"\n".join(row(n) for n in numbers or (1,)), file("first", BEGIN))
    return world


def load(world: RegistryWorld, *rows: bytes, hours: int = 10) -> ChunkResult:
    """A ledger that was true some hours after the first one."""
    return run(world, b"\n".join(rows), file(f"at-{hours}", BEGIN + hours * HOUR))


def reasons(result: ChunkResult) -> list[tuple[str, str]]:
    return [(entry["outcome"], entry["reasons"][0]) for entry in result.reasons]


def lives(world: RegistryWorld, number: int = 1) -> list[list[tuple[str, str]]]:
    """State and reason of each step but the first, of each certificate of a car."""
    mine = [c for c in world.certificates.by_id.values() if c.issuance.vin == vin(number)]
    return [[(step.status, step.why) for step in certificate.life[1:]] for certificate in mine]


def test_another_owner_ends_what_the_former_one_opened() -> None:
    world = begun()
    world.open_bindings.keys, world.open_papers.keys, world.open_shares.keys = ["b"], ["p"], ["s"]
    load(world, row(1, csys="A"), hours=5)
    assert not world.vehicles.ended
    assert load(world, row(1, owner_ref="p-2")).counts["already"] == 1
    assert [ending.kind for ending in world.vehicles.ended] == ["binding", "paper", "share"]
    assert world.vehicles.ended[2].key == (world.active(vin(1))[0].certificate_id, "s")
    # Its owner by then: an older ledger ends nothing.
    world.vehicles.ended.clear()
    load(world, row(1, owner_ref="p-3"), hours=7)
    assert not world.vehicles.ended


def test_another_owner_ends_also_what_was_opened_for_a_certificate_that_is_being_replaced() -> None:
    world = begun()
    (old,) = world.active(vin(1))
    world.signer.down = True
    with pytest.raises(Unavailable):
        load(world, row(1, hphm="黑A77777"), hours=5)
    world.signer.down = False
    world.open_shares.keys = ["s"]
    load(world, row(1, hphm="黑A77777", owner_ref="p-2"))
    (new,) = world.active(vin(1))
    assert [ending.key[0] for ending in world.vehicles.ended] == [new.certificate_id, old.certificate_id]


@pytest.mark.parametrize(
    ("letters", "cause"), [("E", "deregistered"), ("GB", "transferred-out"), ("M", "scrapped")]
)
def test_a_state_that_ends_certificates_does(letters: str, cause: str) -> None:
    world = begun()
    assert reasons(load(world, row(1, zt=letters))) == [("refused", "state-blocked")]
    assert lives(world) == [[("revoked", cause)]]
    record = world.vehicles.records[vin(1)]
    assert record.hold is None
    # Nothing is reinstated by itself; the vehicle is eligible again once the register says so.
    assert load(world, row(1), hours=20).counts["issued"] == 1
    assert lives(world) == [[("revoked", cause)], []]
    # The earlier file, run again, has nothing to say about what came after it.
    assert load(world, row(1, zt=letters)).counts["already"] == 1


@pytest.mark.parametrize("letters", ["Q", "K", "G"])
def test_a_state_that_only_blocks_ends_nothing(letters: str) -> None:
    world = begun()
    load(world, row(1, zt=letters))
    assert len(world.active(vin(1))) == 1


def test_an_issuance_that_is_not_signed_yet_is_voided_by_a_state() -> None:
    world = begun()
    world.signer.down = True
    with pytest.raises(Unavailable):
        load(world, row(1, hphm="黑A77777"), hours=5)
    world.signer.down = False
    load(world, row(1, hphm="黑A77777", zt="E"))
    assert lives(world) == [[("revoked", "deregistered")], []]
    void = [c for c in world.certificates.by_id.values() if not c.data]
    assert [c.status for c in void] == ["revoked"]


def test_a_state_that_an_event_has_corrected_since_ends_the_certificate_all_the_same() -> None:
    world, in_order = begun(), begun()
    later = event("e-1", "vehicle.state_changed", 20, vin(1), state="A")
    world.happen(later)
    assert reasons(load(world, row(1, zt="E"))) == [("refused", "state-blocked")]
    load(in_order, row(1, zt="E"))
    in_order.happen(later)
    for each in (world, in_order):
        assert lives(each) == [[("revoked", "deregistered")]]
        assert each.vehicle(vin(1)).state == "A"


def test_an_older_row_changes_nothing_that_an_event_has_ended() -> None:
    world = begun()
    world.happen(event("e-1", "vehicle.deregistered", 20, vin(1)))
    world.happen(event("e-2", "vehicle.state_changed", 21, vin(1), state="A"))
    assert reasons(load(world, row(1))) == [("refused", "state-blocked")]
    assert not world.active(vin(1))


def test_a_period_that_was_had_elsewhere_is_not_issued_by_a_row() -> None:
    world = begun()
    world.happen(inspected("e-1", 5, valid_until="2029-03-31", division="110000", vin=vin(1)))
    # A ledger of before the inspection, and one of after it that has not heard of it.
    assert load(world, row(1), hours=2).counts["already"] == 1
    assert world.active(vin(1))[0].valid_until.year == 2027
    # The register itself says so: then it is the register's period.
    assert load(world, row(1, yxqz="2029-03-31")).counts["issued"] == 1
    assert world.active(vin(1))[0].valid_until.year == 2029


# --- plates


def test_a_plate_that_was_given_anew_goes_over_by_a_newer_ledger() -> None:
    world = begun(1, 2)
    assert load(world, row(3, hphm=PLATE)).counts["issued"] == 1
    assert world.vehicles.plates[("02", PLATE)] == vin(3)
    assert world.vehicle(vin(1)).plate == ""
    assert lives(world) == [[("revoked", PLATE_TAKEN)]]
    # The row of before, run again, counts what it issued then, and issues nothing.
    assert run(world, row(1), file("first", BEGIN)).counts["issued"] == 1
    assert not world.active(vin(1))
    # The same ledger, or a later one, says what the vehicle bears instead.
    assert load(world, row(1, hphm="黑A99999")).counts["issued"] == 1
    assert world.active(vin(1))[0].claims.plate == "黑A99999"


def test_two_cars_that_exchange_their_plates() -> None:
    world = begun(1, 2)
    result = load(world, row(1, hphm="黑A10002"), row(2, hphm=PLATE))
    assert result.counts["issued"] == 2
    assert [world.active(vin(n))[0].claims.plate for n in (1, 2)] == ["黑A10002", PLATE]


def test_a_plate_that_was_given_to_another_car_since_is_not_had_by_an_older_row() -> None:
    world = begun(1, 2)
    world.happen(event("e-1", "vehicle.changed", 20, vin(2), plate=PLATE))
    result = load(world, row(3, hphm=PLATE), row(1))
    assert reasons(result) == [("refused", PLATE_TAKEN), ("refused", PLATE_TAKEN)]
    assert world.vehicles.plates == {("02", PLATE): vin(2)}
    assert not world.active(vin(1))
    assert not world.active(vin(3))


@pytest.mark.parametrize(
    ("hours", "ends"), [(5, ("refused", PLATE_TAKEN)), (10, ("invalid", ROWS_DISAGREE)), (15, None)]
)
def test_a_plate_that_a_first_load_has_left_behind_is_had_by_the_newest_row(
    hours: int, ends: tuple[str, str] | None
) -> None:
    world = begun(2)
    world.vehicles.plates[("02", PLATE)] = vin(1)
    assert load(world, row(3, hphm=PLATE)).counts["issued"] == 1
    # The load that was interrupted, once more.
    assert reasons(load(world, row(1), hours=hours)) == ([ends] if ends else [])
    bearer = 3 if ends else 1
    assert world.vehicles.plates[("02", PLATE)] == vin(bearer)
    assert len(world.active(vin(bearer))) == 1
    assert not world.active(vin(4 - bearer))


def test_a_new_plate_for_which_nothing_may_be_issued_ends_the_certificate_of_the_old_one() -> None:
    world = begun()
    assert reasons(load(world, row(1, hphm="黑A77777", zt="K"))) == [("refused", "state-blocked")]
    assert lives(world) == [[("revoked", PLATE_CHANGED)]]


def test_a_plate_and_a_class_of_different_reports_that_do_not_go_together() -> None:
    world = begun()
    world.happen(event("e-1", "vehicle.changed", 20, vin(1), plate_class="52"))
    assert reasons(load(world, row(1))) == [("refused", "record-inconsistent")]
