"""Names of the tables, from the settings. A function has the names of those that its role may touch."""

from __future__ import annotations

from dataclasses import dataclass, fields

from jianbiao.settings import setting


@dataclass(frozen=True, slots=True)
class Tables:
    """Table names; empty where a function has none."""

    vehicles: str = ""
    plates: str = ""
    certificates: str = ""
    issuances: str = ""
    statuses: str = ""
    shares: str = ""
    bindings: str = ""
    paper: str = ""

    @classmethod
    def from_settings(cls) -> Tables:
        """`VEHICLES_TABLE` and so on."""
        return cls(**{field.name: setting(f"{field.name.upper()}_TABLE", "") for field in fields(cls)})
