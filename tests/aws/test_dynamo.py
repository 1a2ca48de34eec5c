"""Batches that the service leaves unfinished: asked again, counted, and given up in the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from jianbiao.aws.dynamo import CONDITION_FAILED, GET_LIMIT, ROUNDS, STATEMENT_LIMIT, Table, transact
from jianbiao.errors import Unavailable

Item = dict[str, Any]


def item(number: int) -> Item:
    return {"id": {"S": f"{number:05d}"}, "n": {"N": str(number)}}


def key(number: int) -> Item:
    return {"id": item(number)["id"]}


@dataclass
class Service:
    """A table of a service that does only a part of each request."""

    items: dict[str, Item] = field(default_factory=dict)
    at_once: int = 1000
    codes: list[str] = field(default_factory=list)
    """Error code of each statement to come that is not to be carried out; "" lets one through."""
    sizes: list[int] = field(default_factory=list)

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        keys = RequestItems["t"]["Keys"]
        assert RequestItems["t"]["ConsistentRead"]
        self.sizes.append(len(keys))
        done, left = keys[: self.at_once], keys[self.at_once :]
        found = [self.items[k["id"]["S"]] for k in done if k["id"]["S"] in self.items]
        unprocessed = {"t": {"Keys": left, "ConsistentRead": True}} if left else {}
        return {"Responses": {"t": found}, "UnprocessedKeys": unprocessed}

    def batch_execute_statement(self, Statements: Sequence[Any]) -> dict[str, Any]:  # noqa: N803
        self.sizes.append(len(Statements))
        return {"Responses": [self._insert(s) for s in Statements]}

    def _insert(self, statement: dict[str, Any]) -> dict[str, Any]:
        assert statement["Statement"] == "INSERT INTO \"t\" VALUE {'id': ?, 'n': ?}"
        id_, number = statement["Parameters"]
        code = self.codes.pop(0) if self.codes else ""
        if not code and id_["S"] in self.items:
            code = "DuplicateItem"
        if code:
            return {"Error": {"Code": code}}
        self.items[id_["S"]] = {"id": id_, "n": number}
        return {"TableName": "t"}


@dataclass
class Pauses:
    taken: list[float] = field(default_factory=list)

    def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)


def table(service: Service, pauses: Pauses) -> Table:
    return Table(service, "t", pauses)


def test_many_keys_are_asked_for_in_requests_of_a_hundred() -> None:
    service, pauses = Service({f"{n:05d}": item(n) for n in range(0, 250, 2)}), Pauses()
    found = table(service, pauses).get_many(map(key, range(250)))
    assert found == [item(n) for n in range(0, 250, 2)]
    assert service.sizes == [GET_LIMIT, GET_LIMIT, 50]
    assert not pauses.taken


def test_keys_that_are_left_over_are_asked_again_with_growing_pauses() -> None:
    service, pauses = Service({f"{n:05d}": item(n) for n in range(7)}, at_once=3), Pauses()
    assert table(service, pauses).get_many(map(key, range(7))) == [item(n) for n in range(7)]
    assert service.sizes == [7, 4, 1]
    assert pauses.taken == [0.1, 0.2]


def test_keys_that_stay_left_over_are_given_up() -> None:
    service, pauses = Service(at_once=0), Pauses()
    with pytest.raises(Unavailable, match="keys left over"):
        table(service, pauses).get_many([key(1)])
    assert len(service.sizes) == ROUNDS
    assert sum(pauses.taken) < 15


def test_inserts_go_in_statements_of_25_and_name_what_was_there() -> None:
    service, pauses = Service({"00003": item(3), "00059": item(59)}), Pauses()
    before = dict(service.items)
    assert table(service, pauses).insert_many([item(n) for n in range(60)]) == {3, 59}
    assert service.sizes == [STATEMENT_LIMIT, STATEMENT_LIMIT, 10]
    assert len(service.items) == 60
    assert {k: service.items[k] for k in before} == before


def test_throttled_inserts_are_asked_again_and_keep_their_positions() -> None:
    service, pauses = (
        Service({"00004": item(4)}, codes=["ThrottlingError", "", "TransactionConflict"]),
        Pauses(),
    )
    assert table(service, pauses).insert_many([item(n) for n in range(6)]) == {4}
    assert service.sizes == [6, 2]
    assert sorted(service.items) == [f"{n:05d}" for n in range(6)]


def test_inserts_that_stay_throttled_are_given_up() -> None:
    service = Service(codes=["ProvisionedThroughputExceeded"] * 100)
    with pytest.raises(Unavailable, match="inserts throttled"):
        table(service, Pauses()).insert_many([item(1)])
    assert len(service.sizes) == ROUNDS
    assert not service.items


@pytest.mark.parametrize("code", ["AccessDenied", "ValidationError", "ItemCollectionSizeLimitExceeded"])
def test_other_errors_are_not_asked_again(code: str) -> None:
    service = Service(codes=[code])
    with pytest.raises(Unavailable, match=code):
        table(service, Pauses()).insert_many([item(1)])
    assert len(service.sizes) == 1


def test_nothing_is_no_request() -> None:
    service = Service()
    assert table(service, Pauses()).insert_many([]) == set()
    assert table(service, Pauses()).get_many([]) == []
    assert not service.sizes


class Cancels:
    """A transaction that is cancelled for these reasons."""

    def __init__(self, *codes: str) -> None:
        self.codes = codes

    def transact_write_items(self, **_: Any) -> None:
        reasons = [{"Code": code} for code in self.codes]
        error = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
        raise ClientError(error, "TransactWriteItems")


@pytest.mark.parametrize(
    "codes",
    [("None", CONDITION_FAILED), (CONDITION_FAILED, "TransactionConflict"), ("TransactionConflict", "None")],
)
def test_a_condition_that_fails_is_told_by_operation(codes: tuple[str, ...]) -> None:
    assert transact(Cancels(*codes), []) == list(codes)


@pytest.mark.parametrize("code", ["ThrottlingError", "ProvisionedThroughputExceeded", "ValidationError"])
def test_a_transaction_cancelled_for_want_of_capacity_is_unavailable_not_stale(code: str) -> None:
    with pytest.raises(Unavailable, match="transaction: TransactionCanceledException"):
        transact(Cancels("None", code), [])
