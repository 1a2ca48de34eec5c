"""Finds what must not be in a log, in whatever form it got there: plain, escaped, percent-encoded, in base64."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote

_ESCAPE = re.compile(r"\\+u([0-9a-fA-F]{4})")
_RUN = re.compile(r"[A-Za-z0-9+/_-]{11,}")
_WORD = re.compile(r"[^\s\"'`,;:=(){}\[\]<>|#&?/\\]{6,}")
_PLATE = re.compile(r"[\u4e00-\u9fff][A-Z][A-Z0-9\u4e00-\u9fff]{5,6}")
_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}", re.IGNORECASE)


def views(text: str) -> Iterator[str]:
    """The text, and the text with one encoding undone."""
    yield text
    unescaped = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    if unescaped != text:
        yield unescaped
    if "%" in text:
        yield unquote(text, errors="replace")
    decoded = "\n".join(_from_base64(text))
    if decoded:
        yield decoded


def _from_base64(text: str) -> Iterator[str]:
    """Every run of letters that could be base64, read from each of the four places at which a group may begin."""
    for run in dict.fromkeys(_RUN.findall(text)):
        standard = run.translate(str.maketrans("-_", "+/"))
        for start in range(4):
            part = standard[start:]
            part = part[: len(part) - (len(part) % 4 == 1)]
            data = base64.b64decode(part + "=" * (-len(part) % 4))
            # What is worth a look is text, in whole or in part.
            if sum(32 <= byte < 127 for byte in data) > len(data) // 3:
                yield data.decode("utf-8", "ignore")


@dataclass(frozen=True)
class Secrets:
    """What a run has used."""

    exact: dict[str, str]
    """What it is → the text itself: searched for as a part of anything. Tokens, codes, share tokens."""
    plates: frozenset[str] = field(default_factory=frozenset)
    vins: frozenset[str] = field(default_factory=frozenset)
    words: frozenset[str] = field(default_factory=frozenset)
    """References of persons: searched for as words."""

    def found_in(self, text: str) -> set[str]:
        """What of it is in the text, by its kind, never by itself: a report is a log, too."""
        found: set[str] = set()
        for view in views(text):
            found |= {what for what, secret in self.exact.items() if secret in view}
            if self.plates & _pieces(_PLATE, view, 7) or self.plates & _pieces(_PLATE, view, 8):
                found.add("plate")
            if self.vins & {match.upper() for match in _overlapping(_VIN, view)}:
                found.add("vin")
            if self.words & set(_WORD.findall(view)):
                found.add("person")
        return found


def _pieces(pattern: re.Pattern[str], text: str, size: int) -> set[str]:
    """The first `size` characters of every match."""
    return {match[:size] for match in pattern.findall(text)}


def _overlapping(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    """Matches that may begin inside one another: a VIN may stand inside a longer run of letters."""
    at = 0
    while match := pattern.search(text, at):
        yield match[0]
        at = match.start() + 1
