"""Issuance records: what was meant to be signed. Inserted once, never changed, never deleted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jianbiao.aws.dynamo import Item, Table, number, text
from jianbiao.records import Cause, Issuance
from jianbiao.wire import jb1
from jianbiao.wire.claims import Claims


def issuance_item(issuance: Issuance) -> Item:
    """An issuance as stored; the payload is kept as the bytes that get signed."""
    item = {
        "certificate_id": {"S": issuance.certificate_id},
        "payload": {"B": jb1.payload_bytes(issuance.claims)},
        "kid": {"B": issuance.kid},
        "vin": {"S": issuance.vin},
        "channel": {"N": str(issuance.cause.channel)},
        "trigger": {"S": issuance.cause.trigger},
        "actor": {"S": issuance.cause.actor},
        "rule_id": {"S": issuance.rule_id},
        "policy_version": {"N": str(issuance.policy_version)},
        "transition": {"BOOL": issuance.transition},
    }
    if issuance.supersedes:
        item["supersedes"] = {"S": issuance.supersedes}
    return item


def issuance_of(item: Item, claims: Claims) -> Issuance:
    """The issuance in an item, with the claims that the item's payload or certificate says."""
    return Issuance(
        claims=claims,
        kid=bytes(item["kid"]["B"]),
        vin=text(item, "vin"),
        cause=Cause(number(item, "channel"), text(item, "trigger"), text(item, "actor")),
        rule_id=text(item, "rule_id"),
        policy_version=number(item, "policy_version"),
        transition=bool(item["transition"]["BOOL"]),
        supersedes=text(item, "supersedes") or None,
    )


def stored_issuance(item: Item) -> Issuance:
    """Inverse of `issuance_item`."""
    return issuance_of(item, jb1.decode_payload(bytes(item["payload"]["B"])))


class DynamoIssuances:
    """Port `Issuances`."""

    def __init__(self, client: Any, table: str) -> None:
        self._table = Table(client, table)

    def insert_many(self, issuances: Sequence[Issuance]) -> None:
        # A duplicate is our own insert whose answer was lost: the id is random.
        self._table.insert_many([issuance_item(issuance) for issuance in issuances])

    def get(self, certificate_id: str) -> Issuance | None:
        item = self._table.get({"certificate_id": {"S": certificate_id}})
        return stored_issuance(item) if item else None
