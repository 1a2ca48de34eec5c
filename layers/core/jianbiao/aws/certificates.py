"""Certificates, their bytes and their lives."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from jianbiao.aws import dynamo
from jianbiao.aws.clients import translated
from jianbiao.aws.dynamo import Item, Table, text
from jianbiao.aws.issuances import issuance_item, issuance_of, stored_issuance
from jianbiao.aws.tables import Tables
from jianbiao.domain.certificate import State
from jianbiao.errors import Unavailable
from jianbiao.ports import Stale
from jianbiao.records import STATUS_VALUES, Certificate, Step
from jianbiao.wire import jb1


def certificate_item(certificate: Certificate) -> Item:
    """A certificate as stored: its issuance with the signed bytes instead of the payload, and its life."""
    item = issuance_item(certificate.issuance)
    if certificate.data:
        del item["payload"]
        item["data"] = {"B": certificate.data}
    life = [[step.status, step.at, step.by, step.why] for step in certificate.life]
    return item | {
        "life": {"S": json.dumps(life, ensure_ascii=False, separators=(",", ":"))},
        "steps": {"N": str(len(certificate.life))},
    }


def certificate_of(item: Item) -> Certificate:
    """Inverse of `certificate_item`."""
    life = tuple(Step(*step) for step in json.loads(text(item, "life")))
    if "data" not in item:
        return Certificate(stored_issuance(item), b"", life)
    data = bytes(item["data"]["B"])
    return Certificate(issuance_of(item, jb1.open_certificate(data).claims), data, life)


def put_new(tables: Tables, certificate: Certificate) -> Item:
    """The operation of a transaction that stores a certificate which is not there yet."""
    return {
        "Put": {
            "TableName": tables.certificates,
            "Item": certificate_item(certificate),
            "ConditionExpression": "attribute_not_exists(certificate_id)",
        }
    }


def step(tables: Tables, after: Certificate) -> list[Item]:
    """The operations of a transaction that take a certificate one step on, if it is as it was before that step,
    and enter its new state into its status list."""
    item = certificate_item(after)
    number = int(after.claims.status_uri.rpartition(":")[2])
    return [
        {
            "Update": {
                "TableName": tables.certificates,
                "Key": {"certificate_id": item["certificate_id"]},
                "UpdateExpression": "SET life = :life, steps = :after",
                "ConditionExpression": "steps = :before",
                "ExpressionAttributeValues": {
                    ":life": item["life"],
                    ":after": item["steps"],
                    ":before": {"N": str(len(after.life) - 1)},
                },
            }
        },
        {
            "Put": {
                "TableName": tables.statuses,
                "Item": {
                    "list": {"N": str(number)},
                    "idx": {"N": str(after.claims.status_idx)},
                    "status": {"N": str(STATUS_VALUES[State(after.status)])},
                    "at": {"N": str(after.life[-1].at)},
                },
            }
        },
    ]


class DynamoCertificates:
    """Port `Certificates`."""

    def __init__(self, client: Any, tables: Tables) -> None:
        self._client, self._tables = client, tables
        self._table = Table(client, tables.certificates)

    def get(self, certificate_id: str) -> Certificate | None:
        item = self._table.get({"certificate_id": {"S": certificate_id}})
        return certificate_of(item) if item else None

    def get_many(self, certificate_ids: Iterable[str]) -> dict[str, Certificate]:
        keys = [{"certificate_id": {"S": id_}} for id_ in dict.fromkeys(certificate_ids)]
        found = [certificate_of(item) for item in self._table.get_many(keys)]
        return {certificate.certificate_id: certificate for certificate in found}

    def commit(self, certificate: Certificate, *, supersedes: Certificate | None) -> None:
        put = put_new(self._tables, certificate)
        if supersedes is None:
            try:
                with translated("certificates"):
                    self._client.put_item(**put["Put"])
            except Unavailable as error:
                if dynamo.condition_failed(error):
                    raise Stale("certificate is there") from error
                raise
            return
        begun = certificate.life[0]
        ended = supersedes.step("superseded", at=begun.at, by=begun.by, why=certificate.certificate_id)
        if dynamo.transact(self._client, [put, *step(self._tables, ended)]):
            raise Stale("certificate is there, or the other one has changed")

    def commit_many(self, certificates: Sequence[Certificate]) -> set[str]:
        there = self._table.insert_many([certificate_item(certificate) for certificate in certificates])
        return {c.certificate_id for i, c in enumerate(certificates) if i not in there}
