"""Adapters of status lists, policy versions, key books and the audit trail, in moto with the template's tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from jianbiao.aws import wiring
from jianbiao.aws.audit import DynamoAuditTrail, audit_entry, audit_items
from jianbiao.aws.config import DynamoKeys
from jianbiao.aws.indices import BLOCK, LIST, SHARDS, DynamoIndices
from jianbiao.aws.key_books import DynamoKeyBooks, book_item, book_of
from jianbiao.aws.policies import DynamoPolicyVersions
from jianbiao.aws.status_lists import DynamoStatuses, S3Lists, changed_indices, highest_list
from jianbiao.domain.policy_document import SOURCE
from jianbiao.ops.__main__ import main as ops_main
from jianbiao.ops.setup import First, put
from jianbiao.ports import Stale
from jianbiao.records import AuditEntry
from jianbiao.services.policy_desk import PublishedPolicy
from tests.services.test_key_book import KEYS, NOW, first
from tests.support.moto_tables import REGION, moto_tables

DAY = 86_400


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    with moto_tables() as (client, _):
        yield client


@pytest.fixture
def lists(dynamodb: Any) -> S3Lists:
    s3 = boto3.client("s3", aws_access_key_id="t", aws_secret_access_key="t", region_name=REGION)
    s3.create_bucket(Bucket="files", CreateBucketConfiguration={"LocationConstraint": REGION})
    return S3Lists(lambda: s3, "files")


def test_a_list_is_written_only_over_the_one_that_was_read(lists: S3Lists) -> None:
    assert lists.get(3) is None
    lists.put(3, b"one", replaces=None)
    with pytest.raises(Stale):
        lists.put(3, b"another", replaces=None)
    held = lists.get(3)
    assert held
    assert held.token == b"one"
    lists.put(3, b"two", replaces=held.tag)
    with pytest.raises(Stale):
        lists.put(3, b"late", replaces=held.tag)
    stored = lists.get(3)
    assert stored
    assert stored.token == b"two"
    assert set(lists.published()) == {3}


def test_rows_by_list(dynamodb: Any) -> None:
    for number, idx, value in ((0, 5, 1), (0, 9, 3), (1, 5, 2)):
        dynamodb.put_item(
            TableName="StatusesTable",
            Item={"list": {"N": str(number)}, "idx": {"N": str(idx)}, "status": {"N": str(value)}},
        )
    statuses = DynamoStatuses(dynamodb, "StatusesTable")
    assert dict(statuses.all(0)) == {5: 1, 9: 3}
    assert dict(statuses.some(0, [9, 9, 10])) == {9: 3}
    assert dict(statuses.all(7)) == {}


def test_rows_beyond_one_page(dynamodb: Any) -> None:
    rows = [(index, index % 4) for index in range(300)]
    for index, value in rows:
        dynamodb.put_item(
            TableName="StatusesTable",
            Item={
                "list": {"N": "0"},
                "idx": {"N": str(index)},
                "status": {"N": str(value)},
                "padding": {"S": "x" * 10_000},
            },
        )
    assert list(DynamoStatuses(dynamodb, "StatusesTable").all(0)) == rows


def test_lists_that_were_begun(dynamodb: Any) -> None:
    assert highest_list(dynamodb, "AllocationsTable") is None
    DynamoIndices(dynamodb, "AllocationsTable", wiring.random).take(1)
    assert highest_list(dynamodb, "AllocationsTable") == 0
    block = 3 * (LIST // BLOCK) + SHARDS - 1
    dynamodb.put_item(TableName="AllocationsTable", Item={"shard": {"S": "15"}, "block": {"N": str(block)}})
    assert highest_list(dynamodb, "AllocationsTable") == 3


def test_what_a_batch_of_the_stream_names() -> None:
    def record(number: int, idx: int) -> dict[str, Any]:
        return {"dynamodb": {"Keys": {"list": {"N": str(number)}, "idx": {"N": str(idx)}}}}

    event = {"Records": [record(0, 4), record(2, 1), record(0, 4), record(0, 5)]}
    assert changed_indices(event) == {0: {4, 5}, 2: {1}}


def test_key_books_are_numbered_once_and_read_by_the_functions(dynamodb: Any) -> None:
    books = DynamoKeyBooks(dynamodb, "ConfigTable")
    assert books.newest() is None
    book = first(overlap=7)
    assert book_of(book_item(book)) == book
    books.publish(book)
    with pytest.raises(Stale):
        books.publish(book)
    rotated = book.switch(book.standbys(NOW)[0], now=NOW)
    books.publish(rotated)
    assert books.newest() == rotated
    keys = DynamoKeys(dynamodb, "ConfigTable")
    signing = keys.current()
    assert (signing.active_kid, signing.list_kid) == (KEYS[1].kid, KEYS[2].kid)
    assert signing.published.keys == rotated.published().keys
    assert set(keys.key_arns()) == {key.kid for key in KEYS[:3]}


def test_policy_versions_are_whole_and_never_changed(dynamodb: Any) -> None:
    versions = DynamoPolicyVersions(dynamodb, "ConfigTable")
    assert versions.get() is None
    one = PublishedPolicy(1, {"zh": "源"}, {"zh": "编"}, 5, "op-1")
    versions.put(one)
    with pytest.raises(Stale):
        versions.put(PublishedPolicy(1, {}, {}, 6, "op-2"))
    two = PublishedPolicy(2, {"a": 1}, {"b": 2}, 6, "op-2")
    versions.put(two)
    assert (versions.get(), versions.get(1), versions.get(3)) == (two, one, None)


def test_entries_of_the_trail_come_in_order_by_page_and_not_beyond_their_time(dynamodb: Any) -> None:
    def entry(at: int, keep: int = 180) -> AuditEntry:
        return AuditEntry(at, "verify", "o-1", "c", ("terminal#t", "plate#02#黑A12345"), {"n": at}, keep)

    entries = [entry(NOW - 300 * DAY), *(entry(NOW + n) for n in range(5))]
    for number, made in enumerate(entries):
        items = audit_items(made, f"{number:016x}")
        assert [audit_entry(item) for item in items] == [made, made]
        for item in items:
            dynamodb.put_item(TableName="AuditTable", Item=item)
    trail = DynamoAuditTrail(dynamodb, "AuditTable", lambda: NOW)

    def page(after: str | None = None, **more: int) -> tuple[list[AuditEntry], str | None]:
        wanted = {"since": 0, "until": 2 * NOW, "limit": 100} | more
        return trail.entries("terminal#t", after=after, **wanted)

    assert page() == (entries[1:], None)
    assert page(since=NOW + 1, until=NOW + 3) == (entries[2:4], None)
    shown, after = page(limit=4)  # the first of them is past its retention
    assert shown == entries[1:4]
    assert page(after)[0] == entries[4:]
    assert page(until=NOW, since=NOW) == ([], None)
    assert trail.entries("terminal#x", since=0, until=1, limit=1, after=None) == ([], None)


def test_a_deployment_is_set_up_once(dynamodb: Any) -> None:
    keys = [(key.spki, f"arn:{n}") for n, key in enumerate(KEYS)]
    source = json.loads(SOURCE.read_bytes())
    begin = First(keys[0], keys[1], keys[2], source, ["app-1"], 9, NOW - 1, NOW + DAY)
    assert put(dynamodb, "ConfigTable", begin.items(NOW)) == ["policy", "policy-source", "keys"]
    policy = DynamoPolicyVersions(dynamodb, "ConfigTable").get()
    assert policy
    assert policy.compiled["app"]["clients"] == [*source["app"]["clients"], "app-1"]
    book = DynamoKeyBooks(dynamodb, "ConfigTable").newest()
    assert book
    assert (book.overlap, book.version) == (9, 1)
    assert {key.purpose for key in book.published().keys} == {"certificate", "status-list"}
    DynamoKeyBooks(dynamodb, "ConfigTable").publish(book.revoke(book.active_kid, now=NOW))
    again = First(keys[3], keys[4], keys[5], source, ["app-2"], 9, NOW, NOW + DAY)
    assert put(dynamodb, "ConfigTable", again.items(NOW + 1)) == []
    assert DynamoPolicyVersions(dynamodb, "ConfigTable").get() == policy


def test_the_commands_explain_themselves(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--help"], ["setup", "--help"], ["keys", "rotate", "--help"]):
        with pytest.raises(SystemExit) as ended:
            ops_main(words)
        assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert "--standby-key-arn" in shown
    assert "--kid" in shown
