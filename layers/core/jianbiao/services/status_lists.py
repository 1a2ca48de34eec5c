"""Publishing status lists.

A list is published when a certificate of it has changed (its rows come with the change), and made anew from all
its rows once it is some minutes old, so that nothing rests on a message having come. Either way

1. the list that is published is read, with the tag of its object,
2. the rows are read: after the list, so that what somebody else has put into it is in them, too,
3. the new list is encoded, signed by the list key, and read again by the verifier that terminals use,
4. it is stored if the object is still the one of step 1; otherwise all begins again.

So a late publisher cannot put an older list over a newer one, and whatever order messages come in, a list never
goes back: rows are read as they are now, never taken from a message. `iat` grows with every list, by a second at
least, because a verifier refuses two lists of the same second. A crash before 4 leaves nothing; the message comes
again.

What it costs depends on how many certificates have left the state `valid`, and for a change on how many have
changed: never on how many are valid.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Protocol

from jianbiao.errors import Unavailable, Untrusted
from jianbiao.ports import Clock, Keys, Stale
from jianbiao.services.cached_lists import Lists, Stored
from jianbiao.wire import status_list
from jianbiao.wire.signature import raw_from_der
from jianbiao.wire.status_list import StatusList, list_uri, open_token, read_status_list

ATTEMPTS = 8
"""Rounds in which another publisher may be first."""
REFRESH_AFTER = 240
"""Seconds after which a list is made anew: with a look each minute none is older than its ttl of 300."""
SKEW = 300
"""Seconds by which the clocks of two publishers may differ (wire format 3, step 6)."""
AHEAD = 1
"""Lists published before their first index is handed out: a list is there before any certificate refers to it."""


class Statuses(Protocol):
    """Certificates that have left the state `valid`, by list and index."""

    def all(self, number: int) -> Iterable[tuple[int, int]]:
        """(index, value) of a list, as of now. Raises Unavailable."""

    def some(self, number: int, indices: Collection[int]) -> Iterable[tuple[int, int]]:
        """The same for some indices; those without a row are left out. Raises Unavailable."""


class SignsLists(Protocol):
    """A signature by the list key."""

    def sign_digest(self, kid: bytes, digest: bytes) -> bytes:
        """ES256 signature in DER over a SHA-256 digest. Raises Unavailable."""


class ListNotVerified(Exception):
    """A list that was just signed does not read back as what was meant: nothing was stored."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """Publishes lists. Keeps no state of its own."""

    deployment: str
    lists: Lists
    statuses: Statuses
    highest: Callable[[], int | None]
    """Number of the highest list of which indices were handed out; None where none was. Raises Unavailable."""
    signer: SignsLists
    keys: Keys
    clock: Clock
    ttl: int
    """Seconds after which verifiers look for a newer list."""
    lifetime: int
    """Seconds after which a list is no longer to be used."""

    def publish(self, number: int, changed: Collection[int] | None = None) -> bool:
        """Bring list `number` up to date: `changed` indices, or all of them. False where nothing had changed.

        Raises Unavailable, ListNotVerified.
        """
        uri = list_uri(self.deployment, number)
        for _ in range(ATTEMPTS):
            # 1. What is published.
            stored = self.lists.get(number)
            held = self._trusted(stored, uri)
            # 2. What is true now.
            if held is not None and changed is not None:
                entries = bytearray(held.entries)
                rows = self.statuses.some(number, changed)
            else:
                entries = bytearray(status_list.MAX_INFLATED)
                rows = self.statuses.all(number)
            for index, value in rows:
                status_list.set_entry(entries, index, value)
            if held is not None and changed is not None and bytes(entries) == held.entries:
                return False
            # 3. Sign and check.
            iat = max(self.clock(), self._stated_iat(stored) + 1)
            token = self._signed(uri, iat, entries)
            # 4. Store.
            try:
                self.lists.put(number, token, replaces=stored.tag if stored else None)
            except Stale:
                continue
            return True
        raise Unavailable("somebody else keeps publishing this list", retry_after=1)

    def refresh(self, out_of_time: Callable[[], bool] = lambda: False) -> list[int]:
        """Make anew every list that is old or not there yet, the oldest first; returns their numbers.

        A list that fails does not keep the others waiting; the first failure is raised at the end.
        """
        published = self.lists.published()
        due = [n for n in self._wanted() if self.clock() - published.get(n, 0) >= REFRESH_AFTER]
        failure: Exception | None = None
        done = []
        for number in sorted(due, key=lambda n: (published.get(n, 0), n)):
            if out_of_time():
                break
            try:
                self.publish(number)
            except (Unavailable, ListNotVerified) as error:
                failure = failure or error
            else:
                done.append(number)
        if failure:
            raise failure
        return done

    def oldest(self) -> int:
        """Age in seconds of the list that was written longest ago; one that is not there counts since 1970. Raises
        Unavailable."""
        published = self.lists.published()
        return self.clock() - min(published.get(number, 0) for number in self._wanted())

    def _wanted(self) -> range:
        """Numbers of the lists that have to be there."""
        highest = self.highest()
        return range((-1 if highest is None else highest) + AHEAD + 1)

    def _trusted(self, stored: Stored | None, uri: str) -> StatusList | None:
        """The published list, if it is ours; whatever else lies there is replaced."""
        if stored is None:
            return None
        try:
            return read_status_list(stored.token, self.keys.current().published, uri)
        except Untrusted:
            return None

    def _stated_iat(self, stored: Stored | None) -> int:
        """`iat` of what is published, whoever has signed it; never far in the future, so that a list which is not
        ours cannot carry ours away."""
        if stored is None:
            return 0
        try:
            return min(open_token(stored.token).claims.iat, self.clock() + SKEW)
        except Untrusted:
            return 0

    def _signed(self, uri: str, iat: int, entries: bytearray) -> bytes:
        keys = self.keys.current()
        if keys.list_kid is None:
            raise Unavailable("no key signs status lists")
        kid, exp = keys.list_kid, iat + self.lifetime
        payload = status_list.payload_bytes(uri=uri, iat=iat, exp=exp, ttl=self.ttl, entries=entries)
        der = self.signer.sign_digest(kid, status_list.digest_to_sign(kid, payload))
        token = status_list.token_bytes(kid, payload, raw_from_der(der))
        try:
            read = read_status_list(token, keys.published, uri)
        except Untrusted as error:
            raise ListNotVerified(error.reason) from error
        if (read.iat, read.exp, read.ttl, read.entries) != (iat, exp, self.ttl, bytes(entries)):
            raise ListNotVerified("another list came back")
        return token
