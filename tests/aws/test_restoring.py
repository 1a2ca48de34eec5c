"""Tables that came back from an earlier moment: what the others and the published lists know is put back."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from typing import Any

import pytest

from jianbiao.aws import dynamo
from jianbiao.aws.certificates import certificate_item, certificate_of, put_new, step
from jianbiao.aws.indices import DynamoIndices
from jianbiao.aws.issuances import issuance_item
from jianbiao.aws.restoring import Restorer
from jianbiao.aws.tables import Tables
from jianbiao.ops.refill import refill
from jianbiao.records import Certificate
from jianbiao.services.restore import Mending, Row, fresh_blocks, mended, voided
from tests.services.ledgers import row, run, vin
from tests.support.memory_lists import ListWorld
from tests.support.moto_tables import moto_tables
from tests.support.world import World

ALLOCATIONS = "AllocationsTable"
ENDED = {1: "revoked", 2: "suspended", 3: "superseded"}


@dataclasses.dataclass
class Stored:
    """Six certificates in the tables, three of which have ended since a moment that was kept, and their list."""

    client: Any
    tables: Tables
    lists: ListWorld
    certificates: list[Certificate]
    earlier: dict[str, list[dict[str, Any]]]

    def back(self, *tables: str) -> None:
        """Tables as they were at the moment that was kept."""
        for table in tables:
            for item in self._items(table):
                self.client.delete_item(TableName=table, Key={k: item[k] for k in self._key(table)})
            for item in self.earlier[table]:
                self.client.put_item(TableName=table, Item=item)

    def _items(self, table: str) -> list[dict[str, Any]]:
        return list(self.client.scan(TableName=table)["Items"])

    def _key(self, table: str) -> list[str]:
        schema = self.client.describe_table(TableName=table)["Table"]["KeySchema"]
        return [part["AttributeName"] for part in schema]

    def keep(self) -> None:
        names = (self.tables.certificates, self.tables.statuses, self.tables.issuances, ALLOCATIONS)
        self.earlier = {table: self._items(table) for table in names}

    def restored(self, **changes: Any) -> dict[str, int]:
        made = Restorer(
            self.client,
            self.tables,
            ALLOCATIONS,
            self.lists.lists,  # type: ignore[arg-type]
            self.lists.keys.current().published,
            "test",
            os.urandom,
        )
        return dict(dataclasses.replace(made, **changes).run())

    def states(self) -> list[str]:
        found = {}
        for item in self._items(self.tables.certificates):
            certificate = certificate_of(item)
            found[certificate.certificate_id] = certificate.status
        return [found.get(c.certificate_id, "absent") for c in self.certificates]

    def rows(self) -> dict[int, int]:
        return {
            dynamo.number(i, "idx"): dynamo.number(i, "status") for i in self._items(self.tables.statuses)
        }


@pytest.fixture
def stored() -> Iterator[Stored]:
    world, lists = World(), ListWorld()
    run(world, b"\n".join(row(number) for number in range(1, 7)))
    certificates = [next(iter(world.active(vin(number)))) for number in range(1, 7)]
    lists.now = world.clock() + 1000
    with moto_tables() as (client, tables):
        for certificate in certificates:
            client.put_item(TableName=tables.certificates, Item=certificate_item(certificate))
            client.put_item(TableName=tables.issuances, Item=issuance_item(certificate.issuance))
        made = Stored(client, tables, lists, certificates, {})
        made.keep()
        for number, (value, state) in enumerate(ENDED.items()):
            after = certificates[number].step(state, at=lists.now - 500, by="x", why="y")
            assert not dynamo.transact(client, step(tables, after))
            lists.statuses.rows[0, after.claims.status_idx] = value
        lists.publisher.publish(0)
        yield made


WANTED = ["revoked", "suspended", "superseded", "active", "active", "active"]


@pytest.mark.parametrize("lost", [("certificates",), ("statuses",), ("certificates", "statuses"), ()])
def test_no_revocation_is_lost(stored: Stored, lost: tuple[str, ...]) -> None:
    stored.back(*(getattr(stored.tables, table) for table in lost))
    done = stored.restored()
    assert stored.states() == WANTED
    assert sorted(stored.rows().values()) == [1, 2, 3]
    assert bool(done.keys() & {"certificates stepped", "statuses put back"}) == bool(lost)
    again = stored.restored()
    assert not again.keys() & {"certificates stepped", "statuses put back", "blocks of indices opened"}


def test_a_dry_run_writes_nothing(stored: Stored) -> None:
    stored.back(stored.tables.certificates, stored.tables.statuses)
    said = stored.restored(dry_run=True)
    assert said["certificates stepped"] == 3
    assert stored.states() == ["active"] * 6
    assert stored.rows() == {}


def test_a_list_that_is_not_ours_is_not_believed(stored: Stored) -> None:
    stored.back(stored.tables.certificates, stored.tables.statuses)
    held = stored.lists.lists.stored[0]
    stored.lists.lists.stored[0] = dataclasses.replace(
        held, token=held.token[:-1] + bytes((held.token[-1] ^ 1,))
    )
    assert stored.restored()["lists that cannot be trusted"] == 1
    assert stored.states() == ["active"] * 6


def test_a_certificate_that_was_lost_is_named_and_one_that_had_ended_is_not_signed_again(
    stored: Stored,
) -> None:
    for certificate in (stored.certificates[0], stored.certificates[5]):
        stored.client.delete_item(
            TableName=stored.tables.certificates,
            Key={"certificate_id": {"S": certificate.certificate_id}},
        )
    done = stored.restored()
    assert (done["issuances without a certificate"], done["issuances voided"]) == (2, 1)
    assert stored.states() == ["revoked", *WANTED[1:5], "absent"]


def test_no_index_is_given_out_twice(stored: Stored) -> None:
    issued = stored.certificates[0].issuance
    indices = DynamoIndices(stored.client, ALLOCATIONS, os.urandom)
    first = indices.take(20)
    stored.keep()
    since = [place for _ in range(60) for place in indices.take(7)]
    for number, (list_number, index) in enumerate([*first, *since]):
        claims = dataclasses.replace(
            issued.claims,
            cti=number.to_bytes(16),
            status_uri=f"urn:jianbiao:test:{list_number}",
            status_idx=index,
        )
        item = issuance_item(dataclasses.replace(issued, claims=claims))
        stored.client.put_item(TableName=stored.tables.issuances, Item=item)
    stored.back(ALLOCATIONS)
    assert stored.restored()["blocks of indices opened"] > 1
    assert "blocks of indices opened" not in stored.restored()
    later = [place for _ in range(200) for place in indices.take(5)]
    assert not set(later) & {*first, *since}
    assert len(set(later)) == len(later)


def test_somebody_who_writes_meanwhile_is_not_overwritten(stored: Stored) -> None:
    stored.back(stored.tables.certificates)
    certificate = stored.certificates[0]
    before = certificate_of(certificate_item(certificate))
    other = before.step("suspended", at=stored.lists.now + 5, by="operator", why="z")
    restorer_step = mended(before, Row(1, stored.lists.now), None).certificate
    assert restorer_step
    assert not dynamo.transact(stored.client, step(stored.tables, other))
    assert dynamo.transact(stored.client, step(stored.tables, restorer_step))
    assert put_new(stored.tables, certificate)["Put"]["ConditionExpression"]


# --- The decisions themselves -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def active() -> Certificate:
    world = World()
    run(world, row(1))
    (made,) = world.active(vin(1))
    return made  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("row_", "listed", "becomes"),
    [
        (None, None, "active"),
        (None, Row(0, 10**10), "active"),
        (None, Row(1, 10**10), "revoked"),
        (None, Row(1, 0), "active"),  # a list from before the certificate knows nothing of it
        (Row(2, 10**10), None, "suspended"),
        (Row(1, 10**10), Row(2, 10**10 + 60), "revoked"),  # a list never takes a table's state back
        (Row(0, 10**10), Row(2, 10**10 - 1), "active"),  # reinstated after the list was made
        (Row(0, 10**10), Row(2, 10**10 + 1), "suspended"),
        (Row(1, 0), None, "active"),
    ],
)
def test_the_newest_state_counts(
    active: Certificate, row_: Row | None, listed: Row | None, becomes: str
) -> None:
    found = mended(active, row_, listed)
    assert (found.certificate or active).status == becomes


def test_what_is_in_order_needs_nothing(active: Certificate) -> None:
    assert mended(active, None, None) == Mending()
    revoked = active.step("revoked", at=9_999_999_999, by="x", why="")
    assert mended(revoked, Row(1, 9_999_999_999), Row(1, 10**10)) == Mending()
    assert voided(active.issuance, None, Row(0, 1)) == Mending()


def test_blocks_behind_what_was_issued() -> None:
    sizes = {"shards": 4, "block": 8, "entries": 64}
    assert fresh_blocks([], {}, **sizes) == {}
    # Block 0 is the first of shard 0, block 5 the second of shard 1, block 9 (list 1, index 8) its third.
    assert fresh_blocks([(0, 7)], {0: 0}, **sizes) == {0: 4}
    assert fresh_blocks([(0, 40), (1, 8)], {1: 5}, **sizes) == {1: 13}
    assert fresh_blocks([(0, 7)], {0: 4}, **sizes) == {}


@pytest.mark.parametrize("replace", [False, True])
def test_a_restored_table_is_copied_into_the_live_one(stored: Stored, replace: bool) -> None:
    live, beside = stored.tables.certificates, stored.tables.issuances
    lost = stored.certificates[4]
    for item in stored.earlier[live]:
        stored.client.put_item(TableName=beside, Item=item)
    stored.client.delete_item(TableName=live, Key={"certificate_id": {"S": lost.certificate_id}})
    assert refill(stored.client, beside, live, replace=replace) == ((6, 0) if replace else (1, 5))
    assert stored.states() == ["active"] * 6 if replace else WANTED
