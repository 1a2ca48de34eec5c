"""Rules of a policy that span several of its parts. Works on the plain form that `policy_document` has
typed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import combinations, pairwise
from typing import Any

from jianbiao.domain.plates import PLATE_CLASSES, PROVINCES
from jianbiao.domain.reasons import Reason

VERDICTS = (
    "valid",
    "valid_unchecked",
    "expired",
    "superseded",
    "suspended",
    "revoked",
    "not_yet_valid",
    "forged",
)
"""Messages of the verdicts; `valid_unchecked` where the signature is valid and the state was not checked."""

ONSITE_REASONS = (
    "class-not-exempt",
    "type-not-exempt",
    "use-not-exempt",
    "too-many-seats",
    "seats-unknown",
    "van",
    "casualty-accident",
    "illegal-modification",
    "late-registration",
    "onsite-node",
)
INCONSISTENCIES = ("plate-and-division", "class-and-type", "valid-until")


def faults(plain: dict[str, Any]) -> Iterator[str]:
    """Everything that is wrong, one sentence each; nothing where the policy can be used."""
    yield from _divisions(plain)
    yield from _plate_classes(plain)
    yield from _vehicle_classes(plain)
    for key in plain["vehicle_classes"]:
        yield from _timeline(key, plain["rules"])
    for rule_id, rule in plain["rules"].items():
        yield from (f"rule {rule_id}: {fault}" for fault in _rule(rule, plain))
    yield from _states(plain)
    yield from _relief(plain)
    texts, tables = plain["texts"], plain["tables"]
    yield from _same_keys("texts.reasons", texts["reasons"], tuple(Reason))
    yield from _same_keys("texts.verdicts", texts["verdicts"], VERDICTS)
    yield from _same_keys("tables.onsite_reasons", tables["onsite_reasons"], ONSITE_REASONS)
    yield from _same_keys("tables.inconsistencies", tables["inconsistencies"], INCONSISTENCIES)


def _same_keys(where: str, have: dict[str, Any], want: tuple[str, ...]) -> Iterator[str]:
    missing, unknown = sorted(set(want) - have.keys()), sorted(have.keys() - set(want))
    if missing:
        yield f"{where}: missing {', '.join(missing)}"
    if unknown:
        yield f"{where}: unknown {', '.join(unknown)}"


def _divisions(plain: dict[str, Any]) -> Iterator[str]:
    provinces = plain["provinces"]
    owner: dict[str, str] = {}
    signs = [province["plate"] for province in provinces.values()]
    if sorted(signs) != sorted(PROVINCES):
        yield "provinces: each province character belongs to exactly one province"
    for code, division in plain["divisions"].items():
        province = provinces.get(code[:2])
        if province is None:
            yield f"division {code}: unknown province"
            continue
        if date.fromisoformat(division["starts_on"]) > date.fromisoformat(province["starts_on"]):
            yield f"division {code}: starts after its whole province"
        for prefix in division["plates"]:
            letter = prefix[1:]
            if prefix[:1] != province["plate"] or not (
                letter == "" or (len(letter) == 1 and "A" <= letter <= "Z")
            ):
                yield f"division {code}: {prefix} is no plate prefix of its province"
            if taken := next(
                (o for p, o in owner.items() if p.startswith(prefix) or prefix.startswith(p)), None
            ):
                yield f"division {code}: plates {prefix} overlap with {taken}"
            owner[prefix] = code


def _plate_classes(plain: dict[str, Any]) -> Iterator[str]:
    known = plain["tables"]["vehicle_types"]
    yield from _same_keys(
        "tables.plate_classes", plain["tables"]["plate_classes"], tuple(sorted(PLATE_CLASSES))
    )
    yield from _same_keys("plate_classes", plain["plate_classes"], tuple(sorted(PLATE_CLASSES)))
    for code, part in plain["plate_classes"].items():
        for prefix in part["types"]:
            if not any(vehicle_type.startswith(prefix) for vehicle_type in known):
                yield f"plate class {code}: no vehicle type begins with {prefix}"


def _vehicle_classes(plain: dict[str, Any]) -> Iterator[str]:
    """Every vehicle type and use falls into exactly one class: no gap, no two that match."""
    classes, uses = plain["vehicle_classes"], plain["tables"]["uses"]
    for key, part in classes.items():
        for former in part["former_classes"]:
            if former["vehicle_class"] not in classes:
                yield f"vehicle class {key}: unknown former class {former['vehicle_class']}"
    for vehicle_type in plain["tables"]["vehicle_types"]:
        for use in uses:
            found = [
                key
                for key, part in classes.items()
                for selector in part["selectors"]
                if use in selector["uses"] and vehicle_type.startswith(tuple(selector["types"]))
            ]
            if not found:
                yield f"no vehicle class for type {vehicle_type} with use {use}"
            elif len(found) > 1:
                yield f"two vehicle classes match type {vehicle_type} with use {use}: {', '.join(found)}"


def _timeline(vehicle_class: str, rules: dict[str, Any]) -> Iterator[str]:
    """The rule sets of a class follow each other day by day and the last one has no end."""
    mine = sorted(
        (date.fromisoformat(rule["from"]), date.fromisoformat(rule["until"] or "9999-12-31"), rule_id)
        for rule_id, rule in rules.items()
        if rule["vehicle_class"] == vehicle_class
    )
    if not mine:
        yield f"vehicle class {vehicle_class}: no rule"
        return
    for (_, end, earlier), (start, _, later) in pairwise(mine):
        if end != date.max and start == end + timedelta(days=1):
            continue
        yield f"rules {earlier} and {later} {'overlap' if start <= end else 'leave a gap'}"
    for start, end, rule_id in mine:
        if end < start:
            yield f"rule {rule_id}: ends before it begins"
    if max(end for _, end, _ in mine) != date.max:
        yield f"vehicle class {vehicle_class}: no rule in force after {mine[-1][1]}"


def _rule(rule: dict[str, Any], plain: dict[str, Any]) -> Iterator[str]:
    if rule["vehicle_class"] not in plain["vehicle_classes"]:
        yield f"unknown vehicle class {rule['vehicle_class']}"
    bands = rule["bands"]
    if bands[0][0] != 0 or any(not 1 <= period <= 120 for _, period in bands):
        yield "bands begin at 0 and periods are 1 to 120 months"
        return
    for (start, period), (following, _) in pairwise(bands):
        if following <= start or (following - start) % period:
            yield f"the band from {following} does not begin on a node of the one before"
            return
    for age in rule["claim_at"]:
        start, period = max(band for band in bands if band[0] < age)
        if (age - start) % period:
            yield f"claim at {age} is no node"
    exemption = rule["exemption"]
    if (exemption is None) != (not rule["claim_at"]):
        yield "claims and exemption go together"
    if exemption is not None:
        yield from _exemption(rule, exemption, plain)
    elif rule["off_node"]["claim"]:
        yield "claims between nodes need an exemption"


def _exemption(rule: dict[str, Any], exemption: dict[str, Any], plain: dict[str, Any]) -> Iterator[str]:
    original = plain["rules"].get(exemption["otherwise"])
    if original is None or original["vehicle_class"] != rule["vehicle_class"] or original["exemption"]:
        yield f"otherwise {exemption['otherwise']} is no rule of the class without claims"
    for code in exemption["types"]:
        if code not in plain["tables"]["vehicle_types"]:
            yield f"unknown vehicle type {code}"
    for letter in exemption["uses"]:
        if letter not in plain["tables"]["uses"]:
            yield f"unknown use {letter}"


def _states(plain: dict[str, Any]) -> Iterator[str]:
    yield from _same_keys("state_effects", plain["state_effects"], tuple(sorted(plain["tables"]["states"])))
    causes = plain["tables"]["revocation_causes"]
    for letter, effect in plain["state_effects"].items():
        if effect["effect"] == "revoke" and effect["cause"] not in causes:
            yield f"state {letter}: a revocation needs a cause of tables.revocation_causes"
        if effect["effect"] != "revoke" and effect["cause"]:
            yield f"state {letter}: only a revocation has a cause"


def _relief(plain: dict[str, Any]) -> Iterator[str]:
    for relief in plain["enforcement_relief"]:
        if relief["until"] < relief["from"]:
            yield f"relief {relief['id']}: ends before it begins"
        for code in relief["divisions"]:
            if code != "*" and code not in plain["divisions"]:
                yield f"relief {relief['id']}: unknown division {code}"
    ids = [relief["id"] for relief in plain["enforcement_relief"]]
    for one, other in combinations(ids, 2):
        if one == other:
            yield f"relief {one}: id twice"
