"""Registry events: channels 1, 3 and 6, what ends a certificate, and what is refused."""

from __future__ import annotations

import dataclasses
from datetime import date

from jianbiao.domain.insurance import insurance_of
from jianbiao.records import Hold
from jianbiao.services.registry import EventState
from tests.services.ledgers import file, row, run, vin
from tests.support.registry import BEGIN, CLIENT, HOUR, RegistryWorld, event, inspected, registered
from tests.support.world import CAR

OTHER = dataclasses.replace(CAR, vin="1M8GDM9AXKP042788", owner_ref="p-9")


def status(world: RegistryWorld, id_: str) -> str:
    return world.certificates.by_id[id_].status


def test_channel_1_a_registration_issues_at_once() -> None:
    world = RegistryWorld()
    (outcome,) = world.happen(registered("e-1"))
    (active,) = world.active()
    assert (outcome.state, outcome.certificate_id) == (EventState.APPLIED, active.certificate_id)
    assert active.valid_until == CAR.valid_until
    cause = active.issuance.cause
    assert (cause.channel, cause.trigger, cause.actor) == (1, "event:e-1", CLIENT)
    assert world.vehicle() == CAR
    assert world.vehicles.plates == {("02", CAR.plate): CAR.vin}


def test_channel_1_a_change_of_plate_supersedes_and_keeps_the_end_of_validity() -> None:
    world = RegistryWorld()
    (first,) = world.happen(registered("e-1"))
    (second,) = world.happen(event("e-2", "vehicle.changed", 1, plate="黑A99999"))
    (active,) = world.active()
    assert active.certificate_id == second.certificate_id
    assert (active.claims.plate, active.valid_until) == ("黑A99999", CAR.valid_until)
    assert status(world, first.certificate_id) == "superseded"
    assert world.vehicles.plates == {("02", "黑A99999"): CAR.vin}


def test_channel_1_a_transfer_ends_what_the_former_owner_opened() -> None:
    world = RegistryWorld()
    world.happen(registered("e-1"))
    world.open_bindings.keys, world.open_papers.keys, world.open_shares.keys = ["b"], ["p"], ["s"]
    (outcome,) = world.happen(event("e-2", "vehicle.transferred", 1, owner_ref="p-2"))
    assert world.vehicle().owner_ref == "p-2"
    assert [ending.kind for ending in world.vehicles.ended] == ["binding", "paper", "share"]
    assert world.vehicles.ended[2].key == (outcome.certificate_id, "s")
    # The plate has stayed: so has the certificate.
    assert [c.certificate_id for c in world.active()] == [outcome.certificate_id]


def test_a_late_transfer_to_a_former_owner_ends_nothing() -> None:
    world = RegistryWorld()
    world.happen(registered("e-1"), event("e-3", "vehicle.transferred", 3, owner_ref="p-3"))
    world.vehicles.ended.clear()
    world.open_shares.keys = ["s"]
    world.happen(event("e-2", "vehicle.transferred", 2, owner_ref="p-2"))
    assert world.vehicle().owner_ref == "p-3"
    assert not world.vehicles.ended


def test_channel_3_an_inspection_issues_by_our_rules() -> None:
    world = RegistryWorld(today=date(2027, 3, 20))
    # Registered in 2023-03, valid through 2027-03: four years of age.
    (first,) = world.happen(registered("e-1"))
    (second,) = world.happen(inspected("e-2", 1, "2026-10-01"))
    assert second.certificate_id == first.certificate_id  # too early to change anything
    third = inspected("e-3", 0, "2027-03-10") | {"occurred_at": "2027-03-10T10:00:00+08:00"}
    (outcome,) = world.happen(third)
    (active,) = world.active()
    assert active.certificate_id == outcome.certificate_id
    assert active.valid_until == date(2029, 3, 31)
    assert active.issuance.cause.channel == 3
    assert world.vehicle().last_inspected_on == date(2027, 3, 10)


def test_channel_3_the_station_may_say_until_when() -> None:
    world = RegistryWorld()
    world.happen(registered("e-1"), inspected("e-2", 1, valid_until="2029-03-31"))
    (active,) = world.active()
    assert active.valid_until == date(2029, 3, 31)


