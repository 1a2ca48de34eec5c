"""Publishing a policy: every kind of mistake is refused with a sentence that names it."""
# ruff: noqa: E501 - a table of cases, one a line

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from jianbiao.domain.policy import Policy
from jianbiao.domain.policy_document import SOURCE, compile_policy, every_text, main, parse

Document = dict[str, Any]


def changed(change: Callable[[Document], object]) -> bytes:
    document = json.loads(SOURCE.read_bytes())
    change(document)
    return json.dumps(document).encode()


def put(path: str, value: object) -> Callable[[Document], None]:
    """A change that sets one value; the path is written with slashes."""

    def change(document: Document) -> None:
        *parents, last = path.split("/")
        for key in parents:
            document = document[int(key) if isinstance(document, list) else key]
        document[last] = value

    return change


def drop(path: str) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        *parents, last = path.split("/")
        for key in parents:
            document = document[key]
        del document[last]

    return change


def rename(path: str, name: str) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        *parents, last = path.split("/")
        for key in parents:
            document = document[key]
        document[name] = document.pop(last)

    return change


TEXT = {"zh": "某", "en": "some"}
EXEMPT = {
    "types": [], "uses": "A", "max_seats": None, "max_months_before_registration": None, "excludes": [],
    "otherwise": "MO2004",
}  # fmt: skip
RELIEF = {
    "id": "x", "from": "2020-01-01", "until": "2020-02-01", "divisions": ["*"], "effect": "overdue_not_punished", **TEXT
}  # fmt: skip

