"""The ledger generator: same arguments, same bytes; and the make-up that it claims, judged by the rules."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from jianbiao.domain.eligibility import Person, entitle_claim, entitle_current
from jianbiao.domain.ledger import VIN_CHECK_DIGIT, Fault, RowInvalid, parse_row
from jianbiao.domain.ledger_lines import lines_of_range
from jianbiao.domain.policy import default_policy
from jianbiao.domain.reasons import Reason
from jianbiao.domain.vehicle import Vehicle
from jianbiao.domain.vin import check_digit_ok, normalise
from jianbiao.errors import Refusal
from local.ledger import PEOPLE, Ledger, Scenario, Shares, main, scenarios
from local.ledger_faults import INVALID, REFUSED
from local.ledger_plates import serials, vin

POLICY = default_policy()
AS_OF = date(2026, 3, 1)
ROOT = Path(__file__).parents[2]


def outcome(data: bytes, on: date) -> dict[str, Any]:
    """What a first run makes of a file, decided by the product's own rules."""
    rows = issued = already = unknown = warnings = 0
    refused: Counter[str] = Counter()
    invalid: Counter[str] = Counter()
    vins: set[str] = set()
    plates: set[tuple[str, str]] = set()
    having: dict[str, Vehicle] = {}
    lines = lines_of_range(lambda first, stop: [data[first:stop]], 0, len(data), len(data))
    for line in lines:
        rows += 1
        try:
            row = parse_row(line.data, POLICY)
        except RowInvalid as caught:
            assert len(caught.reasons) == 1, "each spoiled row has one fault"
            invalid[caught.reasons[0].partition(":")[0]] += 1
            continue
        vehicle = row.vehicle
        unknown += row.unknown_columns
        warnings += VIN_CHECK_DIGIT in row.warnings
        if having.get(vehicle.vin) == vehicle:
            already += 1
            continue
        assert vehicle.vin not in vins
        assert (vehicle.plate_class, vehicle.plate) not in plates
        vins.add(vehicle.vin)
        plates.add((vehicle.plate_class, vehicle.plate))
        try:
            entitlement = entitle_current(POLICY, vehicle, person=None, held=False, on=on)
        except Refusal as refusal:
            refused[refusal.reason] += 1
        else:
            assert entitlement.valid_until == vehicle.valid_until
            having[vehicle.vin] = vehicle
            issued += 1
    return {
        "rows": rows,
        "issued": issued,
        "already": already,
        "refused": dict(refused),
        "invalid": dict(invalid),
        "vehicles": len(vins),
        "blank_lines": lines.begun - rows,
        "unknown_columns": unknown,
        "vin_warnings": warnings,
    }


def generate(out: Path, *arguments: str) -> tuple[bytes, dict[str, Any]]:
    assert main(["--out", str(out), *arguments]) == 0
    return out.read_bytes(), json.loads(out.with_name(out.name + ".expected.json").read_bytes())


@pytest.mark.parametrize(
    "as_of",
    ["2020-03-01", "2020-11-20", "2022-10-01", "2024-02-29", "2026-03-01", "2026-12-31", "2031-01-15"],
)
def test_the_rules_agree_with_the_make_up(as_of: str, tmp_path: Path) -> None:
    """Also at the days on which inspection rules changed."""
    count = "5000" if as_of == "2026-03-01" else "1200"
    shares = ("--invalid-share", "0.03", "--refused-share", "0.06", "--duplicate-share", "0.01")
    data, expected = generate(
        tmp_path / "l.jsonl", "--count", count, "--as-of", as_of, "--seed", "7", *shares
    )
    assert expected.pop("seed") == 7
    assert expected.pop("as_of") == as_of
    assert outcome(data, date.fromisoformat(as_of)) == expected
    assert (
        expected["rows"]
        == int(count)
        == (
            expected["issued"]
            + expected["already"]
            + sum(expected["refused"].values())
            + sum(expected["invalid"].values())
        )
    )
    assert set(expected["invalid"]) == set(Fault), "every fault is there"
    assert set(expected["refused"]) == {reason for reason, _ in REFUSED} | {Reason.INSPECTION_EXPIRED}
    assert expected["already"] > 0
    assert expected["issued"] > 0.7 * int(count)


def test_the_outcome_holds_until_the_end_of_the_month() -> None:
    ledger = Ledger(1500, 3, date(2026, 2, 10))
    data = b"".join(line + b"\n" for line in ledger)
    expected = ledger.expected.as_json()
    assert outcome(data, date(2026, 2, 10)) == outcome(data, date(2026, 2, 28)) == expected
    assert outcome(data, date(2026, 3, 1))["issued"] < expected["issued"]


def test_same_arguments_same_bytes(tmp_path: Path) -> None:
    arguments = ("--count", "2000", "--as-of", "2026-03-01", "--seed")
    first = generate(tmp_path / "a", *arguments, "5")
    assert generate(tmp_path / "b", *arguments, "5") == first
    assert generate(tmp_path / "c", *arguments, "6")[0] != first[0]


