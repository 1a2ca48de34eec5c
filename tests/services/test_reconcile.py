"""The issue guard: silent on what the product does, loud on what it cannot have done."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest

from jianbiao.domain.eligibility import Entitlement
from jianbiao.errors import Unavailable
from jianbiao.records import Cause, Certificate, Issuance
from jianbiao.services.leftovers import GRACE
from jianbiao.services.reconcile import WITHOUT_CAUSE, WITHOUT_CERTIFICATE
from jianbiao.wire.keys import kid_of
from tests.services.ledgers import row, run, vin
from tests.support.memory import Faults, spki
from tests.support.memory_books import MemoryBooks
from tests.support.world import CAR, KEYS, OWNER, World

DAY = 86_400


def books() -> MemoryBooks:
    """A world in which each kind of cause has made a certificate."""
    world = World()
    run(world, row(1) + b"\n" + row(2))
    record = world.add(CAR, valid_until=date(2027, 3, 31))
    world.desk.current(OWNER, world.policies.current(), "02", CAR.plate, "a-1")
    record = world.vehicles.records[vin(1)]
    later = Entitlement(date(2028, 3, 31), "SP2022", 1, transition=False)
    world.issuer.issue(record, lambda _: later, Cause(3, "event:e-1", "registry"))
    return MemoryBooks(world, events={"e-1": vin(1)})


def found(kept: MemoryBooks) -> list[tuple[str, str, str]]:
    look = kept.guard.look()
    assert look.complete
    return [(finding.alarm, finding.certificate_id, finding.why) for finding in look.findings]


def any_certificate(kept: MemoryBooks, trigger: str = "") -> Certificate:
    return next(
        c
        for c in kept.world.certificates.by_id.values()
        if c.issuance.cause.trigger.startswith(trigger) and c.status == "active"
    )


def replaced(kept: MemoryBooks, before: Certificate, issuance: Issuance, *, both: bool = True) -> None:
    """Put another issuance in the place of a certificate's own; with `both`, the record agrees."""
    kept.world.certificates.by_id[before.certificate_id] = dataclasses.replace(before, issuance=issuance)
    if both:
        kept.world.issuances.by_id[before.certificate_id] = issuance


def caused(certificate: Certificate, trigger: str, channel: int = 4) -> Issuance:
    return dataclasses.replace(certificate.issuance, cause=Cause(channel, trigger, "x"))


def test_what_the_product_does_is_in_order() -> None:
    kept = books()
    assert found(kept) == []
    assert kept.guard.look().seen == {"certificates": 4, "issuances": 4}


@pytest.mark.parametrize("trigger", ["", "event:none"])
def test_a_voided_issuance_is_in_order_whatever_its_cause(trigger: str) -> None:
    kept = books()
    certificate = any_certificate(kept)
    void = dataclasses.replace(certificate, data=b"", life=certificate.life[:1])
    issuance = caused(void, trigger) if trigger else void.issuance
    replaced(kept, void, issuance)
    assert found(kept) == []


def test_a_signature_without_a_certificate_is_found_once_it_is_old() -> None:
    kept = books()
    lost = any_certificate(kept)
    del kept.world.certificates.by_id[lost.certificate_id]
    kept.world.later = GRACE - 1
    assert found(kept) == []
    kept.world.later = GRACE
    assert found(kept) == [(WITHOUT_CERTIFICATE, lost.certificate_id, "its-vehicle-waits-for-it")]


@pytest.mark.parametrize("at", range(1, 12))
@pytest.mark.parametrize("after", [False, True])
def test_a_crash_at_any_call_is_in_order_once_it_was_finished(at: int, after: bool) -> None:
    world = World(faults=Faults())
    world.add()
    world.faults.at, world.faults.after = at, after
    for _ in range(2):
        try:
            world.desk.current(OWNER, world.policies.current(), "02", CAR.plate, "a-1")
        except Unavailable:
            world.faults.at = 0
    world.later = 10 * GRACE
    assert len(world.active(CAR.vin)) == 1
    assert found(MemoryBooks(world)) == []


def test_a_certificate_without_an_issuance_record() -> None:
    kept = books()
    planted = any_certificate(kept)
    del kept.world.issuances.by_id[planted.certificate_id]
    assert found(kept) == [(WITHOUT_CERTIFICATE, planted.certificate_id, "no-issuance-record")]


