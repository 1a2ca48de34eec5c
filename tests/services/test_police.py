"""Scans judged twice, vehicles by plate, and the state from the list where the store does not answer."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import pytest

from jianbiao.domain.certificate import State
from jianbiao.domain.eligibility import entitle_current
from jianbiao.domain.register import merge
from jianbiao.errors import NotACode, Unavailable
from jianbiao.records import Cause, Certificate
from jianbiao.services.admin import AdminDesk
from jianbiao.services.police import PoliceDesk
from jianbiao.services.verify import Verifier
from jianbiao.wire.code_text import code_text
from tests.support.world import CAR, TODAY, World

BASE = "https://jb.example"


@dataclass
class Lists:
    """One answer for every index."""

    answer: tuple[int, int] | None

    def status(self, uri: str, idx: int, now: int) -> tuple[int, int] | None:
        return self.answer


def verifier(world: World, answer: tuple[int, int] | None = None) -> Verifier:
    return Verifier(world.keys, world.certificates, world.clock, Lists(answer), ALARMS.append)


ALARMS: list[str] = []


def desk(world: World) -> PoliceDesk:
    return PoliceDesk(verifier(world), world.vehicles, world.certificates, world.issuances)


def issue(world: World) -> Certificate:
    return world.issuer.issue(
        world.vehicles.records[CAR.vin],
        lambda r: entitle_current(
            world.policies.policy, r.registered.vehicle, person=None, held=r.hold is not None, on=TODAY
        ),
        Cause(4, "application:r", "p-1"),
    ).certificate


def issued(world: World) -> tuple[Certificate, str]:
    world.add()
    certificate = issue(world)
    return certificate, code_text(BASE, certificate.data)


def suspend(world: World, certificate: Certificate) -> None:
    admin = AdminDesk(world.vehicles, world.certificates, world.issuances, world.clock)
    admin.stop(certificate.certificate_id, State.SUSPENDED, reason="r", actor="op")


def test_scans_are_judged_as_of_then_and_as_of_now_in_order() -> None:
    world = World()
    certificate, code = issued(world)
    issued_at = world.clock()
    world.later = 3_600
    suspend(world, certificate)
    world.later = 7_200
    flipped = code[:-30] + ("A" if code[-30] != "A" else "B") + code[-29:]
    scans = verifier(world).verify_scans(
        [
            (code, issued_at + 3_599),
            ("no code", issued_at),
            (code, issued_at + 3_600),
            (flipped, issued_at),
            (code, issued_at - 301),
            (code, issued_at - 300),
            (code, certificate.claims.exp - 1),
            (code, certificate.claims.exp),
        ]
    )
    shown = [scan and (str(scan.then.verdict), str(scan.now.verdict)) for scan in scans]
    assert shown == [
        ("valid", "suspended"),
        None,
        ("suspended", "suspended"),
        ("forged", "forged"),
        ("not_yet_valid", "suspended"),
        ("valid", "suspended"),
        ("suspended", "suspended"),
        ("expired", "suspended"),
    ]
    assert scans[0]
    assert scans[0].then.status_as_of == issued_at + 3_599
    assert scans[0].now.status_as_of == world.clock()


def test_a_reinstated_certificate_was_suspended_at_the_time() -> None:
    world = World()
    certificate, code = issued(world)
    at = world.clock()
    world.later = 100
    suspend(world, certificate)
    world.later = 200
    AdminDesk(world.vehicles, world.certificates, world.issuances, world.clock).reinstate(
        certificate.certificate_id, reason="r", actor="op"
    )
    (scan,) = verifier(world).verify_scans([(code, at + 150)])
    assert scan
    assert (str(scan.then.verdict), str(scan.now.verdict)) == ("suspended", "valid")


def test_a_batch_agrees_with_single_calls() -> None:
    world = World()
    certificate, code = issued(world)
    single = verifier(world).verify(code)
    (scan,) = verifier(world).verify_scans([(code, world.clock())])
    assert scan
    assert scan.now == single
    suspend(world, certificate)
    assert verifier(world).verify_stored(certificate.data) == verifier(world).verify(code)


def test_what_was_never_issued_is_forged_and_raises_an_alarm() -> None:
    world = World()
    _, code = issued(world)
    world.certificates.by_id.clear()
    ALARMS.clear()
    (scan,) = verifier(world).verify_scans([(code, world.clock())])
    assert scan
    assert (scan.now.verdict, scan.now.reason) == ("forged", "not-issued")
    assert ALARMS
    with pytest.raises(NotACode):
        verifier(world).verify("")


@pytest.mark.parametrize(
    ("listed", "verdict", "checked"),
    [
        (0, "valid", "list"),
        (1, "revoked", "list"),
        (2, "suspended", "list"),
        (3, "superseded", "list"),
        (None, "valid", "none"),
        (9, "valid", "none"),
    ],
)
def test_while_the_store_is_down_the_list_answers_and_says_so(
    listed: int | None, verdict: str, checked: str
) -> None:
    world = World()
    _, code = issued(world)
    world.certificates.down = True
    as_of = world.clock() - 50
    answer = None if listed is None else (listed, as_of)
    finding = verifier(world, answer).verify(code)
    assert (finding.verdict, finding.status_checked) == (verdict, checked)
    assert finding.status_as_of == (as_of if checked == "list" else None)
    world.certificates.get_many = _fails  # type: ignore[method-assign]
    (scan,) = verifier(world, answer).verify_scans([(code, world.clock())])
    assert scan
    assert scan.now == finding


def _fails(_ids: object) -> dict[str, Certificate]:
    raise Unavailable("certificates")


def test_a_vehicle_is_found_by_its_plate() -> None:
    world = World()
    certificate, _ = issued(world)
    sight = desk(world).look_up("02", CAR.plate)
    assert sight.registered == world.vehicles.records[CAR.vin].registered
    assert sight.finding
    assert (sight.finding.verdict, sight.finding.certificate) == ("valid", certificate)


@pytest.mark.parametrize("plate", [("02", "黑A99999"), ("01", CAR.plate)])
def test_unknown_plates_show_nothing(plate: tuple[str, str]) -> None:
    world = World()
    issued(world)
    sight = desk(world).look_up(*plate)
    assert (sight.registered, sight.finding) == (None, None)


def test_a_pointer_left_over_from_a_plate_that_has_moved_is_not_followed() -> None:
    world = World()
    issued(world)
    world.vehicles.plates["02", "黑A99999"] = CAR.vin
    assert desk(world).look_up("02", "黑A99999").registered is None


def test_a_vehicle_without_a_certificate_has_no_verdict() -> None:
    world = World()
    world.add()
    sight = desk(world).look_up("02", CAR.plate)
    assert sight.registered
    assert sight.finding is None


def test_a_newer_certificate_that_is_not_signed_yet_leaves_the_older_one_in_force() -> None:
    world = World()
    certificate, _ = issued(world)
    record = world.vehicles.records[CAR.vin]
    later = dataclasses.replace(CAR).valid_until
    assert later
    world.vehicles.update(
        record, merge(record.registered, {"valid_until": later.replace(year=2029)}, (2, ""))
    )
    world.signer.down = True
    with pytest.raises(Unavailable):
        issue(world)
    sight = desk(world).look_up("02", CAR.plate)
    assert sight.finding
    assert sight.finding.certificate == certificate
    suspend(world, certificate)  # voids the unsigned one
    sight = desk(world).look_up("02", CAR.plate)
    assert sight.finding
    assert sight.finding.verdict == "suspended"


def test_a_verdict_does_not_wait_for_the_vehicle() -> None:
    world = World()
    _, code = issued(world)
    world.vehicles.get_many = _fails  # type: ignore[method-assign, assignment]
    finding = verifier(world).verify(code)
    assert desk(world).vehicles_of([finding]) == {}