def test_as_a_command(tmp_path: Path) -> None:
    out = tmp_path / "ledger.jsonl"
    command = [sys.executable, "-m", "local.ledger", "--count", "100", "--seed", "5", "--out", str(out)]
    environment = {"PYTHONPATH": f"{ROOT}:{ROOT / 'layers/core'}"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "100 rows" in done.stdout
    assert out.read_bytes().count(b"\n") == 100


@pytest.mark.parametrize(
    "arguments",
    [
        ["--count", "-1"],
        ["--count", "9", "--invalid-share", "1.5"],
        ["--count", "9", "--expired-share", "0.99"],
    ],
)
def test_impossible_arguments(arguments: list[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([*arguments, "--out", str(tmp_path / "l")])
    assert stopped.value.code == 2
    assert not list(tmp_path.iterdir())


def test_memory_does_not_grow_with_the_rows() -> None:
    ledger = Ledger(100_000, 1, AS_OF)
    blocks = 0
    for number, _ in enumerate(ledger, 1):
        if number == 10_000:
            blocks = sys.getallocatedblocks()
    # One object kept for each row would be 90,000 blocks.
    assert blocks > 0
    assert sys.getallocatedblocks() - blocks < 9_000


def test_only_scenarios_where_few_rows_are_wanted() -> None:
    ledger = Ledger(3, 1, AS_OF)
    assert len(list(ledger)) == 3
    assert ledger.expected.as_json()["issued"] == 2


def test_shares_of_nothing() -> None:
    ledger = Ledger(400, 1, AS_OF, shares=Shares(0, 0, 0, 0))
    data = b"".join(line + b"\n" for line in ledger)
    cases = scenarios(AS_OF)
    assert outcome(data, AS_OF)["issued"] == 400 - sum(case.refused is not None for case in cases)


# Scenarios

CASES = scenarios(AS_OF)
CITIZEN = Person("p-citizen-1", "230100", "portal")


def parsed(case: Scenario) -> Vehicle:
    return parse_row(json.dumps(case.row).encode(), POLICY).vehicle


def claim(case: Scenario) -> date:
    return entitle_claim(
        POLICY, parsed(case), person=CITIZEN, held=False, insurance=None, tax_paid_until=None, on=AS_OF
    ).valid_until


@pytest.mark.parametrize("case", CASES, ids=[f"{case.plate_class}#{case.plate}" for case in CASES])
def test_a_scenario_is_what_it_says(case: Scenario) -> None:
    vehicle = parsed(case)
    assert (vehicle.plate, vehicle.plate_class, vehicle.vin) == (case.plate, case.plate_class, case.vin)
    assert case.owner is None or vehicle.owner_ref == PEOPLE[case.owner].person_ref
    refused = None
    try:
        entitle_current(POLICY, vehicle, person=None, held=False, on=AS_OF)
    except Refusal as refusal:
        refused = refusal.reason
    assert refused == case.refused


@pytest.mark.parametrize(
    "as_of", [date(2020, 3, 1), date(2024, 2, 29), date(2025, 12, 31), date(2026, 1, 31)]
)
def test_scenarios_mean_the_same_on_any_day(as_of: date) -> None:
    for case, same in zip(scenarios(as_of), CASES, strict=True):
        assert (case.why, case.owner, case.plate, case.refused) == (
            same.why,
            same.owner,
            same.plate,
            same.refused,
        )


def test_the_people_and_their_vehicles() -> None:
    first = CASES[0]
    assert (first.owner, first.plate, first.plate_class, first.refused) == ("citizen", "黑A12345", "02", None)
    owned = Counter(case.owner for case in CASES)
    assert owned["citizen"] == 4
    assert owned["citizen_2"] == owned["citizen_other_division"] == 1
    assert owned["citizen_portal"] >= 40
    assert {case.plate_class for case in CASES if case.owner == "citizen"} == {"02", "52"}
    assert len({case.vin for case in CASES}) == len(CASES)
    assert len({(case.plate_class, case.plate) for case in CASES}) == len(CASES)
    assert PEOPLE["citizen_other_division"].division != PEOPLE["citizen"].division


def test_what_a_claim_says_to_each() -> None:
    by_plate = {(case.plate_class, case.plate): case for case in CASES}
    assert claim(by_plate["02", "黑L8C866"]) == date(2028, 4, 30)
    for plate, reason in {
        "黑A12345": Reason.WINDOW_NOT_OPEN,
        "黑AU0001": Reason.ONSITE_INSPECTION_DUE,
        "黑AU0002": Reason.INSURANCE_MISSING,
        "黑AU0003": Reason.INSURANCE_EXPIRED,
        "黑AU0004": Reason.UNHANDLED_VIOLATION,
        "黑AU0005": Reason.WINDOW_NOT_OPEN,
        "黑AU0006": Reason.ONSITE_INSPECTION_DUE,
    }.items():
        with pytest.raises(Refusal) as caught:
            claim(by_plate["02", plate])
        assert caught.value.reason == reason, plate


# Parts


@pytest.mark.parametrize("kind", ["ordinary", "nev-small", "nev-large", "tail", "six-digits", "five-digits"])
def test_serials_are_all_different(kind: str) -> None:
    total, serial = serials(kind)
    some = min(total, 60_000)
    assert len({serial(number) for number in range(some)}) == some
    assert serial(0) != serial(total - 1)


def test_vins_are_all_different_and_right() -> None:
    made = {vin("LFV", number, 2010 + number % 30) for number in range(0, 32_000_000, 6_400)}
    assert len(made) == 5_000
    assert all(normalise(number) == number and check_digit_ok(number) for number in made)
    assert not check_digit_ok(vin("LFV", 7, 2020, right=False))


def test_every_fault_can_be_made() -> None:
    assert {fault for fault, _ in INVALID} == set(Fault)
