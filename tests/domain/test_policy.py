"""The policy in force: tables, texts, places, dates."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from datetime import date

import pytest

from jianbiao.domain import plates, policy_document
from jianbiao.domain.codes import Coded
from jianbiao.domain.policy import COMPILED, Policy, app_version, default_policy
from jianbiao.domain.policy_checks import VERDICTS
from jianbiao.domain.policy_document import SOURCE
from jianbiao.domain.reasons import Reason

POLICY = default_policy()


def test_the_packaged_form_is_what_the_source_compiles_to() -> None:
    """After changing data/policy.json: python -m jianbiao.domain.policy_document"""
    source = policy_document.parse(policy_document.SOURCE.read_bytes())
    assert COMPILED.read_bytes() == policy_document.compiled_bytes(source)
    assert json.loads(COMPILED.read_bytes()) == policy_document.compile_policy(source)


def test_hot_paths_read_it_without_pydantic() -> None:
    code = (
        "import sys, jianbiao.domain.eligibility, jianbiao.domain.policy as p; p.default_policy();"
        "print([m for m in ('pydantic', 'boto3', 'importlib.resources') if m in sys.modules])"
    )
    path = {"PYTHONPATH": str(COMPILED.parents[3])}
    done = subprocess.run([sys.executable, "-c", code], env=path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_default_is_read_once() -> None:
    assert default_policy() is POLICY


def test_another_format_is_not_guessed_at() -> None:
    with pytest.raises(ValueError, match="another format"):
        Policy({"format": 2})
    with pytest.raises(ValueError, match="another format"):
        Policy({})


def test_reading_does_not_change_the_compiled_form() -> None:
    compiled = json.loads(COMPILED.read_bytes())
    before = copy.deepcopy(compiled)
    policy = Policy(compiled)
    policy.vehicle_class("K33", "A")
    policy.carries("02", "K33")
    assert compiled == before


# Tables

SIZES = {
    "plate_classes": 35, "states": 17, "uses": 22, "colours": 10, "fuels": 14, "new_energy_kinds": 3,
    "purposes": 7, "provinces": 31,
}  # fmt: skip


@pytest.mark.parametrize(("table", "size"), SIZES.items())
def test_code_tables_are_complete(table: str, size: int) -> None:
    assert len(POLICY.codes(table)) == size


FAMILIES = {
    "K1": "12345678", "K2": "12345678", "K3": "123489", "K4": "1239",
    "H1": "123456789ABCDEFG", "H2": "123456789ABCDEFG", "H3": "12345789ABCDFG", "H4": "1234567ABCFG",
    "H5": "12345BC", "Q1": "12", "Q2": "12", "Q3": "12", "Z1": "12", "Z2": "12", "Z3": "12", "Z4": "12",
    "Z5": "12", "Z7": "12", "D1": "12", "M1": "12345", "M2": "12", "N1": "1", "T1": "1", "T2": "123",
    "J1": "123", "X9": "9", "B1": "123456789ABCDEFGHJKUVW", "B2": "123456789ABCDEFGHJKUVW",
    "B3": "123456789ABCDEFGHJKUVW", "G1": "123456789ABCDEF", "G2": "123456789ABCDEF", "G3": "123456789ABCDEF",
}  # fmt: skip


def test_vehicle_types_are_those_of_the_standard() -> None:
    wanted = {family + letter for family, letters in FAMILIES.items() for letter in letters}
    assert set(POLICY.codes("vehicle_types")) == wanted


@pytest.mark.parametrize(
    ("table", "code", "zh", "en"),
    [
        ("plate_classes", "02", "小型汽车", "small car"),
        ("plate_classes", "52", "小型新能源汽车", "small new-energy car"),
        ("vehicle_types", "K33", "小型轿车", "small sedan"),
        ("vehicle_types", "H11", "重型普通货车", "heavy truck"),
        ("vehicle_types", "M21", "普通二轮摩托车", "two-wheel motorcycle"),
        ("uses", "A", "非营运", "private"),
        ("states", "G", "违法未处理", "unhandled violation"),
        ("colours", "J", "黑", "black"),
        ("divisions", "230100", "黑龙江省哈尔滨市", "Harbin, Heilongjiang"),
        ("provinces", "23", "黑龙江省", "Heilongjiang"),
        ("vehicle_classes", "MOTO", "摩托车", "motorcycle"),
        ("states", "F", "未知（F）", "unknown (F)"),
    ],
)
def test_coded_values(table: str, code: str, zh: str, en: str) -> None:
    assert POLICY.coded(table, code) == Coded(code, zh, en)
    assert POLICY.coded(table, code).as_json() == {"code": code, "zh": zh, "en": en}
    assert POLICY.has(table, code) is not zh.startswith("未知")


def test_a_table_that_is_not_there_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(KeyError):
        POLICY.has("plate_colours", "A")


def test_colours_of_a_vehicle() -> None:
    assert POLICY.colours("") is None
    assert POLICY.colours("A") == Coded("A", "白", "white")
    assert POLICY.colours("AH") == Coded("AH", "白、蓝", "white, blue")


def test_plate_classes_have_a_grammar_each() -> None:
    assert set(POLICY.codes("plate_classes")) == plates.PLATE_CLASSES


# Texts


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_sentence_and_a_next_step_in_both_languages(reason: Reason) -> None:
    text = POLICY.reason_text(reason)
    assert set(text) == {"zh", "en", "next_step"}
    for said in (text, text["next_step"]):
        assert said["zh"].endswith("。")
        assert said["en"].endswith(".")


def test_texts() -> None:
    assert POLICY.verdict_text("valid") != POLICY.verdict_text("valid", checked=False)
    assert POLICY.verdict_text("valid", checked=False)["en"] == "Signature valid, state not checked."
    assert POLICY.verdict_text("expired", checked=False) == POLICY.verdict_text("expired")
    for verdict in VERDICTS:
        assert set(POLICY.verdict_text(verdict)) == {"zh", "en"}
    assert POLICY.title["zh"] == "机动车检验标志电子凭证"
    assert "同等法律效力" in POLICY.legal_effect["zh"]
    assert "not punished" in POLICY.enforcement_note["en"]


# Places


def test_harbin_alone_is_served_from_its_launch() -> None:
    assert POLICY.divisions() == ("230100",)
    assert not POLICY.enabled("230100", date(2020, 2, 29))
    assert POLICY.enabled("230100", date(2020, 3, 1))
    assert POLICY.enabled("230100", None)
    assert not POLICY.enabled("230200", date(2030, 1, 1))
    assert not POLICY.enabled("999999", None)


@pytest.mark.parametrize(
    ("plate", "division"),
    [
        ("黑A12345", "230100"), ("黑L12345", "230100"), ("黑B12345", "230200"), ("黑C12345", "231000"),
        ("黑D12345", "230800"), ("黑E12345", "230600"), ("黑F12345", "230700"), ("黑G12345", "230300"),
        ("黑H12345", "230400"), ("黑J12345", "230500"), ("黑K12345", "230900"), ("黑M12345", "231200"),
        ("黑N12345", "231100"), ("黑P12345", "232700"), ("黑R12345", None), ("京A12345", "110000"),
        ("沪C12345", "310000"), ("津A12345", "120000"), ("渝A12345", "500000"), ("粤Z1234港", None),
        ("使123456", None), ("沪22478领", "310000"), ("", None),
    ],
)  # fmt: skip
def test_division_of_a_plate(plate: str, division: str | None) -> None:
    assert POLICY.division_of_plate(plate) == division


def test_issuing_authorities() -> None:
    harbin = POLICY.issuer("230100")
    assert harbin.zh == "哈尔滨市公安局交通警察支队车辆管理所"
    assert "Harbin" in harbin.en
    assert POLICY.issuer("999999") == Coded("999999", "未知（999999）", "unknown (999999)")


def test_start_dates_of_the_provinces() -> None:
    source = policy_document.parse(policy_document.SOURCE.read_bytes())
    batches: dict[str, set[str]] = {}
    for code, province in source.provinces.items():
        batches.setdefault(province.starts_on.isoformat(), set()).add(code)
    assert batches == {
        "2020-03-01": {"11", "12", "31", "50"},
        "2020-04-25": {"23", "32", "33", "37", "42", "43", "44", "46", "51", "52", "53", "65"},
        "2020-06-20": {
            "34",
            "13",
            "14",
            "15",
            "21",
            "22",
            "35",
            "36",
            "41",
            "45",
            "54",
            "61",
            "62",
            "63",
            "64",
        },
    }


# App versions


@pytest.mark.parametrize(
    ("older", "newer"),
    [("2.4.4", "2.4.5"), ("2.4.4", "2.10.0"), ("2.9", "2.10"), ("2.4", "2.4.1"), ("0", "0.0.1"), ("9", "10")],
)
def test_versions_compare_number_by_number(older: str, newer: str) -> None:
    one, other = app_version(older), app_version(newer)
    assert one is not None
    assert other is not None
    assert one < other


def test_closing_zeros_do_not_matter() -> None:
    assert app_version("2.10") == app_version("2.10.0.0") == (2, 10)
    assert app_version("0.0") == ()
    assert app_version("x") is None


def test_the_app_and_the_portal() -> None:
    assert POLICY.minimum_version == "2.4.4"
    assert POLICY.app_clients == {"jianbiao-app"}
    assert POLICY.app_too_old("jianbiao-app", None)
    assert not POLICY.app_too_old("jianbiao-app", "2.4.4")
    assert not POLICY.app_too_old("anything else", None)


# States


@pytest.mark.parametrize(
    ("state", "blocks", "claim_waits", "cause", "alerts"),
    [
        ("A", False, False, None, ""),
        ("", False, False, None, ""),
        ("Q", False, False, None, ""),
        ("Z", False, False, None, ""),
        ("GQ", False, True, None, ""),
        ("I", False, True, None, ""),
        ("D", False, False, None, ""),
        ("E", True, False, "deregistered", "E"),
        ("M", True, False, "scrapped", "M"),
        ("P", True, False, "scrapped", "P"),
        ("B", True, False, "transferred-out", "B"),
        ("GKD", True, True, None, "K"),
        ("CJKLNOH", True, False, None, "CJKLNOH"),
        ("F", True, False, None, "F"),
    ],
)
def test_effects_of_states(
    state: str, blocks: bool, claim_waits: bool, cause: str | None, alerts: str
) -> None:
    assert POLICY.blocks_issue(state) is blocks
    assert POLICY.blocks_claim(state) is claim_waits
    assert POLICY.revocation_cause(state) == cause
    assert "".join(coded.code for coded in POLICY.alerts(state)) == alerts


# What a plate class carries


@pytest.mark.parametrize(
    ("plate_class", "vehicle_type", "carried"),
    [
        ("01", "K11", True), ("01", "H11", True), ("01", "K33", False), ("01", "M21", False),
        ("02", "K33", True), ("02", "H31", True), ("02", "K16", True), ("02", "K11", False),
        ("02", "M21", False), ("02", "B11", False), ("07", "M21", True), ("07", "M22", False),
        ("08", "M22", True), ("08", "M21", False), ("13", "N11", True), ("13", "H51", True),
        ("15", "B11", True), ("15", "G11", True), ("15", "K33", False), ("16", "K33", True),
        ("17", "M21", True), ("17", "K33", False), ("23", "K33", True), ("24", "M21", True),
        ("51", "K11", True), ("52", "K33", True), ("52", "K11", False), ("26", "K33", True),
        ("99", "X99", True), ("00", "K33", False), ("02", "K3?", True), ("02", "", False),
    ],
)  # fmt: skip
def test_class_and_type(plate_class: str, vehicle_type: str, carried: bool) -> None:
    assert POLICY.carries(plate_class, vehicle_type) is carried
    assert POLICY.carries(plate_class, vehicle_type) is carried  # and from the cache


def test_caches_keep_codes_of_the_tables_only() -> None:
    policy = Policy(json.loads(COMPILED.read_bytes()))
    for number in range(100):
        policy.vehicle_class(f"K{number}", "A")
        policy.vehicle_class("K33", str(number))
        policy.carries("02", f"Y{number}")
        policy.carries(f"x{number}", "K33")
    known = {("K11", "A")} | {(f"K{n}", "A") for n in range(100) if policy.has("vehicle_types", f"K{n}")}
    assert set(policy._class_cache) <= known
    assert not policy._carry_cache


# Relief, colours, retention


@pytest.mark.parametrize(
    ("division", "on", "ids"),
    [
        ("230100", date(2020, 9, 30), ["epidemic-2020"]),
        ("230100", date(2020, 10, 1), []),
        ("310000", date(2022, 4, 21), ["epidemic-2022"]),
        ("310000", date(2022, 4, 20), []),
        ("230100", date(2022, 4, 21), []),
    ],
)
def test_enforcement_relief(division: str, on: date, ids: list[str]) -> None:
    assert [coded.code for coded in POLICY.enforcement_relief(division, on)] == ids


def test_ground_colours_cycle_by_year_of_expiry() -> None:
    found = [POLICY.ground_colour(year)[0].en for year in range(2017, 2024)]
    assert found == ["blue", "yellow", "green", "blue", "yellow", "green", "blue"]
    coded, rgb = POLICY.ground_colour(2020)
    assert (coded.code, coded.zh) == ("blue", "蓝")
    assert rgb.startswith("#")


def test_retention_of_audit_and_logs_is_long_enough() -> None:
    assert POLICY.retention_days["police_audit"] >= 180
    assert POLICY.retention_days["operational_logs"] >= 180
    assert POLICY.retention_days["binding_consent"] == 7
    assert POLICY.keep("idempotency_keys") == 86_400


def test_a_kind_of_record_that_the_version_in_force_does_not_know_is_kept_as_packaged() -> None:
    compiled = json.loads(COMPILED.read_bytes())
    days = compiled["retention_days"].pop("decisions")
    assert Policy(compiled).keep("decisions") == days * 86_400
    with pytest.raises(KeyError):
        Policy(compiled).keep("no such kind")


def test_each_period_has_its_reason_and_the_reasons_stay_at_home() -> None:
    written = json.loads(SOURCE.read_bytes())["retention_days"]
    assert written.pop("notes").keys() == written.keys() == POLICY.retention_days.keys()
