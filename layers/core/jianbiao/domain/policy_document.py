"""The policy as people write it: read, validated and compiled to plain JSON.

A policy is published in this form (data/policy.json is the launch city's) and refused as a whole where
anything in it is wrong: an unknown key, a key twice, a gap or an overlap between dated rules, two rules
that match one vehicle, a text that is missing. Hot paths read the compiled form through `domain.policy` and
never import this module.

After changing data/policy.json: ``python -m jianbiao.domain.policy_document`` writes
data/policy.compiled.json.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from jianbiao.domain import policy_checks as checks
from jianbiao.domain.policy import COMPILED, FORMAT, app_version

SOURCE = Path(__file__).parent / "data" / "policy.json"

_Words = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f]+$")]
_Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
_DivisionCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
_ProvinceCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")]
_Letters = Annotated[str, StringConstraints(pattern=r"^[A-Z]+$")]
_TypePrefix = Annotated[str, StringConstraints(pattern=r"^([A-Z][0-9A-Z]{0,2})?$")]
_Months = Annotated[int, Field(ge=1, le=120)]


class _Model(BaseModel):
    """Strict (no text for a number), frozen, and no key that is not known."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Text(_Model):
    """Something said in both languages."""

    zh: _Words
    en: _Words


class App(_Model):
    """Whose tokens must come with a version, and the oldest one accepted."""

    clients: list[_Words]
    minimum_version: str
    note: str = ""

    @model_validator(mode="after")
    def _version(self) -> App:
        if app_version(self.minimum_version) is None:
            raise ValueError("minimum_version is no version")
        return self


class Province(Text):
    """A province: first two digits of GB/T 2260, its plate character and the day the whole of it starts."""

    plate: Annotated[str, StringConstraints(min_length=1, max_length=1)]
    starts_on: date


class Division(Text):
    """A division that issues: its plate prefixes (黑A, or 京 for all of 京), start and issuing authority."""

    plates: Annotated[list[str], Field(min_length=1)]
    starts_on: date
    enabled: bool
    issuer: Text
    note: str = ""


class PlateClass(_Model):
    """What a plate class may carry: first characters of vehicle types; an empty one admits all."""

    eligible: bool
    types: Annotated[list[_TypePrefix], Field(min_length=1)]


class Selector(_Model):
    """Vehicles by first characters of the type and letters of the use."""

    types: Annotated[list[_TypePrefix], Field(min_length=1)]
    uses: _Letters


class FormerClass(_Model):
    """Uses that tell a conversion: a validity on the former class's grid is legitimate until it ends."""

    uses: _Letters
    vehicle_class: str


class VehicleClass(Text):
    """Vehicles that share inspection rules."""

    window_months: Annotated[int, Field(ge=1, le=12)]
    """Calendar months of the window, the due month included."""
    selectors: Annotated[list[Selector], Field(min_length=1)]
    former_classes: list[FormerClass] = []
    note: str = ""


class ExemptionPart(_Model):
    """Who may claim; see `rules.Exemption`."""

    types: list[_Key]
    uses: _Letters
    max_seats: Annotated[int, Field(ge=1, le=999)] | None
    max_months_before_registration: _Months | None
    excludes: list[Literal["van", "casualty_accident", "illegal_modification"]]
    otherwise: str


class OffNode(_Model):
    """What happens to a validity that ends between two nodes; see `rules.Rule`."""

    snap: bool
    claim: bool


class RulePart(_Model):
    """One dated rule set; see `rules.Rule`."""

    vehicle_class: str
    from_: Annotated[date, Field(alias="from")]
    until: date | None
    bands: Annotated[list[Annotated[list[int], Field(min_length=2, max_length=2)]], Field(min_length=1)]
    claim_at: list[_Months]
    exemption: ExemptionPart | None
    off_node: OffNode
    overdue_under: Literal["decision", "due"]
    source: _Words
    note: str = ""


class StateEffect(_Model):
    """What a state letter does; see `policy.Policy.blocks_issue` and its neighbours."""

    effect: Literal["revoke", "block", "block_claim", "notice", "none"]
    cause: str = ""


