"""P7: how long a face takes once everything is loaded, how large it is, and that it is always the same bytes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from bench.certificate_codes import codes
from bench.common import calibrate, show, verdict
from jianbiao.domain.codes import Coded
from jianbiao_render.face import Face
from jianbiao_render.pdf import pdf
from jianbiao_render.png import png
from jianbiao_render.svg import svg

ROUNDS: Final = 30
BARS: Final = {"SVG": (30, None), "PNG": (40, None), "PDF": (40, 120_000)}
"""Milliseconds, bytes."""


@dataclass(frozen=True, slots=True)
class Result:
    """One format: median and worst of `ROUNDS` different faces in milliseconds, largest size in bytes."""

    kind: str
    median: float
    worst: float
    size: int
    identical: bool

    @property
    def met(self) -> bool:
        """Whether the bar holds, by the median."""
        time_bar, size_bar = BARS[self.kind]
        return self.identical and self.median <= time_bar and (size_bar is None or self.size <= size_bar)


def faces(count: int) -> list[Face]:
    """Faces that differ in plate, id, time and code, as one after the other in a function that stays warm."""
    first = Face(
        plate="黑AD12345",
        plate_class=Coded("52", "小型新能源汽车", "small new-energy car"),
        valid_until=date(2028, 2, 29),
        issuer=Coded(
            "230100", "哈尔滨市公安局交通警察支队车辆管理所", "Vehicle Administration Office, Harbin"
        ),
        certificate_id="01HX5ZK3D7Q8W2R9T4V6Y0B1CE",
        issued_at=1_796_000_000,
        code="",
        replaces="01HX5ZK3D7Q8W2R9T4V6Y0B1CE",
        watermark="演示 DEMO",
    )
    return [
        replace(
            first,
            plate=f"黑AD{10000 + 7 * number}",
            certificate_id=f"01HX5ZK3D7Q8W2R9T4V6Y0{number:04}",
            issued_at=first.issued_at + 61 * number,
            code=code,
        )
        for number, code in enumerate(codes(count))
    ]


def measure(kind: str, make: Callable[[Face], str | bytes]) -> Result:
    """Times one format; the first face, which loads fonts and draws what faces share, is not counted."""
    warm, *timed = faces(ROUNDS + 1)
    make(warm)
    times: list[float] = []
    sizes: list[int] = []
    identical = True
    for face in timed:
        start = time.perf_counter()
        made = make(face)
        times.append(1000 * (time.perf_counter() - start))
        sizes.append(len(made.encode() if isinstance(made, str) else made))
        identical = identical and make(face) == made
    return Result(kind, statistics.median(times), max(times), max(sizes), identical)


def run() -> bool:
    """Prints the table; True if every bar is met."""
    results = [measure("SVG", svg), measure("PNG", png), measure("PDF", pdf)]
    show(
        f"P7 faces, warm: {ROUNDS} different certificates one after the other",
        ["format", "median ms", "bar ms", "worst ms", "bytes", "bar bytes", "same bytes again"],
        [
            [
                result.kind,
                f"{result.median:.1f}",
                str(BARS[result.kind][0]),
                f"{result.worst:.1f}",
                f"{result.size:,}",
                f"{BARS[result.kind][1]:,}" if BARS[result.kind][1] else "-",
                "yes" if result.identical else "NO",
            ]
            for result in results
        ],
    )
    print(f"(calibration beside it: {calibrate():,.0f} bare ES256 verifications a second)")
    return verdict("P7", all(result.met for result in results))


if __name__ == "__main__":
    raise SystemExit(0 if run() else 1)
