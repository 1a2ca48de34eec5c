"""Faces and codes for the tests of this folder."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date

from jianbiao_render.face import Face

BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@dataclass(frozen=True, slots=True)
class Name:
    code: str
    zh: str
    en: str


def code_text(seed: int = 1, letters: int = 366) -> str:
    """A text with the length of an ordinary certificate's code (host of 26 characters) and random content."""
    chosen = random.Random(seed).choices(BASE32, k=letters)  # noqa: S311 - a sample
    return "HTTPS://MARK.TRAFFIC.EXAMPLE.CN/V/" + "".join(chosen)


SMALL_CAR = Name("02", "小型汽车", "small car")
SMALL_NEV = Name("52", "小型新能源汽车", "small new-energy car")
HARBIN = Name(
    "230100", "哈尔滨市公安局交通警察支队车辆管理所", "Vehicle Administration Office, Traffic Police, Harbin"
)

ORDINARY = Face(
    plate="黑A12345",
    plate_class=SMALL_CAR,
    valid_until=date(2027, 3, 31),
    issuer=HARBIN,
    certificate_id="01HX5ZK3D7Q8W2R9T4V6Y0B1CE",
    issued_at=1_796_000_000,
    code=code_text(),
)
FULL = Face(
    plate="黑AD12345",
    plate_class=SMALL_NEV,
    valid_until=date(2028, 2, 29),
    issuer=HARBIN,
    certificate_id="7ZZZZZZZZZZZZZZZZZZZZZZZZZ",
    issued_at=1_796_000_000,
    code=code_text(2),
    replaces="01HX5ZK3D7Q8W2R9T4V6Y0B1CE",
    watermark="演示 DEMO 无效凭证 not valid",
)
