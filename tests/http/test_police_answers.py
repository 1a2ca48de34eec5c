"""What police see and nobody else does: states with alerts, how old they are, the end of the VIN, the note."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest

from jianbiao.domain.policy import default_policy
from jianbiao.domain.register import first_report
from jianbiao.domain.reports import Registered
from jianbiao.domain.times import rfc3339, start_of_day
from jianbiao.domain.vehicle import Vehicle
from jianbiao.http.answers import peer_finding, plate_sight, police_finding
from jianbiao.services.police import Sight
from jianbiao.services.verify import Finding
from jianbiao.wire.reasons import ForgedReason, Verdict
from tests.support.local_key import CLAIMS
from tests.support.peer_fields import FACE, PEER
from tests.support.world import CAR

POLICY = default_policy()
NOW = start_of_day(date(2020, 6, 1)) + 36_000
VALID = Finding(Verdict.VALID, None, CLAIMS, None, "store", NOW, NOW)
FORGED = Finding(Verdict.FORGED, ForgedReason.BAD_SIGNATURE, None, None, "none", None, NOW)
POLICE = PEER | {"vehicle", "inspection", "enforcement_note"}
VEHICLE = {"state", "alerts", "vehicle_type", "use", "colour", "vin_tail", "seats", "state_as_of"}
WANTED = set("BCEHJKLMNOP")
"""Letters that are an alert: all that stop a new certificate, stolen and seized among them."""


def registered(**changes: object) -> Registered:
    vehicle: Vehicle = dataclasses.replace(CAR, **changes)
    return first_report(vehicle, (NOW - 90, "r"))


def test_the_fields_are_those_of_the_contract() -> None:
    assert set(peer_finding(VALID, POLICY)) == PEER
    found = police_finding(VALID, registered(), POLICY)
    assert set(found) == POLICE
    assert set(found["vehicle"]) == VEHICLE
    assert set(plate_sight(Sight(registered(), None), POLICY, NOW)) == POLICE
    assert set(plate_sight(Sight(None, None), POLICY, NOW)) == POLICE


@pytest.mark.parametrize("letter", "ABCDEGHIJKLMNOPQZ")
def test_wanted_states_are_alerts(letter: str) -> None:
    shown = police_finding(VALID, registered(state=letter), POLICY)["vehicle"]
    assert [state["code"] for state in shown["state"]] == [letter]
    assert [alert["code"] for alert in shown["alerts"]] == ([letter] if letter in WANTED else [])
    assert all(alert["zh"] and alert["en"] for alert in shown["alerts"])


def test_of_several_letters_each_wanted_one_is_an_alert() -> None:
    shown = police_finding(VALID, registered(state="GJQC"), POLICY)["vehicle"]
    assert [state["code"] for state in shown["state"]] == list("GJQC")
    assert [alert["code"] for alert in shown["alerts"]] == list("JC")


def test_the_state_says_how_old_it_is_and_the_vin_is_not_shown() -> None:
    found = police_finding(VALID, registered(), POLICY)
    shown = found["vehicle"]
    assert shown["state_as_of"] == rfc3339(NOW - 90)
    assert shown["vin_tail"] == CAR.vin[-4:]
    assert shown["seats"] == 5
    assert (shown["use"]["code"], shown["colour"]["code"], shown["vehicle_type"]["code"]) == ("A", "A", "K33")
    assert CAR.vin not in str(found)
    assert CAR.owner_ref not in str(found)


@pytest.mark.parametrize(
    ("until", "expected"),
    [(date(2020, 5, 31), "expired"), (date(2020, 6, 30), "in_period"), (date(2020, 6, 1), "in_period")],
)
def test_the_inspection_is_the_register_s_where_it_says_one(until: date, expected: str) -> None:
    assert police_finding(VALID, registered(valid_until=until), POLICY)["inspection"] == expected


def test_without_a_vehicle_the_certificate_s_date_counts_and_a_forged_one_has_none() -> None:
    assert police_finding(VALID, None, POLICY)["inspection"] == "in_period"
    late = dataclasses.replace(VALID, checked_at=CLAIMS.exp)
    assert police_finding(late, None, POLICY)["inspection"] == "expired"
    forged = police_finding(FORGED, None, POLICY)
    assert (forged["reason"], forged["certificate"], forged["inspection"]) == ("bad-signature", None, None)


def test_every_answer_has_the_note_on_enforcement() -> None:
    answers = [
        police_finding(VALID, registered(), POLICY),
        police_finding(FORGED, None, POLICY),
        plate_sight(Sight(None, None), POLICY, NOW),
        plate_sight(Sight(registered(), None), POLICY, NOW),
        plate_sight(Sight(registered(), VALID), POLICY, NOW),
    ]
    for answer in answers:
        assert answer["enforcement_note"]["zh"]
        assert answer["enforcement_note"]["en"]


def test_a_vehicle_in_period_without_a_certificate_has_no_verdict() -> None:
    sight = plate_sight(Sight(registered(), None), POLICY, NOW)
    assert (sight["verdict"], sight["certificate"], sight["inspection"]) == (None, None, "in_period")
    unknown = plate_sight(Sight(None, None), POLICY, NOW)
    assert (unknown["vehicle"], unknown["inspection"]) == (None, None)


def test_peers_see_the_certificate_s_face_and_no_more() -> None:
    face = peer_finding(VALID, POLICY)["certificate"]
    assert set(face) == FACE
