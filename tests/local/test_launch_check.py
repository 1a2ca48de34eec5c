"""The check of a launch finds what it is there to find."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jianbiao.aws.certificates import certificate_item
from jianbiao.aws.dynamo import Item
from jianbiao.aws.issuances import issuance_item
from jianbiao.aws.vehicles import vehicle_item
from local.launch_check import StoreCheck
from tests.services.ledgers import row, run, vin
from tests.support.world import World

CARS = 5
LEDGER = b"\n[]\n" + b"".join(row(number) + b"\n" for number in [*range(CARS), 0])
"""A blank line, one that names no vehicle, the cars, and the first one again."""


class Kept:
    """Tables in memory, as `Stored` reads them."""

    def __init__(self, world: World) -> None:
        self.certificates = [certificate_item(c) for c in world.certificates.by_id.values()]
        self.issuances = [issuance_item(i) for i in world.issuances.by_id.values()]
        self.vehicles = [vehicle_item(v) for v in world.vehicles.records.values()]

    def scan(self, table: str) -> Iterator[Item]:
        yield from getattr(self, table)

    def count(self, table: str) -> int:
        return len(getattr(self, table))

    def get_many(self, table: str, key: str, values: list[str]) -> dict[str, Item]:
        return {item[key]["S"]: item for item in getattr(self, table) if item[key]["S"] in values}


def launched() -> World:
    world = World()
    run(world, LEDGER)
    return world


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    (tmp_path / "ledger.jsonl").write_bytes(LEDGER)
    return tmp_path / "ledger.jsonl"


def wrong(world: World, kept: Kept, ledger: Path) -> list[str]:
    check = StoreCheck(kept, world.keys.current().published, "https://jianbiao.example", world.clock())  # type: ignore[arg-type]
    return check.wrong(ledger, CARS, CARS)


def test_nothing_is_wrong_after_a_launch(ledger: Path) -> None:
    world = launched()
    assert wrong(world, Kept(world), ledger) == []


def another_s_signature(kept: Kept) -> None:
    one, other = kept.certificates[0]["data"]["B"], kept.certificates[1]["data"]["B"]
    kept.certificates[0]["data"] = {"B": one[:-64] + other[-64:]}


def other_vehicle_s(kept: Kept) -> None:
    """The second vehicle's certificate says that it is the first one's."""
    kept.certificates[1]["vin"] = kept.certificates[0]["vin"]


def second_certificate(kept: Kept) -> None:
    kept.certificates.append(kept.certificates[0] | {"certificate_id": {"S": "0" * 26}})


def index_twice(kept: Kept) -> None:
    kept.issuances.append(kept.issuances[0] | {"certificate_id": {"S": "0" * 26}})


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda kept: kept.certificates.pop(), "a vehicle refers to no certificate"),
        (lambda kept: kept.certificates.pop(), "certificates: 4, expected 5"),
        (lambda kept: kept.vehicles.pop(), "vehicles: 4, expected 5"),
        (
            lambda kept: kept.vehicles.pop(),
            "active certificates at the rows that have caused them: 4, expected 5",
        ),
        (another_s_signature, "a certificate is forged to the verifier"),
        (other_vehicle_s, "a certificate is another vehicle's"),
        (second_certificate, "certificates: 6, expected 5"),
        (index_twice, "a status index is used twice"),
        (lambda kept: kept.issuances.pop(), "a certificate is not what was meant to be signed"),
        (lambda kept: kept.issuances.pop(), "there are fewer issuance records than certificates"),
    ],
)
def test_what_is_wrong_is_said(spoil: Callable[[Kept], Any], sentence: str, ledger: Path) -> None:
    world = launched()
    kept = Kept(world)
    spoil(kept)
    assert sentence in wrong(world, kept, ledger)


def test_a_certificate_that_is_not_active_is_said(ledger: Path) -> None:
    world = launched()
    (certificate,) = world.active(vin(0))
    ended = certificate.step("revoked", at=world.clock(), by="op", why="fraud")
    world.certificates.by_id[certificate.certificate_id] = ended
    assert "a certificate is revoked" in wrong(world, Kept(world), ledger)
    world.certificates.by_id[certificate.certificate_id] = dataclasses.replace(certificate)
    assert wrong(world, Kept(world), ledger) == []
