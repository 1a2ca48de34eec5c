"""Verifying a code for the person or terminal that has scanned it.

1. Steps 1 to 5 of wire format 3, offline (`wire.verify`): NotACode leaves here, Forged becomes a verdict.
2. The state from the store, by the certificate id. A certificate that the store has never seen raises an alarm,
   and is forged (`not-issued`) unless the dates say something first.
3. Where the store does not answer: the state from the cached status list, or none; the answer says which.
4. Steps 6 and 7: the verdict as of now.

The caller words the answer, and leaves out what its reader may not see (`http.answers`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from jianbiao.domain.certificate import State
from jianbiao.errors import Forged, Unavailable
from jianbiao.ports import Clock, Keys
from jianbiao.records import STATUS_VALUES, Certificate
from jianbiao.wire.claims import Claims
from jianbiao.wire.ids import certificate_id
from jianbiao.wire.reasons import ForgedReason, Verdict
from jianbiao.wire.verify import judge, verify


class ReadsCertificates(Protocol):
    """The part of the certificate store that a verifier needs."""

    def get(self, certificate_id: str) -> Certificate | None:
        """The certificate as it is now. Raises Unavailable."""


class ReadsStatusLists(Protocol):
    """Published status lists, as cached as they may be."""

    def status(self, uri: str, idx: int, now: int) -> tuple[int, int] | None:
        """(status value, `iat` of the list), or None where no list is usable at `now`."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What verification has found."""

    verdict: Verdict
    reason: ForgedReason | None
    """Why a code is forged."""
    claims: Claims | None
    """What the certificate says; None for a forged code, of which nothing may be shown."""
    certificate: Certificate | None
    """The certificate in the store, where it was asked and knows it."""
    status_checked: str
    """`store`, `list` or `none`."""
    status_as_of: int | None
    checked_at: int


@dataclass(frozen=True, slots=True)
class Verifier:
    """Verifies codes against the published keys and the store."""

    keys: Keys
    certificates: ReadsCertificates
    clock: Clock
    lists: ReadsStatusLists | None = None
    on_alarm: Callable[[str], None] = lambda _what: None

    def verify(self, text: str, *, at: int | None = None) -> Finding:
        """The finding as of `at` (epoch second; default now) with the state as of now.

        Raises NotACode, and Unavailable when not even the key set can be had.
        """
        now = self.clock()
        moment = now if at is None else at
        # 1. Signature first: nothing is believed before.
        try:
            verified = verify(text, self.keys.current().published)
        except Forged as error:
            return self._forged(ForgedReason(error.reason), now)
        # 2. and 3. State.
        claims = verified.claims
        stored: Certificate | None = None
        status: int | None = None
        checked, as_of = "none", None
        try:
            stored = self.certificates.get(certificate_id(claims.cti))
        except Unavailable:
            if self.lists and (known := self.lists.status(claims.status_uri, claims.status_idx, now)):
                status, as_of = known
                checked = "list"
        else:
            checked, as_of = "store", now
            if stored is not None and stored.claims == claims:
                status = STATUS_VALUES[State(stored.status)]
            else:
                self.on_alarm("a certificate that our key has signed is not in the store")
                stored = None
        # 4. Verdict: the dates come before the state.
        verdict = judge(verified, moment, status)
        if verdict is Verdict.VALID and checked == "store" and stored is None:
            return self._forged(ForgedReason.NOT_ISSUED, now)
        return Finding(verdict, None, claims, stored, checked, as_of, now)

    def _forged(self, reason: ForgedReason, now: int) -> Finding:
        return Finding(Verdict.FORGED, reason, None, None, "none", None, now)
