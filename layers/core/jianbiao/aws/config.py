"""The deployment's key set and policy: two items that every function reads and keeps for half a minute."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from jianbiao.aws.clients import translated
from jianbiao.aws.dynamo import Item, Table, text
from jianbiao.domain.policy import Policy
from jianbiao.errors import Unavailable
from jianbiao.ports import SigningKeys
from jianbiao.wire.jb1 import KID_SIZE
from jianbiao.wire.keys import KeySet, from_base64url

TTL = 30.0
"""Seconds for which an item is used without asking again: a new policy is in effect within 60 s."""

T = TypeVar("T")


class Cached(Generic[T]):
    """The newest version of a named item, built once for each version.

    While the table cannot be read, the last version known goes on being used: a verifier that forgets its keys
    because a table is down would fail for no gain.
    """

    def __init__(
        self, client: Any, table: str, name: str, build: Callable[[Item], T], monotonic: Callable[[], float]
    ) -> None:
        self._client, self._table, self._name = client, Table(client, table), name
        self._build, self._monotonic = build, monotonic
        self._item: Item | None = None
        self._built: T | None = None
        self._until = float("-inf")

    def get(self) -> T:
        """The built value. Raises Unavailable when it was never read."""
        if self._monotonic() >= self._until:
            try:
                self._refresh()
            except Unavailable:
                if self._built is None:
                    raise
            self._until = self._monotonic() + TTL
        if self._built is None:
            raise Unavailable(f"no {self._name} published yet")
        return self._built

    def _refresh(self) -> None:
        with translated("config"):
            answer = self._client.query(
                TableName=self._table.name,
                KeyConditionExpression="#n = :n",
                ExpressionAttributeNames={"#n": "name"},
                ExpressionAttributeValues={":n": {"S": self._name}},
                ScanIndexForward=False,
                Limit=1,
                ConsistentRead=True,
            )
        if answer["Items"] and answer["Items"][0] != self._item:
            self._item = answer["Items"][0]
            self._built = self._build(self._item)


@dataclass(frozen=True, slots=True)
class PublishedKeys:
    """A key set as stored: the published document, and what only signers need."""

    document: bytes
    """The JWK Set as it is served."""
    signing: SigningKeys
    arns: dict[bytes, str]


def _published(item: Item) -> PublishedKeys:
    document = text(item, "jwks").encode()
    arns = {from_base64url(kid, KID_SIZE): arn for kid, arn in json.loads(text(item, "signing")).items()}
    list_kid = text(item, "list_kid")
    signing = SigningKeys(
        KeySet.from_jwks(document),
        from_base64url(text(item, "active_kid"), KID_SIZE),
        from_base64url(list_kid, KID_SIZE) if list_kid else None,
    )
    return PublishedKeys(document, signing, arns)


class DynamoKeys:
    """Port `Keys`."""

    def __init__(self, client: Any, table: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._cached = Cached(client, table, "keys", _published, monotonic)

    def current(self) -> SigningKeys:
        return self._cached.get().signing

    def document(self) -> bytes:
        """The published JWK Set, UTF-8 JSON."""
        return self._cached.get().document

    def key_arns(self) -> dict[bytes, str]:
        """KMS key ARN by kid."""
        return self._cached.get().arns


class DynamoPolicies:
    """Port `Policies`."""

    def __init__(self, client: Any, table: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._cached = Cached(
            client, table, "policy", lambda item: Policy(json.loads(text(item, "compiled"))), monotonic
        )

    def current(self) -> Policy:
        return self._cached.get()


class DynamoStartLinks:
    """What the start page of a non-production deployment offers to try: {title, description, href} each, texts as
    {zh, en}, grouped in sections. Empty where nothing was written."""

    def __init__(self, client: Any, table: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._cached: Cached[list[dict[str, Any]]] = Cached(
            client, table, "start", lambda item: list(json.loads(text(item, "sections"))), monotonic
        )

    def current(self) -> list[dict[str, Any]]:
        """Sections of links."""
        try:
            return self._cached.get()
        except Unavailable:
            return []
