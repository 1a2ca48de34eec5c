"""Certificates, their bytes and their lives."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from jianbiao.aws import dynamo
from jianbiao.aws.clients import translated
from jianbiao.aws.dynamo import Item, Table, text
from jianbiao.aws.issuances import issuance_item, issuance_of
from jianbiao.errors import Unavailable
from jianbiao.ports import Stale
from jianbiao.records import Certificate, Step
from jianbiao.wire import jb1


def certificate_item(certificate: Certificate) -> Item:
    """A certificate as stored: its issuance with the signed bytes instead of the payload, and its life."""
    item = issuance_item(certificate.issuance)
    del item["payload"]
    life = [[step.status, step.at, step.by, step.why] for step in certificate.life]
    item |= {
        "data": {"B": certificate.data},
        "life": {"S": json.dumps(life, ensure_ascii=False, separators=(",", ":"))},
        "steps": {"N": str(len(certificate.life))},
    }
    return item


def certificate_of(item: Item) -> Certificate:
    """Inverse of `certificate_item`."""
    data = bytes(item["data"]["B"])
    issuance = issuance_of(item, jb1.open_certificate(data).claims)
    return Certificate(issuance, data, tuple(Step(*step) for step in json.loads(text(item, "life"))))


class DynamoCertificates:
    """Port `Certificates`."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = Table(client, table)

    def get(self, certificate_id: str) -> Certificate | None:
        item = self._table.get({"certificate_id": {"S": certificate_id}})
        return certificate_of(item) if item else None

    def get_many(self, certificate_ids: Iterable[str]) -> dict[str, Certificate]:
        keys = [{"certificate_id": {"S": id_}} for id_ in dict.fromkeys(certificate_ids)]
        found = [certificate_of(item) for item in self._table.get_many(keys)]
        return {certificate.certificate_id: certificate for certificate in found}

    def commit(self, certificate: Certificate, *, supersedes: Certificate | None) -> None:
        put = {
            "TableName": self._table.name,
            "Item": certificate_item(certificate),
            "ConditionExpression": "attribute_not_exists(certificate_id)",
        }
        if supersedes is None:
            try:
                with translated("certificates"):
                    self._client.put_item(**put)
            except Unavailable as error:
                if dynamo.condition_failed(error):
                    raise Stale("certificate is there") from error
                raise
            return
        begun = certificate.life[0]
        ended = supersedes.step("superseded", at=begun.at, by=begun.by, why=certificate.certificate_id)
        if dynamo.transact(self._client, [{"Put": put}, self.step(supersedes, ended)]):
            raise Stale("certificate is there, or the other one has changed")

    def commit_many(self, certificates: Sequence[Certificate]) -> set[str]:
        there = self._table.insert_many([certificate_item(certificate) for certificate in certificates])
        return {c.certificate_id for i, c in enumerate(certificates) if i not in there}

    def step(self, before: Certificate, after: Certificate) -> Item:
        """The operation of a transaction that takes a certificate one step on, if it is as it was read."""
        item = certificate_item(after)
        return {
            "Update": {
                "TableName": self._table.name,
                "Key": {"certificate_id": item["certificate_id"]},
                "UpdateExpression": "SET life = :life, steps = :after",
                "ConditionExpression": "steps = :before",
                "ExpressionAttributeValues": {
                    ":life": item["life"],
                    ":after": item["steps"],
                    ":before": {"N": str(len(before.life))},
                },
            }
        }
