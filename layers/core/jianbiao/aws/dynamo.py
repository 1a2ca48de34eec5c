"""What all tables share: batch requests that are finished whatever the service leaves over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from jianbiao.aws.clients import error_code, translated
from jianbiao.errors import Unavailable

Item = dict[str, Any]
"""An item in DynamoDB's attribute-value form: {"vin": {"S": "…"}}."""

GET_LIMIT = 100
"""Keys of one BatchGetItem."""
STATEMENT_LIMIT = 25
"""Statements of one BatchExecuteStatement."""
ROUNDS = 8
"""Rounds in which left-over keys and throttled statements are asked again, with doubling pauses from 50 ms."""

DUPLICATE = "DuplicateItem"
_T = TypeVar("_T")


def batches(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """`items` in lists of at most `size`."""
    source = iter(items)
    while part := list(islice(source, size)):
        yield part


def text(item: Item, name: str) -> str:
    """A string attribute; empty where it is absent."""
    return str(item[name]["S"]) if name in item else ""


def number(item: Item, name: str) -> int:
    """A whole-number attribute."""
    return int(item[name]["N"])


class Table:
    """One table, reached through a low-level client."""

    def __init__(self, client: Any, name: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self.client, self.name, self._sleep = client, name, sleep

    def get(self, key: Item) -> Item | None:
        """One item, read consistently."""
        with translated("table"):
            answer = self.client.get_item(TableName=self.name, Key=key, ConsistentRead=True)
        found: Item | None = answer.get("Item")
        return found

    def get_many(self, keys: Iterable[Item]) -> list[Item]:
        """Items of many distinct keys, read consistently, in no order."""
        found: list[Item] = []
        for part in batches(keys, GET_LIMIT):
            left: list[Item] = part
            for round_ in range(ROUNDS):
                self._pause(round_)
                request = {self.name: {"Keys": left, "ConsistentRead": True}}
                with translated("table"):
                    answer = self.client.batch_get_item(RequestItems=request)
                found += answer["Responses"].get(self.name, [])
                left = answer.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys", [])
                if not left:
                    break
            else:
                raise Unavailable("table: keys left over")
        return found

    def insert_many(self, items: Sequence[Item]) -> set[int]:
        """Insert items; returns the positions of those that were there already, which stay as they are.

        BatchWriteItem would overwrite them silently, single puts would cost a request each.
        """
        duplicates: set[int] = set()
        for part in batches(enumerate(items), STATEMENT_LIMIT):
            left = part
            for round_ in range(ROUNDS):
                self._pause(round_)
                left = self._insert(left, duplicates)
                if not left:
                    break
            else:
                raise Unavailable("table: inserts throttled")
        return duplicates

    def _insert(self, part: list[tuple[int, Item]], duplicates: set[int]) -> list[tuple[int, Item]]:
        """One request; returns what has to be asked again."""
        statements = []
        for _, item in part:
            names = ", ".join(f"'{name}': ?" for name in item)
            statement = f'INSERT INTO "{self.name}" VALUE {{{names}}}'
            statements.append({"Statement": statement, "Parameters": list(item.values())})
        with translated("table"):
            answers = self.client.batch_execute_statement(Statements=statements)["Responses"]
        again = []
        for (position, item), answer in zip(part, answers, strict=True):
            code = answer.get("Error", {}).get("Code")
            if code == DUPLICATE:
                duplicates.add(position)
            elif code in {
                "ThrottlingError",
                "ProvisionedThroughputExceeded",
                "RequestLimitExceeded",
                "InternalServerError",
                "TransactionConflict",
            }:
                again.append((position, item))
            elif code is not None:
                raise Unavailable(f"table: {code}")
        return again

    def _pause(self, round_: int) -> None:
        if round_:
            self._sleep(0.05 * 2**round_)


CONDITION_FAILED = "ConditionalCheckFailed"


def transact(client: Any, operations: Sequence[Item]) -> list[str]:
    """All operations or none. Returns the reason code of each operation where a condition failed or another
    writer was in the way, an empty list where all took effect. Raises Unavailable."""
    try:
        with translated("transaction"):
            client.transact_write_items(TransactItems=list(operations))
    except Unavailable as error:
        cause = error.__cause__
        if isinstance(cause, ClientError) and error_code(cause) == "TransactionCanceledException":
            codes = [str(r.get("Code")) for r in cause.response.get("CancellationReasons", [])]
            if set(codes) <= {"None", CONDITION_FAILED, "TransactionConflict"}:
                return codes
        raise
    return []


def condition_failed(error: Unavailable) -> bool:
    """Whether the SDK's error behind `error` is a failed condition."""
    cause = error.__cause__
    return isinstance(cause, ClientError) and error_code(cause) == "ConditionalCheckFailedException"