class Relief(Text):
    """A time in which overdue inspection is not punished; it never changes a validity."""

    id: _Key
    from_: Annotated[date, Field(alias="from")]
    until: date
    divisions: Annotated[
        list[Annotated[str, StringConstraints(pattern=r"^(\*|[0-9]{6})$")]], Field(min_length=1)
    ]
    effect: Literal["overdue_not_punished"]
    note: str = ""


_Days = Annotated[int, Field(ge=1, le=36_500)]
_HalfYear = Annotated[int, Field(ge=180, le=36_500)]


class Retention(_Model):
    """Days that each kind of record is kept, and why so long. Certificates, the steps of their lives, issuance
    records, status indices and published policies have no period: they stay."""

    police_audit: _HalfYear
    """Entries of the audit trail, from the look that each records."""
    operational_logs: _HalfYear
    """Logs of the functions; the deployment's parameter LogRetentionDays has to agree."""
    decisions: _HalfYear
    """Decisions on claims with their grounds, from the decision."""
    registry_events: _Days
    """Registry events, from the moment that each was applied or refused."""
    shares: _Days
    """Share links, from their expiry or withdrawal."""
    share_files: _Days
    """Rendered certificates in the files bucket, made again when somebody asks."""
    binding_consent: _Days
    """Time that an owner has to consent to a binding."""
    bindings_ended: _Days
    """Bindings, from their end."""
    binding_guesses: Annotated[int, Field(ge=2, le=36_500)]
    """A person's count of wrong guesses on one day; the day itself has to be over."""
    paper_addresses: _Days
    """Requests for paper marks with their encrypted addresses, from the last step of each."""
    idempotency_keys: _Days
    """Answers that are repeated under an Idempotency-Key."""
    ledger_files: _Days
    """Ledgers in the inbox bucket, from their upload."""
    backfill_results: _Days
    """Results and records of launches, from their end."""
    notes: dict[str, str] = {}
    """Why a period is as long as it is."""

    @model_validator(mode="after")
    def _noted(self) -> Retention:
        if unknown := self.notes.keys() - (type(self).model_fields.keys() - {"notes"}):
            raise ValueError(f"notes on what has no period: {', '.join(sorted(unknown))}")
        return self


class Colour(Text):
    """A ground colour of the mark."""

    code: _Key
    rgb: Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")]


class GroundColours(_Model):
    """The ground colour by year of expiry: the first of the cycle in the anchor year."""

    anchor_year: Annotated[int, Field(ge=1990, le=2100)]
    cycle: Annotated[list[Colour], Field(min_length=1)]
    note: str = ""


