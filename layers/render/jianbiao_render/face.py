"""What a face shows: everything that is printed, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol


class Named(Protocol):
    """A coded value with its names, such as `jianbiao.domain.codes.Coded`."""

    @property
    def code(self) -> str:
        """The code of the table, e.g. "02"."""

    @property
    def zh(self) -> str:
        """Chinese name."""

    @property
    def en(self) -> str:
        """English name."""


@dataclass(frozen=True, slots=True)
class Face:
    """The content of one face. Owner, identity number, VIN, engine number and phone have no place here.

    The same face always gives the same bytes, in every format.
    """

    plate: str
    """号牌号码, normalised."""
    plate_class: Named
    """号牌种类 (GA/T 16.7); its code chooses the colours of the plate."""
    valid_until: date
    """Last valid day; its year chooses the ground colour."""
    issuer: Named
    """Issuing authority."""
    certificate_id: str
    """26 characters of Crockford Base32."""
    issued_at: int
    """Epoch seconds; printed in Chinese time (UTC+8)."""
    code: str
    """Text of the QR symbol (wire format 1)."""
    replaces: str | None = None
    """Certificate id of the one this certificate supersedes."""
    watermark: str | None = None
    """Printed across the face of every deployment that is not production, e.g. "演示 DEMO"."""
    ground: str | None = None
    """Ground colour: `yellow`, `green`, `blue` or any "#rrggbb"; None takes the cycle of data/looks.json."""
