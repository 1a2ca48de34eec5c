"""Fetch the key set and the status lists from the one configured origin; the only module that opens a socket.

Names in certificates and lists are never fetched: the directory of lists gives paths, and a path can only be one
on the same origin. Redirects are not followed, answers are capped.
"""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException
from typing import Any

from jianbiao.errors import Untrusted
from jianbiao.offline.folder import MAX_KEY_SET, Folder
from jianbiao.wire.keys import KeySet
from jianbiao.wire.status_list import MAX_TOKEN

TIMEOUT = 20
"""Seconds for each answer."""
MAX_LISTS = 4_096
"""Lists of a deployment: 4 thousand million certificates."""

_ORIGIN = re.compile(
    r"https://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?|http://(?:127\.0\.0\.1|localhost)(?::[0-9]{1,5})?",
    re.ASCII | re.IGNORECASE,
)
_PATH = re.compile(r"(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+", re.ASCII)


class Unreachable(Exception):
    """The origin did not answer, or not with what was asked for."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """None makes urllib raise the redirect as an error."""


class Origin:
    """``https://<host>``, or ``http://127.0.0.1:<port>`` when local. Raises ValueError for anything else."""

    def __init__(self, url: str) -> None:
        """Check the address; nothing is fetched yet."""
        if _ORIGIN.fullmatch(url.rstrip("/")) is None:
            raise ValueError("the origin must be https://<host>, or http://127.0.0.1:<port> when local")
        self.url = url.rstrip("/")
        self._opener = urllib.request.build_opener(_NoRedirects)

    def get(self, path: str, limit: int) -> bytes:
        """Body of an answer of at most `limit` bytes. Raises Unreachable."""
        try:
            with self._opener.open(self.url + path, timeout=TIMEOUT) as answer:
                body: bytes = answer.read(limit + 1)
        except urllib.error.HTTPError as exc:
            exc.close()
            raise Unreachable(f"{path}: HTTP {exc.code}") from exc
        except (OSError, HTTPException) as exc:
            raise Unreachable(f"{path}: {exc}") from exc
        if len(body) > limit:
            raise Unreachable(f"{path}: more than {limit} bytes")
        return body

    def directory(self) -> list[tuple[str, str]]:
        """Name and path of each status list. Raises Unreachable."""
        try:
            entries = json.loads(self.get("/status-lists", MAX_KEY_SET))["status_lists"]
            pairs = [(entry["uri"], entry["path"]) for entry in entries]
            is_right = all(isinstance(uri, str) and _PATH.fullmatch(path) for uri, path in pairs)
        except (ValueError, KeyError, TypeError) as exc:
            raise Unreachable("/status-lists: no directory of lists") from exc
        if not is_right or len(pairs) > MAX_LISTS:
            raise Unreachable("/status-lists: no directory of lists on this origin")
        return pairs


def update_keys(folder: Folder, origin: Origin, *, pin: str | None, first_on_trust: bool) -> KeySet:
    """Fetch and accept the key set. Raises Unreachable, Untrusted; the set held stays then."""
    document = origin.get("/.well-known/jwks.json", MAX_KEY_SET)
    return folder.accept_keys(document, pin=pin, first_on_trust=first_on_trust)


def update_lists(
    folder: Folder, origin: Origin, keys: KeySet, now: int
) -> Iterator[tuple[str, int | Exception]]:
    """Fetch and accept each list; yields its name with its `iat`, or why it is not taken: the one held stays, and
    the others are still fetched. Raises Unreachable where there is no directory."""
    for uri, path in origin.directory():
        try:
            yield uri, folder.accept_list(uri, origin.get(path, MAX_TOKEN), keys, now).iat
        except (Unreachable, Untrusted) as exc:
            yield uri, exc