MISTAKES: list[tuple[str, Callable[[Document], object], str]] = [
    # Shape
    ("unknown key", put("extra", 1), "Extra inputs are not permitted"),
    ("unknown key deep inside", put("rules/SP2014/claims", []), "Extra inputs are not permitted"),
    ("missing part", drop("texts/legal_effect"), "Field required"),
    ("text for a number", put("version", "1"), "valid integer"),
    ("number for a date", put("rules/SP2014/from", 20140901), "valid date"),
    ("no date", put("rules/SP2014/from", "2014-02-30"), "valid date"),
    ("empty text", put("texts/title/zh", ""), "at least 1 character"),
    ("control character", put("texts/title/zh", "a\nb"), "match pattern"),
    ("version zero", put("version", 0), "greater than or equal to 1"),
    ("minimum version garbled", put("app/minimum_version", "2.4.x"), "minimum_version is no version"),
    ("division code", rename("divisions/230100", "2301"), "match pattern"),
    ("window of none", put("vehicle_classes/MOTO/window_months", 0), "greater than or equal to 1"),
    ("audit kept too short", put("retention_days/police_audit", 179), "greater than or equal to 180"),
    ("logs kept too short", put("retention_days/operational_logs", 179), "greater than or equal to 180"),
    ("decisions kept too short", put("retention_days/decisions", 179), "greater than or equal to 180"),
    ("guesses forgotten today", put("retention_days/binding_guesses", 1), "greater than or equal to 2"),
    ("shares kept for no time", put("retention_days/shares", 0), "greater than or equal to 1"),
    ("no period for ledgers", drop("retention_days/ledger_files"), "Field required"),
    ("period of what stays for ever", put("retention_days/certificates", 365), "Extra inputs are not permitted"),
    ("note on no period", put("retention_days/notes/certificates", "x"), "notes on what has no period: certificates"),
    ("state effect unknown", put("state_effects/C/effect", "explode"), "Input should be"),
    # Places
    ("province missing", drop("provinces/11"), "each province character belongs to exactly one province"),
    ("province twice", put("provinces/11/plate", "津"), "each province character belongs to exactly one"),
    ("unknown province", rename("divisions/230100", "990100"), "division 990100: unknown province"),
    ("late division", put("divisions/230100/starts_on", "2020-04-26"), "starts after its whole province"),
    ("foreign prefix", put("divisions/230100/plates", ["京A"]), "京A is no plate prefix of its province"),
    ("odd prefix", put("divisions/230100/plates", ["黑1"]), "黑1 is no plate prefix"),
    ("long prefix", put("divisions/230100/plates", ["黑AB"]), "黑AB is no plate prefix"),
    ("prefix twice", put("divisions/230200/plates", ["黑A"]), "plates 黑A overlap with 230100"),
    ("prefix inside another", put("divisions/230200/plates", ["黑"]), "plates 黑 overlap with 230100"),
    # Plate classes
    ("plate class missing", drop("plate_classes/99"), "plate_classes: missing 99"),
    ("plate class unknown", rename("plate_classes/99", "98"), "plate_classes: unknown 98"),
    ("plate class without a name", drop("tables/plate_classes/99"), "tables.plate_classes: missing 99"),
    ("plate class of no type", put("plate_classes/02/types", ["W"]), "no vehicle type begins with W"),
    # Vehicle classes
    ("gap between classes", put("vehicle_classes/MOTO/selectors/0/uses", "B"), "no vehicle class for type M11 with use A"),
    (
        "two classes match",
        put("vehicle_classes/OTHER/selectors/0/types", ["B", "G", "D", "J", "T", "N", "X", "M2"]),
        "two vehicle classes match type M21 with use A: MOTO, OTHER",
    ),
    ("new use without a class", put("tables/uses/V", TEXT), "no vehicle class for type B11 with use V"),
    (
        "unknown former class",
        put("vehicle_classes/MOTO/former_classes", [{"uses": "L", "vehicle_class": "BOATS"}]),
        "unknown former class BOATS",
    ),
    # Rules in time
    ("gap", put("rules/SP2014/until", "2020-11-18"), "rules SP2014 and SP2020 leave a gap"),
    ("overlap", put("rules/SP2014/until", "2020-11-20"), "rules SP2014 and SP2020 overlap"),
    ("two rules without an end", put("rules/SP2014/until", None), "rules SP2014 and SP2020 overlap"),
    ("end before begin", put("rules/OP2004/until", "2004-01-01"), "rule OP2004: ends before it begins"),
    ("no rule at the end", put("rules/OP2004/until", "2030-01-01"), "OP_PASSENGER: no rule in force after 2030-01-01"),
    ("class without a rule", drop("rules/OP2004"), "vehicle class OP_PASSENGER: no rule"),
    ("rule of an unknown class", put("rules/OP2004/vehicle_class", "BOATS"), "rule OP2004: unknown vehicle class BOATS"),
    # One rule
    ("bands begin late", put("rules/SB2004/bands", [[6, 6]]), "rule SB2004: bands begin at 0"),
    ("no period", put("rules/SB2004/bands", [[0, 0]]), "rule SB2004: bands begin at 0 and periods"),
    ("band off the nodes", put("rules/SB2004/bands", [[0, 6], [9, 12]]), "the band from 9 does not begin on a node"),
    ("bands out of order", put("rules/SB2004/bands", [[0, 6], [12, 6], [6, 6]]), "the band from 6 does not begin"),
    ("a band twice", put("rules/SB2004/bands", [[0, 6], [0, 12]]), "the band from 0 does not begin"),
    ("a band of three", put("rules/SB2004/bands", [[0, 6, 1]]), "at most 2 items"),
    ("claim between nodes", put("rules/SP2022/claim_at", [24, 36]), "rule SP2022: claim at 36 is no node"),
    ("claims for nobody", put("rules/SB2004/claim_at", [6]), "rule SB2004: claims and exemption go together"),
    ("exemption without claims", put("rules/SP2022/claim_at", []), "rule SP2022: claims and exemption go together"),
    ("off node for nobody", put("rules/SB2004/off_node/claim", True), "claims between nodes need an exemption"),
    ("otherwise unknown", put("rules/SP2022/exemption/otherwise", "SP1999"), "otherwise SP1999 is no rule of the class"),
    ("otherwise of another class", put("rules/SP2022/exemption/otherwise", "MO2004"), "otherwise MO2004 is no rule"),
    ("otherwise with claims", put("rules/SP2022/exemption/otherwise", "SP2014"), "otherwise SP2014 is no rule"),
    ("exempt type unknown", put("rules/SP2022/exemption/types", ["K35"]), "rule SP2022: unknown vehicle type K35"),
    ("exempt use unknown", put("rules/SP2022/exemption/uses", "AY"), "rule SP2022: unknown use Y"),
    # States, relief, texts
    ("state without effect", drop("state_effects/C"), "state_effects: missing C"),
    ("effect without a state", put("state_effects/F", {"effect": "none"}), "state_effects: unknown F"),
    ("revocation without cause", put("state_effects/E", {"effect": "revoke"}), "state E: a revocation needs a cause"),
    ("cause without revocation", put("state_effects/A/cause", "scrapped"), "state A: only a revocation has a cause"),
    ("relief backwards", put("enforcement_relief", [RELIEF | {"until": "2019-01-01"}]), "relief x: ends before it begins"),
    ("relief nowhere", put("enforcement_relief", [RELIEF | {"divisions": ["440300"]}]), "relief x: unknown division 440300"),
    ("relief twice", put("enforcement_relief", [RELIEF, RELIEF]), "relief x: id twice"),
    ("reason without text", drop("texts/reasons/hold"), "texts.reasons: missing hold"),
    ("text without reason", put("texts/reasons/weather", TEXT | {"next_step": TEXT}), "texts.reasons: unknown weather"),
    ("verdict without text", drop("texts/verdicts/forged"), "texts.verdicts: missing forged"),
    ("why without text", drop("tables/onsite_reasons/van"), "tables.onsite_reasons: missing van"),
    ("inconsistency without text", drop("tables/inconsistencies/valid-until"), "inconsistencies: missing valid-until"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "says"), [pytest.param(c, s, id=name) for name, c, s in MISTAKES])
