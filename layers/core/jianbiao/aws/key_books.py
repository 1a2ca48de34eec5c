"""Key books in the Config table: a version that is there is never changed."""

from __future__ import annotations

import json
from typing import Any

from jianbiao.aws import dynamo
from jianbiao.aws.clients import translated
from jianbiao.aws.dynamo import Item, number, text
from jianbiao.errors import Unavailable
from jianbiao.ports import Stale
from jianbiao.services.key_book import KeyBook

NAME = "keys"
DEFAULT_OVERLAP = 86_400
"""24 hours (wire format 4); a local deployment has seconds."""


def book_item(book: KeyBook) -> Item:
    """A book as stored; `aws.config` reads the same item."""
    return {
        "name": {"S": NAME},
        "version": {"N": str(book.version)},
        "jwks": {"S": json.dumps(book.document(), ensure_ascii=False, separators=(",", ":"))},
        "signing": {"S": json.dumps(dict(book.arns))},
        "active_kid": {"S": book.active_kid},
        "list_kid": {"S": book.list_kid},
        "overlap": {"N": str(book.overlap)},
    }


def book_of(item: Item) -> KeyBook:
    """Inverse of `book_item`."""
    return KeyBook(
        version=number(item, "version"),
        keys=tuple(json.loads(text(item, "jwks"))["keys"]),
        arns=json.loads(text(item, "signing")),
        active_kid=text(item, "active_kid"),
        list_kid=text(item, "list_kid"),
        overlap=number(item, "overlap") if "overlap" in item else DEFAULT_OVERLAP,
    )


class DynamoKeyBooks:
    """Where the book lies."""

    def __init__(self, client: Any, table: str) -> None:
        self._client, self._table = client, table

    def newest(self) -> KeyBook | None:
        """The book in force. Raises Unavailable."""
        with translated("config"):
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="#n = :n",
                ExpressionAttributeNames={"#n": "name"},
                ExpressionAttributeValues={":n": {"S": NAME}},
                ScanIndexForward=False,
                Limit=1,
                ConsistentRead=True,
            )
        return book_of(answer["Items"][0]) if answer["Items"] else None

    def publish(self, book: KeyBook) -> None:
        """Store the next version. Raises Stale where somebody else has published it, Unavailable."""
        try:
            with translated("config"):
                self._client.put_item(
                    TableName=self._table,
                    Item=book_item(book),
                    ConditionExpression="attribute_not_exists(#n)",
                    ExpressionAttributeNames={"#n": "name"},
                )
        except Unavailable as error:
            if dynamo.condition_failed(error):
                raise Stale(f"version {book.version} is published already") from error
            raise
