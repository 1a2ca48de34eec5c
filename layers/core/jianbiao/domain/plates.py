"""Number plates (号牌号码, GA 36-2018): one canonical text per plate, checked against its class (GA/T 16.7).

The same serial may exist in several classes (car 02, motorcycle 07): a plate is unique only with its class.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
"""The 31 province characters a civil plate begins with."""

_LETTER = "A-HJ-NP-Z"  # I and O are never in a serial
_LETTER_AND_O = "A-HJ-Z"
_LONGEST_INPUT = 32
# Between authority letter and serial people write any of several dots; NFKC has folded the full-width ones.
_SEPARATORS = str.maketrans("", "", " ·.-•‧・")


_HEAD = f"[{PROVINCES}][%s]"
_GRAMMAR = {
    "ordinary": rf"{_HEAD}(?!(?:[0-9]*[{_LETTER}]){{3}})[{_LETTER}0-9]{{5}}",
    "new energy, small": rf"{_HEAD}[A-HJK][{_LETTER}0-9][0-9]{{4}}",
    "new energy, large": rf"{_HEAD}[0-9]{{5}}[A-HJK]",
    "trailer": rf"{_HEAD}[{_LETTER}0-9]{{4}}挂",
    "training": rf"{_HEAD}[{_LETTER}0-9]{{4}}学",
    "police": rf"{_HEAD}[{_LETTER}0-9]{{4}}警",
    "Hong Kong": rf"粤Z[{_LETTER}0-9]{{4}}港",
    "Macao": rf"粤Z[{_LETTER}0-9]{{4}}澳",
    "embassy": r"使[0-9]{6}|[0-9]{6}使",
    "consulate": rf"[{PROVINCES}][0-9]{{5}}领",
    # Temporary, test, military, agricultural and enforcement-only classes: no grammar is published that holds
    # for all of them, and none ever gets a mark. They are only looked up, so the text is only bounded.
    "other": r"[\u4e00-\u9fffA-Z0-9]{4,12}",
}
"""What a plate of each form looks like; %s stands for the authority letters."""


@cache
def _pattern(form: str, authority: str) -> re.Pattern[str]:
    # Compiled at first use: all of them together would cost every cold start 10 ms.
    return re.compile(_GRAMMAR[form].replace("%s", authority))


_FORM = {
    **dict.fromkeys(("01", "02", "07", "08", "13"), "ordinary"),
    **dict.fromkeys(("03", "09"), "embassy"),
    **dict.fromkeys(("04", "10"), "consulate"),
    **dict.fromkeys(("05", "06", "11", "12", "14", "18", "19", "20", "21", "22", "25"), "other"),
    **dict.fromkeys(("31", "32", "41", "42", "43", "99"), "other"),
    "15": "trailer",
    **dict.fromkeys(("16", "17"), "training"),
    **dict.fromkeys(("23", "24"), "police"),
    "26": "Hong Kong",
    "27": "Macao",
    "51": "new energy, large",
    "52": "new energy, small",
}
_EXAMPLES = {
    "ordinary": "黑A12345, at most two letters after the authority letter",
    "new energy, small": "黑AD12345",
    "new energy, large": "黑A12345D",
    "trailer": "黑A1234挂",
    "training": "黑A1234学",
    "police": "黑A1234警",
    "Hong Kong": "粤Z1234港",
    "Macao": "粤Z1234澳",
    "embassy": "使123456",
    "consulate": "沪12345领",
    "other": "4 to 12 Chinese characters, letters or digits",
}
_SUFFIX = {
    "trailer": "挂",
    "training": "学",
    "police": "警",
    "Hong Kong": "港",
    "Macao": "澳",
    "consulate": "领",
}

PLATE_CLASSES = frozenset(_FORM)
"""Every 号牌种类 of GA/T 16.7 that has a grammar here; the policy's table has the same codes (tested)."""


def _clean(text: str) -> str:
    if len(text) > _LONGEST_INPUT:
        raise ValueError("a plate is much shorter than this")
    text = unicodedata.normalize("NFKC", text).translate(_SEPARATORS)
    # Only ASCII letters are raised: other case mappings (ı, ß) would turn one text into another plate.
    return "".join(chr(ord(c) - 32) if "a" <= c <= "z" else c for c in text)


def _form(plate_class: str) -> str:
    form = _FORM.get(plate_class)
    if form is None:
        raise ValueError("unknown plate class")
    return form


def normalise(text: str, plate_class: str, *, authority_o: bool = False) -> str:
    """The canonical plate: NFKC, upper case, no separators, suffix included; 使 before its six digits.

    `authority_o` admits the rare authority letter O (provincial and special authorities) in second place.
    Raises ValueError with a hint in English where `text` is no plate of that class. A letter O or I is
    refused, never read as a digit.
    """
    form = _form(plate_class)
    plate = _clean(text)
    if _pattern(form, _LETTER_AND_O if authority_o else _LETTER).fullmatch(plate):
        return "使" + plate[:6] if form == "embassy" and plate[-1] == "使" else plate
    if form != "other" and ("O" in plate or "I" in plate):
        raise ValueError("plates have no letter O or I: look for the digit 0 or 1")
    raise ValueError(f"not a plate of class {plate_class}, which looks like {_EXAMPLES[form]}")


def from_ledger(hphm: str, hpzl: str) -> str:
    """The canonical plate of a register row, whose `hphm` lacks the closing character (苏B1234 is 苏B1234挂).

    Raises ValueError as `normalise` does.
    """
    suffix = _SUFFIX.get(_form(hpzl), "")
    plate = _clean(hphm)
    return normalise(plate if plate.endswith(suffix) else plate + suffix, hpzl)


def prefix(plate: str) -> str:
    """Province character and authority letter of a canonical plate, e.g. 黑A; empty where it has none."""
    head = plate[:2]
    return head if len(head) == 2 and head[0] in PROVINCES and "A" <= head[1] <= "Z" else ""


def formatted(plate: str) -> str:
    """A canonical plate as it is written for people: 黑A·12345. `normalise` undoes it."""
    head = prefix(plate)
    return f"{head}·{plate[2:]}" if head else plate
