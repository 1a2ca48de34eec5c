"""Reasons of refusal: each of them, their order, which apply to whom, and the matrix of divisions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from jianbiao.domain.certificate import CertificateFacts
from jianbiao.domain.eligibility import (
    Entitlement,
    Insurance,
    Person,
    check_app,
    check_reading,
    entitle_claim,
    entitle_current,
    facts,
    what_can_be_done,
)
from jianbiao.domain.policy import default_policy
from jianbiao.domain.reasons import Reason
from jianbiao.domain.vehicle import Vehicle
from jianbiao.errors import Refusal
from tests.domain.samples import LAUNCH, insurance, person, vehicle

POLICY = default_policy()
HARBIN, QIQIHAR, BEIJING, SHENZHEN = "230100", "230200", "110000", "440300"


def current(car: Vehicle, who: Person | None = None, *, held: bool = False, on: date = LAUNCH) -> Entitlement:
    return entitle_current(POLICY, car, person=who, held=held, on=on)


def claim(
    car: Vehicle,
    who: Person | None = None,
    *,
    held: bool = False,
    policy: Insurance | None = None,
    tax: date | None = None,
    on: date = LAUNCH,
) -> Entitlement:
    return entitle_claim(
        POLICY, car, person=who or person(), held=held, insurance=policy, tax_paid_until=tax, on=on
    )


def refused(call: Callable[[], object]) -> tuple[str, dict[str, str]]:
    with pytest.raises(Refusal) as caught:
        call()
    assert caught.value.code == caught.value.reason
    return caught.value.reason, caught.value.extras


def test_the_reasons_are_the_seventeen_of_the_api_in_its_order() -> None:
    assert [str(reason) for reason in Reason] == [
        "app-too-old", "not-bound", "user-division", "plate-division", "division-not-enabled",
        "plate-class-not-eligible", "hold", "state-blocked", "unhandled-violation", "record-inconsistent",
        "inspection-expired", "onsite-inspection-due", "window-not-open", "insurance-missing",
        "insurance-expired", "insurance-mismatch", "tax-unpaid",
    ]  # fmt: skip


# What is entitled


def test_a_vehicle_in_its_period_is_entitled_to_it() -> None:
    expected = Entitlement(date(2020, 3, 31), "SP2014", POLICY.version, transition=False)
    assert current(vehicle()) == expected
    assert current(vehicle(), person()) == expected
    assert current(vehicle(), on=date(2020, 3, 31)) == expected


def test_a_claim_gives_the_next_period() -> None:
    assert claim(vehicle()) == Entitlement(date(2022, 3, 31), "SP2014", POLICY.version, transition=False)


def test_an_overdue_claim_is_allowed() -> None:
    assert claim(vehicle(), on=date(2020, 5, 4)).valid_until == date(2022, 3, 31)


def test_a_validity_from_an_older_rule_set_is_marked() -> None:
    car = vehicle(registered_on=date(2014, 2, 10), manufactured_on=None, valid_until=date(2021, 2, 28))
    entitled = current(car, on=date(2021, 2, 1))
    assert (entitled.rule_id, entitled.transition) == ("SP2020", True)
    claimed = claim(car, on=date(2021, 2, 1))
    assert (claimed.valid_until, claimed.rule_id, claimed.transition) == (date(2022, 2, 28), "SP2020", True)


# 1 · the app


@pytest.mark.parametrize("version", ["2.4.4", "2.4.4.0", "2.4.5", "2.5", "2.10.0", "3", "10.0.0"])
def test_new_enough_apps_pass(version: str) -> None:
    check_app(POLICY, person(app_version=version))


@pytest.mark.parametrize(
    "version",
    [None, "", "2.4.3", "2.4", "2", "1.99.99", "2.4.3.9", "2.4.4-beta", "v2.4.4", "2..4", "2.4.4.4.4",
     "２.４.４", "2.4.4\n", "9999999.0", "latest"],
)  # fmt: skip
def test_old_absent_and_garbled_versions_are_refused_with_the_one_to_update_to(version: str | None) -> None:
    assert refused(lambda: check_app(POLICY, person(app_version=version))) == (
        Reason.APP_TOO_OLD,
        {"minimum_version": "2.4.4"},
    )


@pytest.mark.parametrize("version", [None, "1.0", "nonsense"])
def test_a_portal_has_no_version(version: str | None) -> None:
    check_app(POLICY, person(client_id="portal", app_version=version))


# 3 to 5 · divisions: user, plate, day, refusal of a person, refusal without one

MATRIX: list[tuple[str, str, date, Reason | None, Reason | None]] = [
    (HARBIN, "黑A12345", LAUNCH, None, None),
    (HARBIN, "黑L12345", LAUNCH, None, None),
    (QIQIHAR, "黑A12345", LAUNCH, Reason.USER_DIVISION, None),
    (BEIJING, "黑A12345", LAUNCH, Reason.USER_DIVISION, None),
    (SHENZHEN, "黑L12345", LAUNCH, Reason.USER_DIVISION, None),
    (HARBIN, "黑B12345", LAUNCH, Reason.PLATE_DIVISION, Reason.PLATE_DIVISION),
    (HARBIN, "京A12345", LAUNCH, Reason.PLATE_DIVISION, Reason.PLATE_DIVISION),
    (HARBIN, "黑R12345", LAUNCH, Reason.PLATE_DIVISION, Reason.PLATE_DIVISION),
    (HARBIN, "粤B12345", LAUNCH, Reason.PLATE_DIVISION, Reason.PLATE_DIVISION),
    (SHENZHEN, "粤B12345", LAUNCH, Reason.PLATE_DIVISION, Reason.PLATE_DIVISION),
    (QIQIHAR, "京A12345", LAUNCH, Reason.PLATE_DIVISION, Reason.PLATE_DIVISION),
    (QIQIHAR, "黑B12345", LAUNCH, Reason.DIVISION_NOT_ENABLED, Reason.PLATE_DIVISION),
    (BEIJING, "京N12345", LAUNCH, Reason.DIVISION_NOT_ENABLED, Reason.PLATE_DIVISION),
    (HARBIN, "黑A12345", date(2020, 2, 29), Reason.DIVISION_NOT_ENABLED, Reason.PLATE_DIVISION),
    (QIQIHAR, "黑A12345", date(2020, 2, 29), Reason.PLATE_DIVISION, Reason.PLATE_DIVISION),
    ("", "使123456", LAUNCH, Reason.PLATE_DIVISION, Reason.PLATE_DIVISION),
]


@pytest.mark.parametrize(("user", "plate", "on", "of_person", "of_row"), MATRIX)
def test_divisions(user: str, plate: str, on: date, of_person: Reason | None, of_row: Reason | None) -> None:
    who = person(division=user)
    car = vehicle(plate=plate, division=POLICY.division_of_plate(plate) or user)
    if of_person is None:
        check_reading(POLICY, car, who, on)
        current(car, who, on=on)
        claim(car, who, on=on)
    else:
        assert refused(lambda: check_reading(POLICY, car, who, on)) == (of_person, {})
        assert refused(lambda: current(car, who, on=on)) == (of_person, {})
        assert refused(lambda: claim(car, who, on=on)) == (of_person, {})
    if of_row is None:
        current(car, None, on=on)
    else:
        assert refused(lambda: current(car, None, on=on)) == (of_row, {})


def test_reading_without_a_day_asks_only_whether_the_division_is_served() -> None:
    check_reading(POLICY, vehicle(), person())
    assert refused(lambda: check_reading(POLICY, vehicle(plate="黑B12345"), person(division=QIQIHAR))) == (
        Reason.DIVISION_NOT_ENABLED,
        {},
    )


# 6 to 11, for a person, a claim and a row alike

ELIGIBLE = {
    "01": ("黑A12345", "K11", "B"),
    "02": ("黑A12345", "K33", "A"),
    "07": ("黑A12345", "M21", "A"),
    "08": ("黑A12345", "M22", "A"),
    "13": ("黑A12345", "N11", "F"),
    "15": ("黑A1234挂", "B11", "F"),
    "16": ("黑A1234学", "K33", "N"),
    "17": ("黑A1234学", "M21", "N"),
    "23": ("黑A1234警", "K33", "H"),
    "24": ("黑A1234警", "M21", "H"),
    "26": ("黑A1234港", "K33", "A"),
    "27": ("黑A1234澳", "K33", "A"),
    "51": ("黑A12345D", "K11", "C"),
    "52": ("黑AD12345", "K33", "A"),
}


@pytest.mark.parametrize("plate_class", POLICY.codes("plate_classes"))
def test_plate_classes(plate_class: str) -> None:
    plate, vehicle_type, use = ELIGIBLE.get(plate_class, ("黑A12345", "K33", "A"))
    car = vehicle(plate_class=plate_class, plate=plate, vehicle_type=vehicle_type, use=use)
    if plate_class in ELIGIBLE:
        assert current(car).valid_until == date(2020, 3, 31)
    else:
        assert refused(lambda: current(car)) == (Reason.PLATE_CLASS_NOT_ELIGIBLE, {})
        assert refused(lambda: claim(car)) == (Reason.PLATE_CLASS_NOT_ELIGIBLE, {})


def test_a_held_vehicle_gets_nothing_by_any_way() -> None:
    assert refused(lambda: current(vehicle(), held=True)) == (Reason.HOLD, {})
    assert refused(lambda: current(vehicle(), person(), held=True)) == (Reason.HOLD, {})
    assert refused(lambda: claim(vehicle(), held=True)) == (Reason.HOLD, {})


BLOCKING = "BCEHJKLMNOP"


@pytest.mark.parametrize("letter", [*POLICY.codes("states"), "F", "X"])
def test_state_letters(letter: str) -> None:
    car = vehicle(state="A" + letter)
    if letter in BLOCKING + "FX":
        assert refused(lambda: current(car)) == (Reason.STATE_BLOCKED, {})
        assert refused(lambda: claim(car)) == (Reason.STATE_BLOCKED, {})
    else:
        assert current(car).valid_until == date(2020, 3, 31)
        if letter in "GI":
            assert refused(lambda: claim(car)) == (Reason.UNHANDLED_VIOLATION, {})
        else:
            assert claim(car).valid_until == date(2022, 3, 31)


INCONSISTENT: list[tuple[dict[str, Any], str]] = [
    ({"division": QIQIHAR}, "plate-and-division"),
    ({"division": ""}, "plate-and-division"),
    ({"vehicle_type": "M21"}, "class-and-type"),
    ({"vehicle_type": "H11", "use": "F"}, "class-and-type"),
    ({"plate_class": "07"}, "class-and-type"),
    ({"plate_class": "15"}, "class-and-type"),
    ({"plate_class": "01"}, "class-and-type"),
    ({"vehicle_type": "Y99"}, "class-and-type"),
    ({"use": "Y"}, "class-and-type"),
    ({"valid_until": None}, "valid-until"),
    ({"valid_until": date(2020, 3, 30)}, "valid-until"),
    ({"valid_until": date(2020, 4, 30)}, "valid-until"),
    ({"valid_until": date(2021, 3, 31)}, "valid-until"),
]


@pytest.mark.parametrize(("changes", "why"), INCONSISTENT)
def test_inconsistent_records(changes: dict[str, Any], why: str) -> None:
    for call in (current, claim):
        assert refused(lambda call=call: call(vehicle(**changes))) == (  # type: ignore[misc]
            Reason.RECORD_INCONSISTENT,
            {"why": why},
        )
    assert POLICY.has("inconsistencies", why)


def test_an_inspection_expires_the_day_after_the_month_end_without_grace() -> None:
    current(vehicle(), on=date(2020, 3, 31))
    for who in (None, person()):
        assert refused(lambda who=who: current(vehicle(), who, on=date(2020, 4, 1))) == (  # type: ignore[misc]
            Reason.INSPECTION_EXPIRED,
            {"expired_on": "2020-03-31"},
        )


# 12 to 17, claims


def test_on_site_with_why() -> None:
    car = vehicle(registered_on=date(2014, 3, 1), manufactured_on=None)
    assert refused(lambda: claim(car)) == (Reason.ONSITE_INSPECTION_DUE, {"why": "onsite-node"})
    assert refused(lambda: claim(vehicle(seats=7))) == (
        Reason.ONSITE_INSPECTION_DUE,
        {"why": "too-many-seats"},
    )
    assert refused(lambda: claim(vehicle(use="D"), on=LAUNCH)) == (
        Reason.ONSITE_INSPECTION_DUE,
        {"why": "class-not-exempt"},
    )


def test_the_window_opens_on_a_day() -> None:
    car = vehicle(valid_until=date(2022, 3, 31))
    assert refused(lambda: claim(car, on=date(2021, 12, 31), policy=insurance())) == (
        Reason.WINDOW_NOT_OPEN,
        {"opens_on": "2022-01-01"},
    )
    covered = insurance(to_day=date(2022, 6, 30))
    assert claim(car, on=date(2022, 1, 1), policy=covered).valid_until == date(2024, 3, 31)


INSURED: list[tuple[date | None, dict[str, Any] | None, Reason | None]] = [
    (None, None, Reason.INSURANCE_MISSING),
    (date(2020, 2, 29), None, Reason.INSURANCE_EXPIRED),
    (date(2020, 3, 1), None, None),
    (None, {}, None),
    (None, {"from_day": date(2020, 3, 1)}, None),
    (None, {"to_day": date(2020, 3, 1)}, None),
    (None, {"from_day": date(2020, 3, 2)}, Reason.INSURANCE_MISSING),
    (None, {"to_day": date(2020, 2, 29)}, Reason.INSURANCE_EXPIRED),
    (None, {"plate": "黑A12346"}, Reason.INSURANCE_MISMATCH),
    (None, {"vin": "11111111111111111"}, Reason.INSURANCE_MISMATCH),
    (None, {"vin": "11111111111111111", "to_day": date(2020, 2, 29)}, Reason.INSURANCE_EXPIRED),
    # A policy on record is newer than the ledger's column and speaks alone.
    (date(2021, 1, 1), {"to_day": date(2020, 2, 29)}, Reason.INSURANCE_EXPIRED),
    (date(2019, 1, 1), {}, None),
]


@pytest.mark.parametrize(("ledger", "record", "reason"), INSURED)
def test_insurance(ledger: date | None, record: dict[str, Any] | None, reason: Reason | None) -> None:
    car = vehicle(insured_until=ledger)
    policy = None if record is None else insurance(**record)
    if reason is None:
        assert claim(car, policy=policy).valid_until == date(2022, 3, 31)
    else:
        assert refused(lambda: claim(car, policy=policy)) == (reason, {})


@pytest.mark.parametrize(
    ("paid", "reason"), [(None, None), (LAUNCH, None), (date(2020, 2, 29), Reason.TAX_UNPAID)]
)
def test_tax(paid: date | None, reason: Reason | None) -> None:
    if reason is None:
        claim(vehicle(), tax=paid)
    else:
        assert refused(lambda: claim(vehicle(), tax=paid)) == (reason, {})


# The order: everything is wrong, and mended one after the other

WRONG: list[tuple[Reason, dict[str, Any]]] = [
    (Reason.USER_DIVISION, {"who": person(division=HARBIN)}),
    (Reason.PLATE_CLASS_NOT_ELIGIBLE, {"plate_class": "52"}),
    (Reason.HOLD, {"held": False}),
    (Reason.STATE_BLOCKED, {"state": "G"}),
    (Reason.UNHANDLED_VIOLATION, {"state": "A"}),
    (Reason.RECORD_INCONSISTENT, {"division": HARBIN}),
    (Reason.INSPECTION_EXPIRED, {"valid_until": date(2022, 3, 31)}),
    (Reason.ONSITE_INSPECTION_DUE, {"seats": 5}),
    (Reason.WINDOW_NOT_OPEN, {"on": date(2022, 1, 1)}),
    (Reason.INSURANCE_MISSING, {"policy": insurance(to_day=date(2021, 12, 31), plate="黑A99999")}),
    (Reason.INSURANCE_EXPIRED, {"policy": insurance(to_day=date(2022, 12, 31), plate="黑A99999")}),
    (Reason.INSURANCE_MISMATCH, {"policy": insurance(to_day=date(2022, 12, 31))}),
    (Reason.TAX_UNPAID, {"tax": date(2022, 12, 31)}),
]


def expected_reasons(purpose: str) -> list[Reason]:
    not_for = {
        "claim": {Reason.INSPECTION_EXPIRED},
        "current": {Reason.UNHANDLED_VIOLATION, *list(Reason)[11:]},
    }
    return [reason for reason, _ in WRONG if reason not in not_for[purpose]]


def test_claims_are_refused_in_order() -> None:
    car: dict[str, Any] = {
        "plate_class": "41", "state": "GK", "division": QIQIHAR, "valid_until": date(2022, 3, 31),
        "seats": 10, "insured_until": None,
    }  # fmt: skip
    asked: dict[str, Any] = {
        "who": person(division=QIQIHAR), "held": True, "policy": None, "tax": date(2020, 1, 1),
        "on": date(2021, 12, 31),
    }  # fmt: skip
    seen = []
    for reason, mended in WRONG:
        if reason is not Reason.INSPECTION_EXPIRED:
            found, _ = refused(lambda: claim(vehicle(**car), **asked))  # noqa: B023 - called at once
            seen.append(found)
        asked |= {key: value for key, value in mended.items() if key in asked}
        car |= {key: value for key, value in mended.items() if key not in asked}
    assert seen == expected_reasons("claim")
    assert claim(vehicle(**car), **asked).valid_until == date(2024, 3, 31)


def test_the_current_period_is_refused_in_order() -> None:
    car: dict[str, Any] = {
        "plate_class": "41", "state": "GK", "division": QIQIHAR, "valid_until": date(2020, 3, 31), "seats": 7,
        "insured_until": None,
    }  # fmt: skip
    asked: dict[str, Any] = {"who": person(division=QIQIHAR), "held": True, "on": date(2021, 12, 31)}
    seen = []
    for reason, mended in WRONG[:7]:
        if reason is not Reason.UNHANDLED_VIOLATION:
            found, _ = refused(lambda: current(vehicle(**car), **asked))  # noqa: B023 - called at once
            seen.append(found)
        asked |= {key: value for key, value in mended.items() if key in asked}
        car |= {key: value for key, value in mended.items() if key not in asked}
    assert seen == expected_reasons("current")
    assert current(vehicle(**car), **asked).valid_until == date(2022, 3, 31)


# What can be done, without trying


def options(car: Vehicle, who: Person, active: CertificateFacts | None = None, **more: Any) -> Any:
    asked: dict[str, Any] = {"held": False, "insurance": None, "tax_paid_until": None, "on": LAUNCH} | more
    return what_can_be_done(POLICY, car, person=who, active=active, **asked)


def test_an_owner_in_the_window_can_do_both() -> None:
    can = options(vehicle(), person())
    assert (can.current.refusal, can.claim.refusal) == (None, None)
    assert (can.current.issues, can.claim.issues) == (True, True)
    assert can.current.entitlement.valid_until == date(2020, 3, 31)
    assert can.claim.entitlement.valid_until == date(2022, 3, 31)


def test_what_the_active_certificate_already_says_issues_nothing() -> None:
    active = facts(vehicle(), current(vehicle()))
    assert active == CertificateFacts("黑A12345", "02", "K33", "A", date(2020, 3, 31))
    can = options(vehicle(), person(), active)
    assert (can.current.issues, can.claim.issues) == (False, True)


def test_a_bound_person_cannot_claim() -> None:
    can = options(vehicle(), person(person_ref="keeper-7"))
    assert can.current.refusal is None
    assert can.claim.refusal.reason == Reason.NOT_BOUND
    assert (can.claim.entitlement, can.claim.issues) == (None, False)


def test_refusals_come_with_their_extras() -> None:
    can = options(vehicle(seats=7), person(), on=date(2020, 4, 2))
    assert (can.current.refusal.reason, can.claim.refusal.extras) == (
        Reason.INSPECTION_EXPIRED,
        {"why": "too-many-seats"},
    )
    old = options(vehicle(), person(app_version="1.0"))
    assert old.current.refusal.reason == old.claim.refusal.reason == Reason.APP_TOO_OLD