@pytest.mark.parametrize(
    "change",
    [
        {"vin": "LSJA24U62JG269226"},
        {"rule_id": "other"},
        {"supersedes": "0" * 26},
        {"kid": bytes(8)},
        {"claims": "plate"},
        {"claims": "exp"},
    ],
)
def test_a_certificate_that_says_another_thing_than_its_record(change: dict[str, object]) -> None:
    kept = books()
    certificate = any_certificate(kept)
    if change.get("claims") == "plate":
        change = {"claims": dataclasses.replace(certificate.claims, plate="黑A99999")}
    elif change.get("claims") == "exp":
        change = {"claims": dataclasses.replace(certificate.claims, exp=certificate.claims.exp + 1)}
    replaced(kept, certificate, dataclasses.replace(certificate.issuance, **change), both=False)  # type: ignore[arg-type]
    assert found(kept) == [(WITHOUT_CERTIFICATE, certificate.certificate_id, "differs-from-issuance-record")]


def test_bytes_that_say_another_thing_although_the_records_agree() -> None:
    kept = books()
    one, other = any_certificate(kept, "ledger:"), any_certificate(kept, "application:")
    kept.world.certificates.by_id[one.certificate_id] = dataclasses.replace(one, data=other.data)
    assert found(kept) == [(WITHOUT_CERTIFICATE, one.certificate_id, "differs-from-issuance-record")]


def test_bytes_that_do_not_verify() -> None:
    kept = books()
    one = any_certificate(kept)
    kept.world.certificates.by_id[one.certificate_id] = dataclasses.replace(
        one, data=one.data[:-1] + bytes((one.data[-1] ^ 1,))
    )
    assert found(kept) == [(WITHOUT_CERTIFICATE, one.certificate_id, "does-not-verify-bad-signature")]


def test_after_a_compromise_the_certificates_of_the_key_are_in_order() -> None:
    kept = books()
    kept.world.keys.revoked[kid_of(spki(KEYS[0]))] = kept.world.clock()
    assert found(kept) == []


def test_an_item_that_is_none_of_ours() -> None:
    kept = books()
    kept.unreadable.append("9" * 26)
    assert found(kept) == [(WITHOUT_CERTIFICATE, "9" * 26, "certificate-unreadable")]


@pytest.mark.parametrize(
    ("trigger", "channel", "why"),
    [
        ("event:e-2", 3, "no-such-event-of-the-vehicle"),
        ("ledger:third:0", 4, "no-such-ledger-row"),
        ("ledger:second:1000", 4, "no-such-ledger-row"),
        ("ledger:second:x", 4, "no-such-ledger-row"),
        ("ledger:second", 4, "no-such-ledger-row"),
        ("application:a-9", 2, "no-such-granted-claim"),
        ("by-hand", 4, "unknown-kind-of-cause"),
        ("", 4, "unknown-kind-of-cause"),
    ],
)
def test_a_certificate_without_a_cause(trigger: str, channel: int, why: str) -> None:
    kept = books()
    planted = any_certificate(kept, "ledger:")
    replaced(kept, planted, caused(planted, trigger, channel))
    assert found(kept) == [(WITHOUT_CAUSE, planted.certificate_id, why)]


def test_an_event_of_another_vehicle_is_no_cause() -> None:
    kept = books()
    kept.events["e-1"] = vin(2)
    (finding,) = found(kept)
    assert finding[0::2] == (WITHOUT_CAUSE, "no-such-event-of-the-vehicle")


def test_an_application_for_a_vehicle_that_nobody_has_registered_is_no_cause() -> None:
    kept = books()
    del kept.world.vehicles.records[CAR.vin]
    (finding,) = found(kept)
    assert finding[0::2] == (WITHOUT_CAUSE, "vehicle-not-registered")


@pytest.mark.parametrize(
    ("kind", "trigger", "channel"),
    [
        ("registry_events", "event:gone", 3),
        ("backfill_results", "ledger:gone:0", 4),
        ("decisions", "application:gone", 2),
    ],
)
def test_a_cause_whose_retention_is_over_is_not_missed(kind: str, trigger: str, channel: int) -> None:
    kept = books()
    planted = any_certificate(kept, "ledger:")
    replaced(kept, planted, caused(planted, trigger, channel))
    kept.world.later = kept.world.policies.current().keep(kind) - 1
    assert [finding[1] for finding in found(kept)] == [planted.certificate_id]
    kept.world.later += 1
    assert found(kept) == []


def test_all_segments_together_see_everything_once() -> None:
    kept = books()
    lost = any_certificate(kept)
    del kept.world.certificates.by_id[lost.certificate_id]
    kept.world.later = GRACE
    looks = [kept.guard.look(segment, 3) for segment in range(3)]
    assert sum((look.seen for look in looks), start=type(looks[0].seen)()) == {
        "certificates": 3,
        "issuances": 4,
    }
    assert [finding.certificate_id for look in looks for finding in look.findings] == [lost.certificate_id]


def test_a_look_that_runs_out_of_time_says_so() -> None:
    kept = books()
    for pages in range(10):
        left = iter([False] * pages + [True] * 20)
        look = kept.guard.look(out_of_time=lambda left=left: next(left))  # type: ignore[misc]
        assert look.complete == (pages >= 9)