class Tables(_Model):
    """Code tables: GA/T 16.7, 16.3, 16.4, the register's letters, and the product's own reasons."""

    plate_classes: dict[Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")], Text]
    states: dict[Annotated[str, StringConstraints(pattern=r"^[A-Z]$")], Text]
    uses: dict[Annotated[str, StringConstraints(pattern=r"^[A-Z]$")], Text]
    vehicle_types: dict[Annotated[str, StringConstraints(pattern=r"^[A-Z][0-9][0-9A-Z]$")], Text]
    colours: dict[Annotated[str, StringConstraints(pattern=r"^[A-Z]$")], Text]
    fuels: dict[Annotated[str, StringConstraints(pattern=r"^[A-Z]$")], Text]
    new_energy_kinds: dict[Annotated[str, StringConstraints(pattern=r"^[A-Z]$")], Text]
    purposes: dict[_Key, Text]
    onsite_reasons: dict[_Key, Text]
    inconsistencies: dict[_Key, Text]
    revocation_causes: dict[_Key, Text]


class ReasonText(Text):
    """What a refusal says, and what the person can do next."""

    next_step: Text


class Texts(_Model):
    """All that the product says by policy."""

    title: Text
    legal_effect: Text
    enforcement_note: Text
    reasons: dict[str, ReasonText]
    verdicts: dict[str, Text]


class PolicyDocument(_Model):
    """The whole policy. Construct it with `parse`; `checks` has the rules that span several parts."""

    version: Annotated[int, Field(ge=1, lt=2**31)]
    note: str = ""
    app: App
    provinces: dict[_ProvinceCode, Province]
    divisions: dict[_DivisionCode, Division]
    plate_classes: dict[str, PlateClass]
    plate_classes_note: str = ""
    vehicle_classes: dict[_Key, VehicleClass]
    rules: dict[_Key, RulePart]
    state_effects: dict[str, StateEffect]
    state_effects_note: str = ""
    enforcement_relief: list[Relief]
    retention_days: Retention
    ground_colours: GroundColours
    tables: Tables
    texts: Texts

    @model_validator(mode="after")
    def _whole(self) -> PolicyDocument:
        # One message with everything that is wrong: an operator mends a policy once, not five times.
        if faults := list(checks.faults(self.model_dump(mode="json", by_alias=True))):
            raise ValueError("; ".join(faults))
        return self


def parse(raw: bytes) -> PolicyDocument:
    """Read and validate a policy in UTF-8 JSON; raises ValueError (pydantic's ValidationError is one)."""
    try:
        json.loads(raw, object_pairs_hook=_no_key_twice)
    except RecursionError as exc:
        raise ValueError("nested too deeply") from exc
    return PolicyDocument.model_validate_json(raw)


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    if len(set(keys)) != len(keys):
        raise ValueError(f"key twice: {next(key for key in keys if keys.count(key) > 1)}")
    return dict(pairs)


def compile_policy(document: PolicyDocument) -> dict[str, Any]:
    """Plain JSON for `policy.Policy`: notes and sources left out, names as [zh, en], dates as YYYY-MM-DD."""
    plain = document.model_dump(mode="json", by_alias=True)
    tables = {name: _names(table) for name, table in plain["tables"].items()}
    tables["divisions"] = _names(plain["divisions"])
    tables["provinces"] = _names(plain["provinces"])
    tables["vehicle_classes"] = _names(plain["vehicle_classes"])
    compiled = {
        "format": FORMAT,
        "version": plain["version"],
        "app": plain["app"],
        "divisions": {
            code: {key: part[key] for key in ("plates", "starts_on", "enabled", "issuer")}
            for code, part in plain["divisions"].items()
        },
        "plate_classes": plain["plate_classes"],
        "vehicle_classes": {
            key: {name: part[name] for name in ("window_months", "selectors", "former_classes")}
            for key, part in plain["vehicle_classes"].items()
        },
        "rules": plain["rules"],
        "state_effects": plain["state_effects"],
        "enforcement_relief": plain["enforcement_relief"],
        "retention_days": plain["retention_days"],
        "ground_colours": plain["ground_colours"],
        "tables": tables,
        "texts": plain["texts"],
    }
    return {key: _without_notes(part) for key, part in compiled.items()}


def _names(table: dict[str, Any]) -> dict[str, list[str]]:
    return {code: [part["zh"], part["en"]] for code, part in table.items()}


def _without_notes(value: object) -> object:
    if isinstance(value, dict):
        return {k: _without_notes(v) for k, v in value.items() if k not in ("note", "notes", "source")}
    return [_without_notes(v) for v in value] if isinstance(value, list) else value


def every_text(compiled: object) -> Iterator[str]:
    """Every string in a compiled policy, to check that the embedded font can show it."""
    if isinstance(compiled, dict):
        for value in compiled.values():
            yield from every_text(value)
    elif isinstance(compiled, list):
        for value in compiled:
            yield from every_text(value)
    elif isinstance(compiled, str):
        yield compiled


def compiled_bytes(document: PolicyDocument) -> bytes:
    """The packaged form: deterministic, a line for each value so that a change can be read in a diff."""
    return json.dumps(compile_policy(document), ensure_ascii=False, indent=0, sort_keys=True).encode() + b"\n"


def main(source: Path = SOURCE, target: Path = COMPILED) -> None:
    """Compile `source` and write `target`."""
    target.write_bytes(compiled_bytes(parse(source.read_bytes())))
    sys.stdout.write(f"{target.name} written\n")


if __name__ == "__main__":  # pragma: no cover - the test calls main()
    main()
