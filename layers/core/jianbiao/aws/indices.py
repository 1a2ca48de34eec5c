"""Status list indices, handed out once each without a hot counter.

A shard is an item that owns a sequence of blocks: block 0 of shard s is block s of the whole, its next one is
block s + SHARDS, and so on. Taking n indices is one atomic addition on the shard's item. Within a block they come
in an order that a random key of the block decides (a Feistel permutation), so an index says nothing about when
its certificate was issued. What is taken and not used, after a crash or a lost answer, stays unused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from jianbiao.aws import dynamo
from jianbiao.aws.clients import translated
from jianbiao.aws.dynamo import Table, number
from jianbiao.errors import Unavailable

SHARDS = 16
"""Each takes 1,000 writes a second: far more allocations than there are signatures."""
BLOCK = 4096
LIST = 1 << 20
"""Entries of one status list (wire format 5)."""
_HALF_BITS = 6
_ROUNDS = 4


def permuted(position: int, key: bytes) -> int:
    """A permutation of 0 … BLOCK − 1 that `key` chooses."""
    left, right = position >> _HALF_BITS, position & ((1 << _HALF_BITS) - 1)
    for round_ in range(_ROUNDS):
        mixed = hashlib.blake2b(bytes((round_, right)), key=key, digest_size=1).digest()[0]
        left, right = right, left ^ (mixed & ((1 << _HALF_BITS) - 1))
    return left << _HALF_BITS | right


class DynamoIndices:
    """Port `Indices`."""

    def __init__(self, client: Any, table: str, random: Callable[[int], bytes]) -> None:
        self._client = client
        self._table = Table(client, table)
        self._random = random

    def take(self, count: int) -> Sequence[tuple[int, int]]:
        shard = self._random(1)[0] % SHARDS
        taken: list[tuple[int, int]] = []
        while len(taken) < count:
            taken += self._take(shard, min(count - len(taken), BLOCK))
        return taken

    def _take(self, shard: int, count: int) -> list[tuple[int, int]]:
        """`count` indices of the shard's open block, or none where it was full and a new one is open now."""
        key = {"shard": {"S": str(shard)}}
        request = {
            "TableName": self._table.name,
            "Key": key,
            "UpdateExpression": "ADD #next :count",
            "ConditionExpression": "#next <= :room",
            "ExpressionAttributeNames": {"#next": "next"},
            "ExpressionAttributeValues": {":count": {"N": str(count)}, ":room": {"N": str(BLOCK - count)}},
            "ReturnValues": "ALL_NEW",
        }
        try:
            with translated("allocations"):
                item = self._client.update_item(**request)["Attributes"]
        except Unavailable as error:
            if not dynamo.condition_failed(error):
                raise
            self._open_next(shard, count)
            return []
        first = number(item, "next") - count
        secret = bytes(item["secret"]["B"])
        base = number(item, "block") * BLOCK
        places = (base + permuted(position, secret) for position in range(first, first + count))
        return [divmod(place, LIST) for place in places]

    def _open_next(self, shard: int, count: int) -> None:
        """Open the shard's next block, unless somebody else just did: of callers who find a block full together,
        one opens the next, and the others must not skip that one."""
        found = self._table.get({"shard": {"S": str(shard)}})
        if found and number(found, "next") <= BLOCK - count:
            return
        block = number(found, "block") + SHARDS if found else shard
        condition: dict[str, Any] = {
            "ConditionExpression": "attribute_not_exists(#shard)",
            "ExpressionAttributeNames": {"#shard": "shard"},
        }
        if found:
            condition = {
                "ConditionExpression": "#block = :block",
                "ExpressionAttributeNames": {"#block": "block"},
                "ExpressionAttributeValues": {":block": found["block"]},
            }
        item = {
            "shard": {"S": str(shard)},
            "block": {"N": str(block)},
            "next": {"N": "0"},
            "secret": {"B": self._random(16)},
        }
        try:
            with translated("allocations"):
                self._client.put_item(TableName=self._table.name, Item=item, **condition)
        except Unavailable as error:
            if not dynamo.condition_failed(error):
                raise
