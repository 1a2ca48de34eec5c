"""Coded values: a register code with its Chinese and English name. The tables themselves are policy data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Coded:
    """One entry of a code table (GA/T 16, GB/T 2260): what every answer shows for a coded value."""

    code: str
    zh: str
    en: str

    def as_json(self) -> dict[str, str]:
        """`{"code", "zh", "en"}`, the shape of every coded value in an answer."""
        return {"code": self.code, "zh": self.zh, "en": self.en}
