"""Plates: grammar of each class (domain facts 4), normalisation, round trips, refusals."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jianbiao.domain import plates

SERIAL = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
LETTERS = SERIAL[:24]


@pytest.mark.parametrize(
    ("text", "plate_class", "plate"),
    [
        ("黑A12345", "02", "黑A12345"),
        ("黑a·12345", "02", "黑A12345"),
        (" 黑A 1234 5 ", "01", "黑A12345"),
        ("黑A-1.2•3‧4・5", "02", "黑A12345"),
        ("黑Ａ１２３４５", "02", "黑A12345"),
        ("黑L12AB3", "07", "黑L12AB3"),
        ("黑LA123B", "08", "黑LA123B"),
        ("黑A0A0A0", "13", "黑A0A0A0"),
        ("黑AA0A0B", "13", None),
        ("黑A1234挂", "15", "黑A1234挂"),
        ("黑A1234学", "16", "黑A1234学"),
        ("黑A1234学", "17", "黑A1234学"),
        ("黑A123A警", "23", "黑A123A警"),
        ("黑A1234警", "24", "黑A1234警"),
        ("粤Z1234港", "26", "粤Z1234港"),
        ("粤ZAB12澳", "27", "粤ZAB12澳"),
        ("粤Z1234澳", "26", None),
        ("粤Z1234港", "27", None),
        ("黑A1234港", "26", None),
        ("黑A12345D", "51", "黑A12345D"),
        ("黑A12345L", "51", None),
        ("黑AD12345", "51", None),
        ("黑AD12345", "52", "黑AD12345"),
        ("黑AFA1234", "52", "黑AFA1234"),
        ("黑AL12345", "52", None),
        ("黑A12345D", "52", None),
        ("黑A12345", "52", None),
        ("黑AD12345", "02", None),
        ("使123456", "03", "使123456"),
        ("123456使", "09", "使123456"),
        ("使12345", "03", None),
        ("沪22478领", "04", "沪22478领"),
        ("沪22478领", "10", "沪22478领"),
        ("黑A1234", "02", None),
        ("黑A123456", "02", None),
        ("黑AABC12", "02", None),
        ("黑11234A", "02", None),
        ("港A12345", "02", None),
        ("A12345", "02", None),
        ("", "02", None),
        ("黑A12345\n", "02", None),
        ("黑A1２34五", "02", None),
        ("试ABC123", "18", "试ABC123"),
        ("黑A1", "22", None),
        ("<script>", "41", None),
        ("黑A12345", "00", None),
        ("黑A12345", "", None),
    ],
)
def test_a_plate_is_normalised_or_refused_by_its_class(
    text: str, plate_class: str, plate: str | None
) -> None:
    if plate is None:
        with pytest.raises(ValueError, match=r"plate"):
            plates.normalise(text, plate_class)
    else:
        assert plates.normalise(text, plate_class) == plate


@pytest.mark.parametrize("text", ["黑AO1234", "黑A1234O", "黑A1234I", "黑i12345", "黑O12345"])
def test_letters_o_and_i_are_refused_with_a_hint_never_corrected(text: str) -> None:
    with pytest.raises(ValueError, match="digit 0 or 1"):
        plates.normalise(text, "02")


def test_the_authority_letter_o_is_admitted_behind_its_flag_only() -> None:
    assert plates.normalise("黑O12345", "02", authority_o=True) == "黑O12345"
    with pytest.raises(ValueError, match="digit 0 or 1"):
        plates.normalise("黑A1234O", "02", authority_o=True)


@pytest.mark.parametrize("text", ["黑Aı2345", "黑A1234ß", "黑A1234ŉ", "ﷺ" * 20, "黑" * 33])
def test_case_mappings_and_expansions_of_unicode_never_make_a_plate(text: str) -> None:
    with pytest.raises(ValueError, match="plate"):
        plates.normalise(text, "02")


@pytest.mark.parametrize(
    ("hphm", "hpzl", "plate"),
    [
        ("苏B1234", "15", "苏B1234挂"),
        ("苏B1234挂", "15", "苏B1234挂"),
        ("苏B1234", "16", "苏B1234学"),
        ("苏B1234", "23", "苏B1234警"),
        ("粤Z1234", "26", "粤Z1234港"),
        ("粤Z1234", "27", "粤Z1234澳"),
        ("沪22478", "04", "沪22478领"),
        ("使123456", "03", "使123456"),
        ("123456使", "03", "使123456"),
        ("黑A12345", "02", "黑A12345"),
        ("黑AD12345", "52", "黑AD12345"),
    ],
)
def test_the_ledger_drops_the_closing_character(hphm: str, hpzl: str, plate: str) -> None:
    assert plates.from_ledger(hphm, hpzl) == plate


def test_a_ledger_row_with_a_wrong_plate_or_class_is_refused() -> None:
    with pytest.raises(ValueError, match="looks like"):
        plates.from_ledger("苏B12345", "15")
    with pytest.raises(ValueError, match="unknown plate class"):
        plates.from_ledger("苏B12345", "77")


@pytest.mark.parametrize(
    ("plate", "prefix", "formatted"),
    [
        ("黑A12345", "黑A", "黑A·12345"),
        ("粤Z1234港", "粤Z", "粤Z·1234港"),
        ("使123456", "", "使123456"),
        ("沪22478领", "", "沪22478领"),
        ("黑", "", "黑"),
        ("", "", ""),
    ],
)
def test_prefix_and_written_form(plate: str, prefix: str, formatted: str) -> None:
    assert plates.prefix(plate) == prefix
    assert plates.formatted(plate) == formatted


def head() -> st.SearchStrategy[str]:
    return st.tuples(st.sampled_from(plates.PROVINCES), st.sampled_from(LETTERS)).map("".join)


def text(alphabet: str, size: int) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=size, max_size=size)


GRAMMAR: dict[str, st.SearchStrategy[str]] = {
    "02": st.tuples(head(), text(SERIAL, 5).filter(lambda s: sum(c in LETTERS for c in s) <= 2)).map("".join),
    "15": st.tuples(head(), text(SERIAL, 4), st.just("挂")).map("".join),
    "16": st.tuples(head(), text(SERIAL, 4), st.just("学")).map("".join),
    "23": st.tuples(head(), text(SERIAL, 4), st.just("警")).map("".join),
    "26": st.tuples(st.just("粤Z"), text(SERIAL, 4), st.just("港")).map("".join),
    "51": st.tuples(head(), text("0123456789", 5), st.sampled_from("ABCDEFGHJK")).map("".join),
    "52": st.tuples(head(), st.sampled_from("ABCDEFGHJK"), text(SERIAL, 1), text("0123456789", 4)).map(
        "".join
    ),
    "03": text("0123456789", 6).map("使".__add__),
    "04": st.tuples(st.sampled_from(plates.PROVINCES), text("0123456789", 5), st.just("领")).map("".join),
}
PLATES = st.sampled_from(sorted(GRAMMAR)).flatmap(lambda c: GRAMMAR[c].map(lambda p: (c, p)))


@given(PLATES, st.sampled_from([str.lower, str.upper, plates.formatted, " ".join]))
@settings(deadline=None, max_examples=300)
def test_whatever_the_grammar_makes_survives_every_way_of_writing_it(
    case: tuple[str, str], write: object
) -> None:
    plate_class, plate = case
    written = write(plate)  # type: ignore[operator]
    assert plates.normalise(written, plate_class) == plate
    assert plates.normalise(plates.formatted(plate), plate_class) == plate
    assert plates.from_ledger(plate, plate_class) == plate


@given(PLATES, st.sampled_from(sorted(GRAMMAR)))
@settings(deadline=None, max_examples=300)
def test_a_plate_is_no_plate_of_a_class_with_another_grammar(case: tuple[str, str], other: str) -> None:
    plate_class, plate = case
    if other != plate_class:
        with pytest.raises(ValueError, match="plate"):
            plates.normalise(plate, other)


@given(st.text(max_size=20), st.sampled_from(sorted(plates.PLATE_CLASSES)))
@settings(deadline=None, max_examples=300)
def test_any_text_is_a_canonical_plate_or_a_value_error(written: str, plate_class: str) -> None:
    try:
        plate = plates.normalise(written, plate_class)
    except ValueError:
        return
    assert plates.normalise(plate, plate_class) == plate
    assert plate.isalnum()
