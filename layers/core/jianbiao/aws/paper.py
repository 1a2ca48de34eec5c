"""Requests for paper marks, and the list of each vehicle's open ones."""

from __future__ import annotations

import json
import re
from typing import Any

from jianbiao.aws import dynamo, open_lists
from jianbiao.aws.clients import translated
from jianbiao.aws.dynamo import Item, Table, number, text
from jianbiao.aws.tables import Tables
from jianbiao.citizen_records import OpenList, PaperRequest
from jianbiao.domain.paper import Delivery
from jianbiao.ports import Stale
from jianbiao.records import Ending, Step

_REQUEST_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}-[1-9][0-9]{0,8}")


def paper_key(certificate_id: str, number_: int) -> Item:
    """Key of a request."""
    return {"certificate_id": {"S": certificate_id}, "request_number": {"N": str(number_)}}


def list_key(vin: str) -> Item:
    """Key of a vehicle's list of open requests."""
    return paper_key(f"{open_lists.VEHICLE}{vin}", 0)


def split_id(request_id: str) -> tuple[str, int]:
    """Certificate id and number of a request id. Raises ValueError."""
    if not _REQUEST_ID.fullmatch(request_id):
        raise ValueError("no request id")
    certificate_id, _, digits = request_id.rpartition("-")
    return certificate_id, int(digits)


def paper_item(paper: PaperRequest) -> Item:
    """A request as stored. `forget_at` is the table's time to live."""
    life = [[step.status, step.at, step.by, step.why] for step in paper.life]
    item: Item = {
        **paper_key(paper.certificate_id, paper.number),
        "vin": {"S": paper.vin},
        "person_ref": {"S": paper.person_ref},
        "delivery": {"S": str(paper.delivery)},
        "office": {"S": paper.office},
        "paper_state": {"S": str(paper.state)},
        "office_state": {"S": office_state(paper.office, paper.state)},
        "requested_at": {"N": str(paper.requested_at)},
        "life": {"S": json.dumps(life, ensure_ascii=False, separators=(",", ":"))},
        "keep": {"N": str(paper.keep)},
    }
    if paper.recipient:
        item["recipient"] = {"B": paper.recipient}
    if not paper.is_open:
        item["forget_at"] = {"N": str(paper.life[-1].at + paper.keep)}
    return item


def paper_of(item: Item) -> PaperRequest:
    """Inverse of `paper_item`."""
    life = tuple(Step(*step) for step in json.loads(text(item, "life")))
    # A change of owner writes the state alone (aws.endings); the step follows from what it wrote.
    if (state := text(item, "paper_state")) != life[-1].status:
        life = (*life, Step(state, number(item, "ended_at"), text(item, "ended_by"), text(item, "ended_why")))
    return PaperRequest(
        certificate_id=text(item, "certificate_id"),
        number=number(item, "request_number"),
        vin=text(item, "vin"),
        person_ref=text(item, "person_ref"),
        delivery=Delivery(text(item, "delivery")),
        office=text(item, "office"),
        recipient=bytes(item["recipient"]["B"]) if "recipient" in item else b"",
        life=life,
        keep=number(item, "keep"),
    )


class DynamoPaper:
    """Port `Paper`."""

    def __init__(self, client: Any, tables: Tables) -> None:
        self._client, self._tables = client, tables
        self._table = Table(client, tables.paper)

    def get(self, request_id: str) -> PaperRequest | None:
        try:
            certificate_id, number_ = split_id(request_id)
        except ValueError:
            return None
        item = self._table.get(paper_key(certificate_id, number_))
        return paper_of(item) if item and "vin" in item else None

    def of_certificate(self, certificate_id: str) -> list[PaperRequest]:
        with translated("paper"):
            answer = self._client.query(
                TableName=self._table.name,
                KeyConditionExpression="certificate_id = :c",
                ExpressionAttributeValues={":c": {"S": certificate_id}},
                ConsistentRead=True,
                ScanIndexForward=False,
                Limit=20,
            )
        return [paper_of(item) for item in reversed(answer["Items"])]

    def open_list(self, vin: str) -> OpenList:
        return open_lists.read(self._table, list_key(vin), vin)

    def open_of_vehicle(self, vin: str) -> list[Ending]:
        """All that a change of owner has to end, for VehicleChange.endings: the open requests, and their list, so
        that a request made meanwhile makes the change Stale."""
        listed = self.open_list(vin)
        found = self._table.get_many(paper_key(*split_id(id_)) for id_ in listed.keys)
        papers = [paper for paper in map(paper_of, found) if paper.is_open]
        ends = [Ending("paper", (p.certificate_id, str(p.number), p.office), "owner-changed") for p in papers]
        return [*ends, Ending("papers", (vin, str(listed.version)), "owner-changed")]

    def add(self, paper: PaperRequest, listed: OpenList, keys: tuple[str, ...]) -> None:
        put = {
            "Put": {
                "TableName": self._table.name,
                "Item": paper_item(paper),
                "ConditionExpression": "attribute_not_exists(certificate_id)",
            }
        }
        owned = {
            "ConditionCheck": {
                "TableName": self._tables.vehicles,
                "Key": {"vin": {"S": paper.vin}},
                "ConditionExpression": "owner_ref = :owner",
                "ExpressionAttributeValues": {":owner": {"S": paper.person_ref}},
            }
        }
        self._write([put, self._list(listed, keys), owned])

    def step(
        self, before: PaperRequest, after: PaperRequest, listed: OpenList, keys: tuple[str, ...]
    ) -> None:
        put = {
            "Put": {
                "TableName": self._table.name,
                "Item": paper_item(after),
                "ConditionExpression": "paper_state = :before",
                "ExpressionAttributeValues": {":before": {"S": str(before.state)}},
            }
        }
        self._write([put, self._list(listed, keys)])

    def in_state(
        self, state: str, office: str | None, *, limit: int, after: str | None
    ) -> tuple[list[PaperRequest], str | None]:
        name, value = ("office_state", office_state(office, state)) if office else ("paper_state", state)
        start: dict[str, Any] = {}
        if after:
            request_id, _, at = after.rpartition("@")
            key = {**paper_key(*split_id(request_id)), name: {"S": value}, "requested_at": {"N": at}}
            start = {"ExclusiveStartKey": key}
        with translated("paper"):
            answer = self._client.query(
                TableName=self._table.name,
                IndexName="by-office" if office else "by-state",
                KeyConditionExpression=f"{name} = :v",
                ExpressionAttributeValues={":v": {"S": value}},
                Limit=limit,
                **start,
            )
        keys = [
            {name: item[name] for name in ("certificate_id", "request_number")} for item in answer["Items"]
        ]
        # The index only says which: states and addresses are read consistently.
        papers = [paper_of(item) for item in self._table.get_many(keys)]
        papers.sort(key=lambda paper: (paper.requested_at, paper.request_id))
        if "LastEvaluatedKey" not in answer:
            return papers, None
        last = answer["LastEvaluatedKey"]
        following = (
            f"{text(last, 'certificate_id')}-{number(last, 'request_number')}@{number(last, 'requested_at')}"
        )
        return papers, following

    def _list(self, listed: OpenList, keys: tuple[str, ...]) -> Item:
        return open_lists.write(self._table.name, list_key(listed.of), listed, keys)

    def _write(self, operations: list[Item]) -> None:
        if dynamo.transact(self._client, operations):
            raise Stale("the request, its vehicle's list or the owner has changed")


def office_state(office: str, state: str) -> str:
    """Key of the index by office: its requests in one state."""
    return f"{state}#{office}"
