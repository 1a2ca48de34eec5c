"""Verifying a code for the person or terminal that has scanned it.

1. Steps 1 to 5 of wire format 3, offline (`wire.verify`): NotACode leaves here, Forged becomes a verdict.
2. The state from the store, by the certificate id. A certificate that the store has never seen raises an alarm,
   and is forged (`not-issued`) unless the dates say something first.
3. Where the store does not answer: the state from the cached status list, or none; the answer says which.
4. Steps 6 and 7: the verdict as of now.

The caller words the answer, and leaves out what its reader may not see (`http.answers`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from jianbiao.domain.certificate import State
from jianbiao.errors import Forged, NotACode, Unavailable
from jianbiao.ports import Clock, Keys
from jianbiao.records import STATUS_VALUES, Certificate
from jianbiao.wire.claims import Claims
from jianbiao.wire.ids import certificate_id
from jianbiao.wire.reasons import ForgedReason, Verdict
from jianbiao.wire.verify import Verified, judge, verify, verify_certificate


class ReadsCertificates(Protocol):
    """The part of the certificate store that a verifier needs."""

    def get(self, certificate_id: str) -> Certificate | None:
        """The certificate as it is now. Raises Unavailable."""

    def get_many(self, certificate_ids: Iterable[str]) -> dict[str, Certificate]:
        """Certificates by id; unknown ids are left out. Raises Unavailable."""


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
    """The moment for which the verdict holds."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan that a terminal made before, perhaps without a network, judged twice."""

    then: Finding
    """As of the scan: the dates and the state of that moment."""
    now: Finding


@dataclass(frozen=True, slots=True)
class _State:
    """What is known of the state of a certificate."""

    checked: str
    as_of: int | None
    certificate: Certificate | None = None
    status: int | None = None

    def as_it_was(self, moment: int) -> _State:
        """The state at an earlier moment, from the life that the store keeps; a list has no past."""
        if self.certificate is None:
            return self
        life = self.certificate.life
        then = next((step for step in reversed(life) if step.at <= moment), life[0])
        return replace(self, as_of=moment, status=STATUS_VALUES[State(then.status)])


@dataclass(frozen=True, slots=True)
class Verifier:
    """Verifies codes against the published keys and the store."""

    keys: Keys
    certificates: ReadsCertificates
    clock: Clock
    lists: ReadsStatusLists | None = None
    on_alarm: Callable[[str], None] = lambda _what: None

    def verify(self, text: str) -> Finding:
        """The finding as of now. Raises NotACode, and Unavailable when not even the key set can be had."""
        now = self.clock()
        # 1. Signature first: nothing is believed before.
        try:
            verified = verify(text, self.keys.current().published)
        except Forged as error:
            return _forged(error, now)
        return self._found(verified, now)

    def verify_stored(self, certificate: bytes) -> Finding:
        """The same for certificate bytes that were found without a code."""
        now = self.clock()
        try:
            verified = verify_certificate(certificate, self.keys.current().published)
        except Forged as error:
            return _forged(error, now)
        return self._found(verified, now)

    def verify_scans(self, scans: Sequence[tuple[str, int]]) -> list[Scan | None]:
        """Findings for texts with the moment (epoch second) at which each was scanned, in order; None for a text
        that is no code. The store is asked once for all of them. Raises Unavailable as `verify`."""
        now = self.clock()
        published = self.keys.current().published
        read: list[Verified | Forged | None] = []
        for text, _ in scans:
            try:
                read.append(verify(text, published))
            except Forged as error:
                read.append(error)
            except NotACode:
                read.append(None)
        claims = [v.claims for v in read if isinstance(v, Verified)]
        try:
            stored = self.certificates.get_many({certificate_id(c.cti) for c in claims})
        except Unavailable:
            states = {c: self._listed(c, now) for c in claims}
        else:
            states = {c: self._stored(c, stored.get(certificate_id(c.cti)), now) for c in claims}
        findings: list[Scan | None] = []
        for verified, (_, moment) in zip(read, scans, strict=True):
            if verified is None:
                findings.append(None)
            elif isinstance(verified, Forged):
                findings.append(Scan(_forged(verified, moment), _forged(verified, now)))
            else:
                state = states[verified.claims]
                then = _judged(verified, state.as_it_was(moment), moment)
                findings.append(Scan(then, _judged(verified, state, now)))
        return findings

    def _found(self, verified: Verified, now: int) -> Finding:
        claims = verified.claims
        # 2. State from the store, or 3. from the list.
        try:
            stored = self.certificates.get(certificate_id(claims.cti))
        except Unavailable:
            state = self._listed(claims, now)
        else:
            state = self._stored(claims, stored, now)
        return _judged(verified, state, now)

    def _stored(self, claims: Claims, certificate: Certificate | None, now: int) -> _State:
        if certificate is None or certificate.claims != claims:
            self.on_alarm("a certificate that our key has signed is not in the store")
            return _State("store", now)
        return _State("store", now, certificate, STATUS_VALUES[State(certificate.status)])

    def _listed(self, claims: Claims, now: int) -> _State:
        if self.lists and (known := self.lists.status(claims.status_uri, claims.status_idx, now)):
            status, as_of = known
            # A value without a meaning is no answer (wire format 3, step 7).
            if status in STATUS_VALUES.values():
                return _State("list", as_of, None, status)
        return _State("none", None)


def _judged(verified: Verified, state: _State, moment: int) -> Finding:
    """4. Verdict: the dates come before the state."""
    verdict = judge(verified, moment, state.status)
    if verdict is Verdict.VALID and state.checked == "store" and state.certificate is None:
        return Finding(Verdict.FORGED, ForgedReason.NOT_ISSUED, None, None, "none", None, moment)
    return Finding(verdict, None, verified.claims, state.certificate, state.checked, state.as_of, moment)


def _forged(error: Forged, moment: int) -> Finding:
    return Finding(Verdict.FORGED, ForgedReason(error.reason), None, None, "none", None, moment)