def test_channel_6_an_inspection_elsewhere_waits_for_the_owner() -> None:
    world = RegistryWorld()
    (first,) = world.happen(registered("e-1"))
    (away,) = world.happen(inspected("e-2", 1, division="110000", valid_until="2029-03-31"))
    assert (away.state, away.certificate_id) == (EventState.APPLIED, None)
    assert [c.certificate_id for c in world.active()] == [first.certificate_id]
    known = world.vehicles.records[CAR.vin].registered
    assert known.elsewhere
    assert known.vehicle.valid_until == date(2029, 3, 31)
    # Another event issues, and keeps the period that was had here.
    world.happen(event("e-3", "vehicle.changed", 2, plate="黑A99999"))
    (changed,) = world.active()
    assert (changed.claims.plate, changed.valid_until) == ("黑A99999", CAR.valid_until)
    assert world.apply() is None
    (own,) = world.active()
    assert own.valid_until == date(2029, 3, 31)
    # Now that the owner has it, a change of plate keeps it.
    world.happen(event("e-4", "vehicle.changed", 3, plate="黑A88888"))
    (moved,) = world.active()
    assert (moved.claims.plate, moved.valid_until) == ("黑A88888", date(2029, 3, 31))


def test_a_deregistration_revokes_without_a_hold() -> None:
    world = RegistryWorld()
    (first,) = world.happen(registered("e-1"))
    (outcome,) = world.happen(event("e-2", "vehicle.deregistered", 1))
    assert outcome.state is EventState.APPLIED
    certificate = world.certificates.by_id[first.certificate_id]
    assert (certificate.status, certificate.life[-1].why) == ("revoked", "deregistered")
    assert world.vehicles.records[CAR.vin].hold is None
    assert world.apply() == "state-blocked"


def test_terminal_states_revoke_by_their_cause() -> None:
    for letter, cause in (
        ("B", "transferred-out"),
        ("M", "scrapped"),
        ("P", "scrapped"),
        ("E", "deregistered"),
    ):
        world = RegistryWorld()
        (first,) = world.happen(registered("e-1"))
        world.happen(event("e-2", "vehicle.state_changed", 1, state=f"G{letter}"))
        assert world.certificates.by_id[first.certificate_id].life[-1].why == cause


def test_a_terminal_state_that_was_a_mistake_reinstates_nothing_by_itself() -> None:
    world = RegistryWorld()
    world.happen(registered("e-1"), event("e-2", "vehicle.deregistered", 1))
    world.happen(event("e-3", "vehicle.state_changed", 2, state="A"))
    assert not world.active()
    assert world.apply() is None
    assert len(world.active()) == 1


def test_a_deregistration_that_is_heard_of_after_its_correction_revokes_all_the_same() -> None:
    world = RegistryWorld()
    (first,) = world.happen(registered("e-1"))
    world.happen(event("e-3", "vehicle.state_changed", 2, state="A"))
    world.happen(event("e-2", "vehicle.deregistered", 1))
    assert world.vehicle().state == "A"
    assert status(world, first.certificate_id) == "revoked"


def test_a_certificate_that_was_issued_knowing_the_correction_stays() -> None:
    world = RegistryWorld()
    world.add(state="K")
    world.happen(event("e-3", "vehicle.state_changed", 2, state="A"))
    assert world.apply() is None
    world.happen(event("e-2", "vehicle.deregistered", 1))
    assert len(world.active()) == 1


def test_a_blocking_state_refuses_and_its_end_issues() -> None:
    world = RegistryWorld()
    world.happen(registered("e-1"), event("e-2", "vehicle.state_changed", 1, state="K"))
    (refused,) = world.happen(inspected("e-3", 2, valid_until="2029-03-31"))
    assert (refused.state, refused.reason) == (EventState.REFUSED, "state-blocked")
    world.happen(event("e-4", "vehicle.state_changed", 3, state="A"))
    (active,) = world.active()
    assert active.valid_until == date(2029, 3, 31)
    assert active.issuance.cause.channel == 3


def test_a_hold_is_met_by_an_event() -> None:
    world = RegistryWorld()
    world.happen(registered("e-1"))
    record = world.vehicles.records[CAR.vin]
    world.vehicles.records[CAR.vin] = dataclasses.replace(record, hold=Hold(1, "op", "fraud"))
    (outcome,) = world.happen(inspected("e-2", 1, valid_until="2029-03-31"))
    assert (outcome.state, outcome.reason) == (EventState.REFUSED, "hold")
    assert world.vehicle().valid_until == date(2029, 3, 31)
    assert world.vehicles.records[CAR.vin].hold