def test_a_mistake_is_refused_by_name(change: Callable[[Document], object], says: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse(changed(change))
    assert says in str(caught.value)


def test_all_mistakes_are_told_at_once() -> None:
    def two(document: Document) -> None:
        put("rules/SP2014/until", "2020-11-18")(document)
        drop("texts/reasons/hold")(document)

    with pytest.raises(ValueError) as caught:
        parse(changed(two))
    assert "leave a gap" in str(caught.value)
    assert "missing hold" in str(caught.value)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "Expecting value"),
        (b"[]", "Input should be an object"),
        (b"null", "Input should be an object"),
        (b'{"version": 1, "version": 2}', "key twice: version"),
        (b"\xff", "codec can't decode"),
        (b'["\\ud800"]', "Invalid JSON"),
        (b'{"version": NaN}', "valid integer"),
        ("{}".encode("utf-16"), "Invalid JSON"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_policy_at_all(raw: bytes, says: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse(raw)
    assert says in str(caught.value)


def test_a_changed_policy_compiles_and_takes_effect() -> None:
    def change(document: Document) -> None:
        put("version", 7)(document)
        put("app/minimum_version", "3.0")(document)
        put("divisions/230200/enabled", True)(document)
        put("state_effects/H/effect", "none")(document)

    compiled = compile_policy(parse(changed(change)))
    policy = Policy(json.loads(json.dumps(compiled)))
    assert policy.version == 7
    assert policy.app_too_old("jianbiao-app", "2.4.4")
    assert not policy.enabled("230200", date(2020, 4, 24))
    assert policy.enabled("230200", date(2020, 4, 25))
    assert not policy.blocks_issue("H")


def test_a_rule_set_may_be_in_force_for_a_single_day() -> None:
    def change(document: Document) -> None:
        day = document["rules"]["OP2004"] | {"from": "2026-01-01", "until": "2026-01-01"}
        document["rules"]["OP2026"] = day
        document["rules"]["OP2027"] = day | {"from": "2026-01-02", "until": None}
        put("rules/OP2004/until", "2025-12-31")(document)

    policy = Policy(compile_policy(parse(changed(change))))
    assert [rule.id for rule in policy.rules("OP_PASSENGER")] == ["OP2004", "OP2026", "OP2027"]


def test_notes_and_sources_stay_in_the_source() -> None:
    compiled = compile_policy(parse(SOURCE.read_bytes()))
    flat = json.dumps(compiled, ensure_ascii=False)
    assert '"note"' not in flat
    assert '"source"' not in flat
    assert "by inference" not in flat


def test_every_text_can_be_walked_for_the_font() -> None:
    compiled = compile_policy(parse(SOURCE.read_bytes()))
    found = set(every_text(compiled))
    assert {"机动车检验标志电子凭证", "小型轿车", "哈尔滨市公安局交通警察支队车辆管理所"} <= found


def test_the_command_writes_the_packaged_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "compiled.json"
    main(target=target)
    assert Policy(json.loads(target.read_bytes())).version == 1
    assert capsys.readouterr().out == "compiled.json written\n"
