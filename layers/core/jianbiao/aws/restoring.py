"""What `services.restore` reads and writes: scans of the tables, the published lists, conditional writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jianbiao.aws import dynamo
from jianbiao.aws.certificates import certificate_of, put_new, step
from jianbiao.aws.clients import translated
from jianbiao.aws.dynamo import Item, number, text
from jianbiao.aws.indices import BLOCK, LIST, SHARDS
from jianbiao.aws.issuances import stored_issuance
from jianbiao.aws.status_lists import S3Lists
from jianbiao.aws.tables import Tables
from jianbiao.errors import Untrusted
from jianbiao.services.restore import Mending, Row, fresh_blocks, mended, voided
from jianbiao.wire.keys import KeySet
from jianbiao.wire.status_list import StatusList, get_entry, list_uri, read_status_list


@dataclass(frozen=True, slots=True)
class Restorer:
    """Reads everything and writes what is missing. Counts of what it did are for people."""

    client: Any
    tables: Tables
    allocations: str
    lists: S3Lists
    keys: KeySet
    deployment: str
    random: Callable[[int], bytes]
    dry_run: bool = False

    def run(self) -> Counter[str]:
        """All three parts. Raises Unavailable: run it again."""
        done: Counter[str] = Counter()
        rows = {
            (number(item, "list"), number(item, "idx")): Row(number(item, "status"), number(item, "at"))
            for item in self._scan(self.tables.statuses)
        }
        published = self._published(done)
        seen: set[str] = set()
        for item in self._scan(self.tables.certificates):
            certificate = certificate_of(item)
            seen.add(certificate.certificate_id)
            place = _place(certificate.issuance)
            self._write(mended(certificate, rows.get(place), _listed(published, place)), place, done)
        issued = []
        for item in self._scan(self.tables.issuances):
            issuance = stored_issuance(item)
            place = _place(issuance)
            issued.append(place)
            if issuance.certificate_id not in seen:
                done["issuances without a certificate"] += 1
                listed = _listed(published, place)
                self._write(voided(issuance, rows.get(place), listed), place, done)
        self._open_blocks(issued, done)
        return done

    def _published(self, done: Counter[str]) -> Mapping[int, StatusList]:
        """Every list that our list key has signed, by number."""
        found = {}
        for list_number in self.lists.published():
            stored = self.lists.get(list_number)
            try:
                uri = list_uri(self.deployment, list_number)
                found[list_number] = read_status_list(stored.token if stored else b"", self.keys, uri)
            except Untrusted:
                done["lists that cannot be trusted"] += 1
        return found

    def _write(self, mending: Mending, place: tuple[int, int], done: Counter[str]) -> None:
        operations: list[Item] = []
        if mending.certificate and mending.is_new:
            done["issuances voided"] += 1
            operations.append(put_new(self.tables, mending.certificate))
        elif mending.certificate:
            done["certificates stepped"] += 1
            operations += step(self.tables, mending.certificate)
        if mending.row and (mending.is_new or not mending.certificate):
            done["statuses put back"] += 1
            row = {"status": mending.row.status, "at": mending.row.at}
            item = {"list": place[0], "idx": place[1], **row}
            numbers = {name: {"N": str(value)} for name, value in item.items()}
            operations.append({"Put": {"TableName": self.tables.statuses, "Item": numbers}})
        if operations and not self.dry_run and dynamo.transact(self.client, operations):
            done["written by somebody else meanwhile: run it again"] += 1

    def _open_blocks(self, issued: list[tuple[int, int]], done: Counter[str]) -> None:
        items = {int(text(item, "shard")): item for item in self._scan(self.allocations)}
        present = {shard: number(item, "block") for shard, item in items.items()}
        for shard, block in fresh_blocks(issued, present, shards=SHARDS, block=BLOCK, entries=LIST).items():
            done["blocks of indices opened"] += 1
            if self.dry_run:
                continue
            item = {
                "shard": {"S": str(shard)},
                "block": {"N": str(block)},
                "next": {"N": "0"},
                "secret": {"B": self.random(16)},
            }
            with translated("allocations"):
                self.client.put_item(TableName=self.allocations, Item=item)

    def _scan(self, table: str) -> Iterator[Item]:
        with translated("scan"):
            for page in self.client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
                yield from page["Items"]


def _place(issuance: Any) -> tuple[int, int]:
    """(list number, index)."""
    return int(issuance.claims.status_uri.rpartition(":")[2]), issuance.claims.status_idx


def _listed(published: Mapping[int, StatusList], place: tuple[int, int]) -> Row | None:
    found = published.get(place[0])
    return Row(get_entry(found.entries, place[1]) or 0, found.iat) if found else None
