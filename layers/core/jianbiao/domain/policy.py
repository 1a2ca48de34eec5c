"""The policy in force, read from its compiled form. No pydantic here: hot paths import this module.

`policy_document` validates; this module trusts what it compiled.
"""

from __future__ import annotations

import json
import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from jianbiao.domain.codes import Coded
from jianbiao.domain.rules import Exemption, Rule
from jianbiao.domain.times import DAY

FORMAT = 1
"""Version of the compiled form; code that reads another one must not guess."""

COMPILED = Path(__file__).parent / "data" / "policy.compiled.json"

_VERSION = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6}){0,3}")


def app_version(text: str) -> tuple[int, ...] | None:
    """An app version as numbers without closing zeros (2.10 = 2.10.0 > 2.4.4); None if it is garbled."""
    if not _VERSION.fullmatch(text):
        return None
    parts = [int(part) for part in text.split(".")]
    while parts and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


class _Periods(dict[str, int]):
    """Days by kind of record. A kind that is newer than the version in force is kept as the packaged policy says: an
    upgrade comes before the first publication that knows it."""

    def __missing__(self, kind: str) -> int:
        packaged: dict[str, int] = json.loads(COMPILED.read_bytes())["retention_days"]
        return packaged[kind]


class Policy:
    """Rules, tables and texts of one published version. Immutable; safe to share between threads.

    `Policy(compiled)` takes what `policy_document.compile_policy` returned, also after a way through JSON;
    raises ValueError for a compiled form that this code does not read.
    """

    def __init__(self, compiled: dict[str, Any]) -> None:
        if compiled.get("format") != FORMAT:
            raise ValueError("compiled policy of another format")
        self.version: int = compiled["version"]
        """Grows with each publication; stamped on certificates and decisions."""
        self.app_clients: frozenset[str] = frozenset(compiled["app"]["clients"])
        """Client identifiers whose tokens must come with an app version."""
        self.minimum_version: str = compiled["app"]["minimum_version"]
        """Oldest app version accepted."""
        self.retention_days: dict[str, int] = _Periods(compiled["retention_days"])
        """Days that each kind of record is kept (`policy_document.Retention`)."""
        self._minimum = app_version(self.minimum_version) or ()
        self._divisions: dict[str, dict[str, Any]] = compiled["divisions"]
        self._division_of_prefix = {p: code for code, part in self._divisions.items() for p in part["plates"]}
        self._starts_on = {
            code: date.fromisoformat(part["starts_on"])
            for code, part in self._divisions.items()
            if part["enabled"]
        }
        self._plate_classes: dict[str, dict[str, Any]] = compiled["plate_classes"]
        self._eligible = frozenset(code for code, part in self._plate_classes.items() if part["eligible"])
        self._classes: dict[str, dict[str, Any]] = compiled["vehicle_classes"]
        self._rules = {rule_id: _rule(rule_id, part) for rule_id, part in compiled["rules"].items()}
        self._rules_of = {
            key: tuple(
                sorted((r for r in self._rules.values() if r.vehicle_class == key), key=lambda r: r.starts)
            )
            for key in self._classes
        }
        self._effects: dict[str, dict[str, str]] = compiled["state_effects"]
        self._blocking = self._letters("revoke", "block")
        self._claim_blocking = self._letters("block_claim")
        self._relief: list[dict[str, Any]] = compiled["enforcement_relief"]
        self._colours: dict[str, Any] = compiled["ground_colours"]
        self._tables: dict[str, dict[str, list[str]]] = compiled["tables"]
        self._texts: dict[str, Any] = compiled["texts"]
        # Answers of pure look-ups by register codes. Only codes of the tables are kept, so both stay small.
        self._class_cache: dict[tuple[str, str], str | None] = {}
        self._carry_cache: dict[tuple[str, str], bool] = {}

    def keep(self, kind: str) -> int:
        """Seconds that a kind of record is kept."""
        return self.retention_days[kind] * DAY

    def _letters(self, *effects: str) -> frozenset[str]:
        return frozenset(letter for letter, part in self._effects.items() if part["effect"] in effects)

    # Codes and texts

    def has(self, table: str, code: str) -> bool:
        """Whether a table has a code. Tables: plate_classes, states, uses, vehicle_types, colours, fuels,
        new_energy_kinds, purposes, divisions, provinces, vehicle_classes, onsite_reasons, inconsistencies,
        revocation_causes. Raises KeyError for another table."""
        return code in self._tables[table]

    def codes(self, table: str) -> tuple[str, ...]:
        """All codes of a table."""
        return tuple(self._tables[table])

    def coded(self, table: str, code: str) -> Coded:
        """A code with its names. One that the table lacks is named unknown: registers outlive tables."""
        names = self._tables[table].get(code)
        return Coded(code, *names) if names else Coded(code, f"未知（{code}）", f"unknown ({code})")

    def colours(self, letters: str) -> Coded | None:
        """A vehicle's colours as one value, the main one first; None where the register has none."""
        if not letters:
            return None
        parts = [self.coded("colours", letter) for letter in letters]
        return Coded(letters, "、".join(p.zh for p in parts), ", ".join(p.en for p in parts))

    def issuer(self, division: str) -> Coded:
        """The issuing authority of a division."""
        part = self._divisions.get(division)
        if part is None:
            return Coded(division, f"未知（{division}）", f"unknown ({division})")
        return Coded(division, part["issuer"]["zh"], part["issuer"]["en"])

    def reason_text(self, code: str) -> dict[str, Any]:
        """`{"zh", "en", "next_step": {"zh", "en"}}` of a reason of refusal."""
        text: dict[str, Any] = self._texts["reasons"][code]
        return text

    def verdict_text(self, verdict: str, *, checked: bool = True) -> dict[str, str]:
        """`{"zh", "en"}` of a verdict; `valid` reads otherwise where the state was not checked."""
        key = "valid_unchecked" if verdict == "valid" and not checked else verdict
        text: dict[str, str] = self._texts["verdicts"][key]
        return text

    @property
    def title(self) -> dict[str, str]:
        """`{"zh", "en"}`: the name of the document."""
        text: dict[str, str] = self._texts["title"]
        return text

    @property
    def legal_effect(self) -> dict[str, str]:
        """`{"zh", "en"}`: the sentence on legal effect that every face carries."""
        text: dict[str, str] = self._texts["legal_effect"]
        return text

    @property
    def enforcement_note(self) -> dict[str, str]:
        """`{"zh", "en"}`: the note that every police answer carries."""
        text: dict[str, str] = self._texts["enforcement_note"]
        return text

    def enforcement_relief(self, division: str, on: date) -> tuple[Coded, ...]:
        """Reliefs in force in a division on a day. They concern punishment and never change a validity."""
        day = on.isoformat()
        return tuple(
            Coded(part["id"], part["zh"], part["en"])
            for part in self._relief
            if part["from"] <= day <= part["until"]
            and ("*" in part["divisions"] or division in part["divisions"])
        )

    def ground_colour(self, year: int) -> tuple[Coded, str]:
        """The decorative ground colour of marks that expire in `year`, and its #rrggbb."""
        cycle = self._colours["cycle"]
        part = cycle[(year - self._colours["anchor_year"]) % len(cycle)]
        return Coded(part["code"], part["zh"], part["en"]), part["rgb"]

    # Where

    def division_of_plate(self, plate: str) -> str | None:
        """The division that a canonical plate belongs to; None where the policy knows none."""
        found = self._division_of_prefix
        return found.get(plate[:2]) or found.get(plate[:1])

    def enabled(self, division: str, on: date | None) -> bool:
        """Whether a division issues certificates on a day (None: on any day)."""
        starts_on = self._starts_on.get(division)
        return starts_on is not None and (on is None or starts_on <= on)

    def divisions(self) -> tuple[str, ...]:
        """Divisions that this deployment serves, from whichever day."""
        return tuple(self._starts_on)

    # Who

    def app_too_old(self, client_id: str, version: str | None) -> bool:
        """Whether a token's client is the app and its version is absent, garbled or below the minimum."""
        if client_id not in self.app_clients:
            return False
        numbers = app_version(version or "")
        return numbers is None or numbers < self._minimum

    # What

    def eligible(self, plate_class: str) -> bool:
        """Whether vehicles of a plate class get marks."""
        return plate_class in self._eligible

    def carries(self, plate_class: str, vehicle_type: str) -> bool:
        """Whether a plate class may be on a vehicle of a type."""
        key = (plate_class, vehicle_type)
        known = self._carry_cache.get(key)
        if known is None:
            part = self._plate_classes.get(plate_class)
            known = part is not None and vehicle_type.startswith(tuple(part["types"]))
            if part is not None and self.has("vehicle_types", vehicle_type):
                self._carry_cache[key] = known
        return known

    def vehicle_class(self, vehicle_type: str, use: str) -> str | None:
        """The class whose inspection rules a vehicle has; None for a type or use that no class selects."""
        key = (vehicle_type, use)
        if key in self._class_cache:
            return self._class_cache[key]
        found = next(
            (
                name
                for name, part in self._classes.items()
                for selector in part["selectors"]
                if use in selector["uses"] and vehicle_type.startswith(tuple(selector["types"]))
            ),
            None,
        )
        if self.has("vehicle_types", vehicle_type) and self.has("uses", use):
            self._class_cache[key] = found
        return found

    def former_classes(self, vehicle_class: str, use: str) -> tuple[str, ...]:
        """Classes that a vehicle of this use was in before it was converted (营转非 and the like)."""
        return tuple(
            part["vehicle_class"]
            for part in self._classes[vehicle_class]["former_classes"]
            if use in part["uses"]
        )

    def window_months(self, vehicle_class: str) -> int:
        """Calendar months in which the next mark can be had, the due month included."""
        months: int = self._classes[vehicle_class]["window_months"]
        return months

    def rule(self, rule_id: str) -> Rule:
        """A rule set by its id."""
        return self._rules[rule_id]

    def rules(self, vehicle_class: str) -> tuple[Rule, ...]:
        """All rule sets of a class, the oldest first."""
        return self._rules_of[vehicle_class]

    # States of a vehicle: a set of letters

    def blocks_issue(self, state: str) -> bool:
        """Whether no new certificate may be issued in this state."""
        return any(letter in self._blocking or letter not in self._effects for letter in state)

    def blocks_claim(self, state: str) -> bool:
        """Whether a claim has to wait for an unhandled violation or accident."""
        return not self._claim_blocking.isdisjoint(state)

    def revocation_cause(self, state: str) -> str | None:
        """Why a certificate ends in this state: a code of revocation_causes; None where it goes on."""
        for letter, part in self._effects.items():
            if part["effect"] == "revoke" and letter in state:
                return part["cause"]
        return None

    def alerts(self, state: str) -> tuple[Coded, ...]:
        """State letters that police see in red; never shown to anybody else."""
        return tuple(self.coded("states", letter) for letter in state if self.blocks_issue(letter))


def _rule(rule_id: str, part: dict[str, Any]) -> Rule:
    exemption = part["exemption"]
    return Rule(
        id=rule_id,
        vehicle_class=part["vehicle_class"],
        starts=date.fromisoformat(part["from"]),
        ends=date.fromisoformat(part["until"]) if part["until"] else None,
        bands=tuple((start, period) for start, period in part["bands"]),
        claim_at=frozenset(part["claim_at"]),
        exemption=exemption and _exemption(exemption),
        snap=part["off_node"]["snap"],
        claim_off_node=part["off_node"]["claim"],
        overdue_under_due_rule=part["overdue_under"] == "due",
    )


def _exemption(part: dict[str, Any]) -> Exemption:
    return Exemption(
        types=frozenset(part["types"]),
        uses=part["uses"],
        max_seats=part["max_seats"],
        max_months_before_registration=part["max_months_before_registration"],
        van="van" in part["excludes"],
        casualty_accident="casualty_accident" in part["excludes"],
        illegal_modification="illegal_modification" in part["excludes"],
        otherwise=part["otherwise"],
    )


@cache
def default_policy() -> Policy:
    """The packaged policy of the launch city."""
    return Policy(json.loads(COMPILED.read_bytes()))
