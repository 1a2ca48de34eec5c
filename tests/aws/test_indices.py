"""Status list indices: each once, in no order that tells anything, over blocks and lists."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from jianbiao.aws.indices import BLOCK, LIST, SHARDS, DynamoIndices, permuted
from jianbiao.errors import Unavailable
from tests.support.moto_tables import moto_tables

TABLE = "AllocationsTable"


class OneByOne:
    """moto's operations are not atomic among threads, as DynamoDB's on one item are: they go one by one."""

    def __init__(self, client: Any) -> None:
        self._client, self._lock = client, threading.Lock()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        def call(**request: Any) -> Any:
            with self._lock:
                return method(**request)

        return call


@pytest.fixture(scope="module")
def moto() -> Iterator[Any]:
    with moto_tables() as (client, _):
        yield client


@pytest.fixture
def client(moto: Any) -> Iterator[Any]:
    """The Allocations table, empty."""
    yield OneByOne(moto)
    for item in moto.scan(TableName=TABLE)["Items"]:
        moto.delete_item(TableName=TABLE, Key={"shard": item["shard"]})


def on_shard(number: int) -> Any:
    """Randomness that always chooses one shard, and real keys of blocks."""
    return lambda size: bytes([number]) if size == 1 else os.urandom(size)


def places(taken: Any) -> list[int]:
    """Indices over all lists."""
    return [number * LIST + index for number, index in taken]


@pytest.mark.parametrize("key", [bytes(16), b"\xff" * 16, bytes(range(16))])
def test_within_a_block_every_place_is_used_once(key: bytes) -> None:
    assert sorted(permuted(position, key) for position in range(BLOCK)) == list(range(BLOCK))


def test_the_order_within_a_block_is_the_keys_and_looks_like_none() -> None:
    one, other = ([permuted(n, key) for n in range(BLOCK)] for key in (bytes(16), bytes(15) + b"\1"))
    assert one != other
    steps = [b - a for a, b in itertools.pairwise(one)]
    assert steps.count(1) < BLOCK / 100
    # What was handed out early is not lower than what was handed out late.
    half = BLOCK // 2
    assert abs(sum(one[:half]) - sum(one[half:])) / half < BLOCK / 10


def test_what_is_taken_is_never_taken_again(client: Any) -> None:
    random = Random(7)  # noqa: S311 - must repeat
    indices = DynamoIndices(client, TABLE, random.randbytes)
    seen: list[int] = []
    for count in (1, 2, 100, 1, 500, 25, 1, 1):
        taken = indices.take(count)
        assert len(taken) == count
        seen += places(taken)
    assert len(set(seen)) == len(seen)


def test_a_full_block_gives_way_to_the_shards_next_one(client: Any) -> None:
    indices = DynamoIndices(client, TABLE, on_shard(3))
    first = places(indices.take(BLOCK))
    assert sorted(first) == list(range(3 * BLOCK, 4 * BLOCK))
    (after,) = places(indices.take(1))
    assert (3 + SHARDS) * BLOCK <= after < (4 + SHARDS) * BLOCK


def test_a_take_that_does_not_fit_leaves_the_rest_unused(client: Any) -> None:
    indices = DynamoIndices(client, TABLE, on_shard(0))
    begun = places(indices.take(BLOCK - 10))
    taken = places(indices.take(11))
    assert len(set(begun + taken)) == BLOCK + 1
    assert {place // BLOCK for place in taken} == {SHARDS}


@pytest.mark.parametrize("count", [BLOCK + 1, 3 * BLOCK])
def test_more_than_a_block_can_be_taken(client: Any, count: int) -> None:
    taken = places(DynamoIndices(client, TABLE, on_shard(1)).take(count))
    assert len(set(taken)) == len(taken) == count


def test_blocks_go_on_into_the_next_list(client: Any) -> None:
    last = LIST // BLOCK - SHARDS + 5
    item = {
        "shard": {"S": "5"},
        "block": {"N": str(last)},
        "next": {"N": str(BLOCK)},
        "secret": {"B": bytes(16)},
    }
    client.put_item(TableName=TABLE, Item=item)
    taken = DynamoIndices(client, TABLE, on_shard(5)).take(3)
    assert {number for number, _ in taken} == {1}
    assert all(5 * BLOCK <= index < 6 * BLOCK for _, index in taken)


def test_takers_at_once_get_different_indices_also_while_a_block_changes(client: Any) -> None:
    """Few shards' room is left, so that they race to open the next block."""
    DynamoIndices(client, TABLE, on_shard(2)).take(BLOCK - 40)

    def take(_: int) -> list[int]:
        return places(DynamoIndices(client, TABLE, on_shard(2)).take(7))

    with ThreadPoolExecutor(16) as pool:
        taken = [place for places_ in pool.map(take, range(64)) for place in places_]
    assert len(taken) == len(set(taken)) == 64 * 7
    assert {place // BLOCK for place in taken} == {2, 2 + SHARDS}


def test_indices_of_a_lost_answer_stay_unused(client: Any) -> None:
    class Lossy:
        """Does what it is told and says that it failed."""

        def __getattr__(self, name: str) -> Any:
            return getattr(client, name)

        def update_item(self, **request: Any) -> Any:
            client.update_item(**request)
            raise ReadTimeoutError(endpoint_url="http://x")

    sound = DynamoIndices(client, TABLE, on_shard(4))
    before = places(sound.take(5))
    with pytest.raises(Unavailable, match="allocations: ReadTimeoutError"):
        DynamoIndices(Lossy(), TABLE, on_shard(4)).take(5)
    after = places(sound.take(5))
    item = client.get_item(TableName=TABLE, Key={"shard": {"S": "4"}})["Item"]
    assert item["next"] == {"N": "15"}
    assert len(set(before + after)) == 10
