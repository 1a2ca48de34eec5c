"""Share links: found by the hash of their token, withdrawn once, counted without losing any."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

from jianbiao.aws.shares import DynamoShares, share_item, share_of
from jianbiao.aws.tables import Tables
from jianbiao.aws.vehicles import vehicle_item
from jianbiao.citizen_records import Share
from jianbiao.domain.register import first_report
from jianbiao.ports import Stale
from jianbiao.records import VehicleRecord
from tests.support.moto_tables import moto_tables
from tests.support.world import CAR

CERTIFICATE = "0" * 26
SHARE = Share("id-1", "a" * 64, CERTIFICATE, created_at=100, created_by="p-1", expires_at=7300)


@pytest.fixture(scope="module")
def moto() -> Iterator[tuple[Any, Tables]]:
    with moto_tables() as found:
        client, tables = found
        record = VehicleRecord(first_report(CAR, (1, "")), version=1)
        client.put_item(TableName=tables.vehicles, Item=vehicle_item(record))
        yield found


@pytest.fixture
def shares(moto: tuple[Any, Tables]) -> Iterator[DynamoShares]:
    """The store, without any link."""
    client, tables = moto
    yield DynamoShares(client, tables)
    for item in client.scan(TableName=tables.shares)["Items"]:
        client.delete_item(TableName=tables.shares, Key={"token_hash": item["token_hash"]})


def add(shares: DynamoShares, share: Share) -> None:
    listed, _ = shares.open_list(share.certificate_id)
    shares.add(share, listed, (*listed.keys, share.token_hash), vin=CAR.vin, owner_ref=CAR.owner_ref)


def another(number: int, **changes: Any) -> Share:
    return dataclasses.replace(SHARE, share_id=f"id-{number}", token_hash=f"{number:064d}", **changes)


@pytest.mark.parametrize("share", [SHARE, dataclasses.replace(SHARE, views=3, withdrawn_at=200)])
def test_a_share_comes_back_as_it_was_stored(share: Share) -> None:
    assert share_of(share_item(share)) == share


def test_links_of_a_certificate_are_its_own_and_in_order(shares: DynamoShares) -> None:
    for number in (3, 1, 2):
        add(shares, another(number, created_at=100 * number))
    add(shares, another(9, certificate_id="1" * 26))
    assert [s.share_id for s in shares.of_certificate(CERTIFICATE)] == ["id-1", "id-2", "id-3"]
    assert shares.of_certificate("2" * 26) == []
    assert shares.by_token(another(2).token_hash) == another(2, created_at=200)
    assert shares.by_token("f" * 64) is None


def test_a_list_of_links_is_never_taken_for_a_link(shares: DynamoShares, moto: tuple[Any, Tables]) -> None:
    """Both are in one table: what is stored of a token is hexadecimal, so no token leads to a list."""
    add(shares, SHARE)
    client, tables = moto
    keys = [item["token_hash"]["S"] for item in client.scan(TableName=tables.shares)["Items"]]
    (listing,) = [key for key in keys if key != SHARE.token_hash]
    assert set(listing) - set("0123456789abcdef")


def test_the_same_token_twice_is_refused(shares: DynamoShares) -> None:
    add(shares, SHARE)
    with pytest.raises(Stale):
        add(shares, dataclasses.replace(SHARE, share_id="id-2"))
    assert shares.by_token(SHARE.token_hash) == SHARE


def test_the_first_withdrawal_counts(shares: DynamoShares) -> None:
    add(shares, SHARE)
    shares.withdraw(SHARE.token_hash, at=200, by="p-1")
    shares.withdraw(SHARE.token_hash, at=300, by="p-2")
    assert shares.by_token(SHARE.token_hash) == dataclasses.replace(SHARE, withdrawn_at=200)


def test_views_are_added_up(shares: DynamoShares) -> None:
    add(shares, SHARE)
    for _ in range(3):
        shares.count_view(SHARE.token_hash)
    shares.withdraw(SHARE.token_hash, at=200, by="p-1")
    assert shares.by_token(SHARE.token_hash) == dataclasses.replace(SHARE, views=3, withdrawn_at=200)


def test_a_link_that_is_not_there_is_not_made_by_withdrawing_or_looking(shares: DynamoShares) -> None:
    shares.withdraw(SHARE.token_hash, at=200, by="p-1")
    shares.count_view(SHARE.token_hash)
    assert shares.by_token(SHARE.token_hash) is None
