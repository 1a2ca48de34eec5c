"""Share links, stored under the hash of their token, and the list of each certificate's open ones."""

from __future__ import annotations

from typing import Any

from jianbiao.aws import dynamo, open_lists
from jianbiao.aws.clients import translated
from jianbiao.aws.dynamo import Item, Table, number, text
from jianbiao.aws.tables import Tables
from jianbiao.citizen_records import OpenList, Share
from jianbiao.errors import Unavailable
from jianbiao.ports import Stale
from jianbiao.records import Ending


def list_key(certificate_id: str) -> Item:
    """Key of a certificate's list of open links."""
    return {"token_hash": {"S": f"{open_lists.CERTIFICATE}{certificate_id}"}}


def share_item(share: Share) -> Item:
    """A share as stored."""
    item = {
        "token_hash": {"S": share.token_hash},
        "share_id": {"S": share.share_id},
        "certificate_id": {"S": share.certificate_id},
        "created_at": {"N": str(share.created_at)},
        "created_by": {"S": share.created_by},
        "expires_at": {"N": str(share.expires_at)},
        "views": {"N": str(share.views)},
    }
    if share.withdrawn_at is not None:
        item["withdrawn_at"] = {"N": str(share.withdrawn_at)}
    return item


def share_of(item: Item) -> Share:
    """Inverse of `share_item`."""
    return Share(
        share_id=text(item, "share_id"),
        token_hash=text(item, "token_hash"),
        certificate_id=text(item, "certificate_id"),
        created_at=number(item, "created_at"),
        created_by=text(item, "created_by"),
        expires_at=number(item, "expires_at"),
        views=number(item, "views"),
        withdrawn_at=number(item, "withdrawn_at") if "withdrawn_at" in item else None,
    )


class DynamoShares:
    """Port `Shares`."""

    def __init__(self, client: Any, tables: Tables) -> None:
        self._client, self._tables = client, tables
        self._table = Table(client, tables.shares)

    def add(self, share: Share, listed: OpenList, keys: tuple[str, ...], *, vin: str, owner_ref: str) -> None:
        put = {
            "Put": {
                "TableName": self._table.name,
                "Item": share_item(share),
                "ConditionExpression": "attribute_not_exists(token_hash)",
            }
        }
        owned = {
            "ConditionCheck": {
                "TableName": self._tables.vehicles,
                "Key": {"vin": {"S": vin}},
                "ConditionExpression": "owner_ref = :owner",
                "ExpressionAttributeValues": {":owner": {"S": owner_ref}},
            }
        }
        listing = open_lists.write(self._table.name, list_key(listed.of), listed, keys)
        if dynamo.transact(self._client, [put, listing, owned]):
            raise Stale("the certificate's list of links or the owner has changed")

    def open_list(self, certificate_id: str) -> tuple[OpenList, list[Share]]:
        listed = open_lists.read(self._table, list_key(certificate_id), certificate_id)
        found = self._table.get_many({"token_hash": {"S": token_hash}} for token_hash in listed.keys)
        return listed, sorted(map(share_of, found), key=lambda share: (share.created_at, share.share_id))

    def open_of_certificate(self, certificate_id: str) -> list[Ending]:
        """All that a change of owner has to end, for VehicleChange.endings: the links that are not withdrawn, and
        their list, so that a link made meanwhile makes the change Stale."""
        listed, found = self.open_list(certificate_id)
        ends = [Ending("share", (s.token_hash,), "owner-changed") for s in found if s.withdrawn_at is None]
        return [*ends, Ending("shares", (certificate_id, str(listed.version)), "owner-changed")]

    def by_token(self, token_hash: str) -> Share | None:
        item = self._table.get({"token_hash": {"S": token_hash}})
        return share_of(item) if item else None

    def of_certificate(self, certificate_id: str) -> list[Share]:
        keys: list[Item] = []
        request: dict[str, Any] = {
            "TableName": self._table.name,
            "IndexName": "by-certificate",
            "KeyConditionExpression": "certificate_id = :c",
            "ExpressionAttributeValues": {":c": {"S": certificate_id}},
        }
        while True:
            with translated("shares"):
                answer = self._client.query(**request)
            keys += [{"token_hash": item["token_hash"]} for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                break
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        # The index follows by a moment; a link that has just been made is in the list already.
        listed = open_lists.read(self._table, list_key(certificate_id), certificate_id)
        hashes = dict.fromkeys([*(text(key, "token_hash") for key in keys), *listed.keys])
        shares = [share_of(item) for item in self._table.get_many({"token_hash": {"S": h}} for h in hashes)]
        return sorted(shares, key=lambda share: (share.created_at, share.share_id))

    def withdraw(self, token_hash: str, *, at: int, by: str) -> None:
        self._update(
            token_hash,
            "SET withdrawn_at = if_not_exists(withdrawn_at, :at), withdrawn_by = if_not_exists(withdrawn_by, :by)",
            {":at": {"N": str(at)}, ":by": {"S": by}},
        )

    def count_view(self, token_hash: str) -> None:
        self._update(token_hash, "ADD #views :one", {":one": {"N": "1"}}, {"#views": "views"})

    def _update(
        self, token_hash: str, expression: str, values: Item, names: dict[str, str] | None = None
    ) -> None:
        request: dict[str, Any] = {"ExpressionAttributeNames": names} if names else {}
        try:
            with translated("shares"):
                self._client.update_item(
                    TableName=self._table.name,
                    Key={"token_hash": {"S": token_hash}},
                    UpdateExpression=expression,
                    ConditionExpression="attribute_exists(token_hash)",
                    ExpressionAttributeValues=values,
                    **request,
                )
        except Unavailable as error:
            # A link that the retention job has removed meanwhile has nothing left to update.
            if not dynamo.condition_failed(error):
                raise
