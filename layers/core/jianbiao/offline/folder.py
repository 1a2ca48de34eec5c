"""The folder in which a terminal keeps the key set and the status lists, and what it has seen of each.

::

    jwks.json          the published key set, as it was downloaded
    lists/<name>.cwt   one status list, as it was downloaded
    seen.json          highest version of the set, newest iat of each list: whoever puts older files in place,
                       by hand or by a server that lies, is refused

A file is replaced in one step (write beside, then rename); a crash in between leaves the older one, whole.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jianbiao.errors import Untrusted
from jianbiao.wire.keys import KeySet
from jianbiao.wire.reasons import UntrustedReason
from jianbiao.wire.status_list import MAX_TOKEN, StatusList, read_status_list

MAX_KEY_SET = 2**20
"""Bytes of a key set: some thousand divisions with their names take a tenth."""


class NothingHeld(Exception):
    """There is no key set in the folder yet."""


@dataclass(slots=True)
class Seen:
    """What this terminal has accepted so far."""

    version: int = -1
    lists: dict[str, int] = field(default_factory=dict)
    """Newest `iat` by name of list."""


@dataclass(frozen=True, slots=True)
class Folder:
    """Keys and lists on disk."""

    path: Path

    def keys(self) -> KeySet:
        """The key set held. Raises NothingHeld, Untrusted (`malformed-set`, `rolled-back`)."""
        try:
            keys = KeySet.from_jwks(_read(self.path / "jwks.json", MAX_KEY_SET))
        except FileNotFoundError as exc:
            raise NothingHeld(str(self.path)) from exc
        seen = self._seen().version
        if keys.version < seen:
            raise Untrusted(UntrustedReason.ROLLED_BACK, f"version {keys.version}, seen was {seen}")
        return keys

    def status_list(self, uri: str, keys: KeySet) -> StatusList | None:
        """The list of that name, verified again; None when none is held. Raises Untrusted."""
        try:
            held = read_status_list(_read(self._list_path(uri), MAX_TOKEN), keys, uri)
        except FileNotFoundError:
            return None
        if held.iat < self._seen().lists.get(uri, 0):
            raise Untrusted(
                UntrustedReason.ROLLED_BACK, f"the list of {held.iat} is not the newest that was seen"
            )
        return held

    def accept_keys(self, document: bytes, *, pin: str | None = None, first_on_trust: bool = False) -> KeySet:
        """Take a key set, if it may replace the one held.

        The first set needs `pin`, the SHA-256 of the document in hex as the authority has told it, or
        `first_on_trust` from who has put it there by hand. Raises Untrusted.
        """
        keys = KeySet.from_jwks(document)
        try:
            held = self.keys()
        except NothingHeld as exc:
            if pin is None and not first_on_trust:
                reason = "no set is held yet, and there is no digest to compare the first one with"
                raise Untrusted(UntrustedReason.ALTERED, reason) from exc
        else:
            keys.check_replaces(held)
        if pin is not None and keys.digest != pin.lower():
            raise Untrusted(UntrustedReason.ALTERED, f"its digest is {keys.digest}")
        _write(self.path / "jwks.json", document)
        seen = self._seen()
        seen.version = keys.version
        self._remember(seen)
        return keys

    def accept_list(self, uri: str, token: bytes, keys: KeySet, now: int) -> StatusList:
        """Take a status list, if it is right, not past its end, and may replace the one held. Raises Untrusted."""
        new = read_status_list(token, keys, uri)
        new.check_fresh(now)
        seen = self._seen()
        newest = seen.lists.get(uri, 0)
        if new.iat < newest:
            raise Untrusted(UntrustedReason.ROLLED_BACK, f"iat {new.iat} is older than {newest}")
        try:
            held = self.status_list(uri, keys)
        except Untrusted:
            held = None  # what lies there is of no use; a right one may take its place
        if held is not None:
            new.check_replaces(held)
        _write(self._list_path(uri), token)
        seen.lists[uri] = new.iat
        self._remember(seen)
        return new

    def known_lists(self) -> dict[str, int]:
        """Names of the lists that were ever accepted, with the `iat` of the newest."""
        return dict(self._seen().lists)

    def _list_path(self, uri: str) -> Path:
        # A name comes from a certificate or a server: never part of a path.
        return self.path / "lists" / f"{hashlib.sha256(uri.encode()).hexdigest()[:32]}.cwt"

    def _seen(self) -> Seen:
        try:
            data: Any = json.loads(_read(self.path / "seen.json", MAX_KEY_SET))
            lists = {str(uri): _integer(iat) for uri, iat in data["lists"].items()}
            return Seen(_integer(data["version"]), lists)
        except FileNotFoundError:
            return Seen()
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            raise Untrusted(UntrustedReason.ALTERED, "seen.json cannot be read") from exc

    def _remember(self, seen: Seen) -> None:
        _write(self.path / "seen.json", json.dumps({"version": seen.version, "lists": seen.lists}).encode())


def _integer(value: object) -> int:
    if type(value) is not int:
        raise TypeError
    return value


def _read(path: Path, limit: int) -> bytes:
    with path.open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise Untrusted(UntrustedReason.TOO_LARGE, path.name)
    return data


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    beside.write_bytes(data)
    beside.replace(path)