def test_a_plate_of_another_division_withdraws_the_certificate_for_the_old_one() -> None:
    world = RegistryWorld()
    (first,) = world.happen(registered("e-1"))
    (outcome,) = world.happen(
        event("e-2", "vehicle.transferred", 1, owner_ref="p-2", plate="京A12345", division="110000")
    )
    assert (outcome.state, outcome.reason) == (EventState.REFUSED, "plate-division")
    certificate = world.certificates.by_id[first.certificate_id]
    assert (certificate.status, certificate.life[-1].why) == ("revoked", "plate-changed")


def test_a_plate_that_does_not_fit_its_class_is_refused_when_the_two_meet() -> None:
    world = RegistryWorld()
    world.happen(registered("e-1"))
    (outcome,) = world.happen(event("e-2", "vehicle.changed", 1, plate="黑AD12345"))
    assert (outcome.state, outcome.reason) == (EventState.REFUSED, "record-inconsistent")
    (later,) = world.happen(event("e-3", "vehicle.changed", 2, plate_class="52"))
    assert later.state is EventState.APPLIED
    (active,) = world.active()
    assert (active.claims.plate_class, active.claims.plate) == ("52", "黑AD12345")


def test_events_of_an_unknown_vehicle_wait_for_its_registration() -> None:
    world = RegistryWorld()
    (waits,) = world.happen(inspected("e-2", 1, valid_until="2029-03-31"))
    assert (waits.state, waits.reason) == (EventState.REFUSED, "vehicle-unknown")
    assert world.apply() is not None
    (outcome,) = world.happen(registered("e-1"))
    (active,) = world.active()
    assert active.valid_until == date(2029, 3, 31)
    assert world.events.by_id["e-2"].outcome == outcome
    assert outcome.certificate_id == active.certificate_id


def test_a_plate_goes_to_the_vehicle_that_was_given_it_last() -> None:
    world = RegistryWorld()
    (first,) = world.happen(registered("e-1"))
    (second,) = world.happen(registered("e-2", 1, OTHER))
    assert world.vehicles.plates == {("02", CAR.plate): OTHER.vin}
    assert world.vehicle().plate == ""
    assert world.certificates.by_id[first.certificate_id].life[-1].why == "plate-of-another-vehicle"
    assert [c.certificate_id for c in world.active(OTHER.vin)] == [second.certificate_id]
    # The late news that the first one had another plate by then.
    (moved,) = world.happen(event("e-3", "vehicle.changed", 1, plate="黑A99999"))
    assert [c.certificate_id for c in world.active()] == [moved.certificate_id]


def test_an_older_claim_to_a_plate_is_refused() -> None:
    world = RegistryWorld()
    world.happen(registered("e-2", 1, OTHER))
    (outcome,) = world.happen(registered("e-1"))
    assert (outcome.state, outcome.reason) == (EventState.REFUSED, "plate-of-another-vehicle")
    assert world.vehicles.plates == {("02", CAR.plate): OTHER.vin}
    assert not world.active()
    assert len(world.active(OTHER.vin)) == 1


def test_events_of_an_unknown_vehicle_also_wait_for_the_ledger() -> None:
    world = RegistryWorld()
    # The car of row 1 was passed in the due month, by our rules; the ledger is older and does not know it.
    vin_ = vin(1)
    world.happen(inspected("e-1", 1, "2026-10-01", vin=vin_))
    result = run(
        world, row(1, hdzk="5", yxqz="2026-10-31", ccdjrq="2022-10-15"), ledger=file("f", BEGIN - HOUR)
    )
    assert result.counts["issued"] == 1
    (active,) = world.active(vin_)
    assert active.valid_until == date(2028, 10, 31)
    assert world.vehicles.plates[("02", active.claims.plate)] == vin_


def test_insurance_and_tax_are_kept_for_a_claim() -> None:
    world = RegistryWorld()
    policy = {"plate": CAR.plate, "vin": CAR.vin, "from": "2026-05-01", "to": "2027-04-30"}
    older = {**policy, "from": "2025-05-01", "to": "2026-04-30"}
    world.happen(
        registered("e-1"),
        event("e-3", "insurance.updated", 3) | {"policy": policy, "tax": {"paid_until": "2026-12-31"}},
        event("e-2", "insurance.updated", 2) | {"policy": older},
    )
    insurance, tax = insurance_of(world.vehicles.records[CAR.vin].registered)
    assert insurance
    assert (insurance.plate, insurance.from_day, insurance.to_day) == (
        CAR.plate,
        date(2026, 5, 1),
        date(2027, 4, 30),
    )
    assert tax == date(2026, 12, 31)
