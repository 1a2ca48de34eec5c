"""The deployment's key set and policy: two items that every function reads and keeps for half a minute."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from jianbiao import metrics
from jianbiao.aws.clients import translated
from jianbiao.aws.dynamo import Item, Table, number, text
from jianbiao.domain.policy import Policy
from jianbiao.errors import Unavailable, Untrusted
from jianbiao.ports import SigningKeys
from jianbiao.wire.jb1 import KID_SIZE
from jianbiao.wire.keys import KeySet, from_base64url

TTL = 30.0
"""Seconds for which an item is used without asking again: a new policy is in effect within 60 s."""
RETRY = 1.0
"""Seconds before an item is asked for again where none was there, or none that can be read: until there is one, every
call ends in a 503."""

T = TypeVar("T")

_UNREADABLE = (Untrusted, ValueError, KeyError, TypeError, AttributeError)
"""What building raises for an item that is not what it should be."""


def _alarm(name: str) -> None:
    metrics.count(metrics.UNREADABLE, name)


class Cached(Generic[T]):
    """The newest version of a named item, built once for each version.

    While the table cannot be read, the last version known goes on being used: a verifier that forgets its keys
    because a table is down would fail for no gain. The same holds for a version that is there and cannot be read,
    which whoever has just started passes over for the newest one before it that can: `on_unreadable` is told the
    name, once for each version, for until somebody publishes a right one, what it was to change has not changed.
    """

    def __init__(
        self,
        client: Any,
        table: str,
        name: str,
        build: Callable[[Item], T],
        monotonic: Callable[[], float],
        on_unreadable: Callable[[str], None] = _alarm,
    ) -> None:
        self._client, self._table, self._name = client, Table(client, table), name
        self._build, self._monotonic, self._on_unreadable = build, monotonic, on_unreadable
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
            self._until = self._monotonic() + (RETRY if self._built is None else TTL)
        if self._built is None:
            raise Unavailable(
                f"no {self._name} published yet" if self._item is None else f"no {self._name} is readable"
            )
        return self._built

    def _refresh(self) -> None:
        newest = item = self._read()
        while item is not None and item != self._item:
            try:
                self._built = self._build(item)
                break
            except _UNREADABLE:
                self._on_unreadable(self._name)
                if self._built is not None:
                    break
                item = self._read(before=number(item, "version"))
        self._item = newest

    def _read(self, before: int = 10**15) -> Item | None:
        """The newest item of a version below `before`."""
        with translated("config"):
            answer = self._client.query(
                TableName=self._table.name,
                KeyConditionExpression="#n = :n AND #v < :before",
                ExpressionAttributeNames={"#n": "name", "#v": "version"},
                ExpressionAttributeValues={":n": {"S": self._name}, ":before": {"N": str(before)}},
                ScanIndexForward=False,
                Limit=1,
                ConsistentRead=True,
            )
        return answer["Items"][0] if answer["Items"] else None


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
