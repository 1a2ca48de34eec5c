"""The issue guard: looks at what is stored, apart from the code that stores it.

1. *Certificates*: each has an issuance record that says the same (id, key, vehicle, cause, claims), verifies by the
   published keys, and has a cause that is on record elsewhere: an event of its vehicle, a granted claim, a row of a
   launched ledger, a registered vehicle.
2. *Issuances*: each that was recorded a while ago has become a certificate, or was voided. The record is written before
   the signature is asked for, so that a signature without a certificate leaves an old record behind.

A look takes one segment of both tables; looks at all segments, one after the other, are a pass. There is nothing to
remember between looks: the time says whose turn it is. What is found is found again in each pass until it is mended.

What it cannot see: a signature that was made without a record (the key policies say who could have, CloudTrail counts
them; such a code verifies as `not-issued` and raises the verifier's alarm), an application for the period in which a
vehicle is (no record but the issuance says who applied), and causes whose retention is over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from jianbiao.domain.policy import Policy
from jianbiao.errors import Forged
from jianbiao.ports import Clock, Keys, Policies
from jianbiao.records import Certificate, Issuance
from jianbiao.wire.reasons import ForgedReason
from jianbiao.wire.verify import verify_certificate

GRACE = 3_600
"""Seconds after which an issuance should be a certificate: a chunk's worker lives for minutes, and its queue or its
engine brings it again within the hour."""
CLAIM = 2
"""Channel of the claims, whose decisions are kept (services.apply)."""

WITHOUT_CAUSE, WITHOUT_CERTIFICATE = "issue-without-cause", "signature-without-certificate"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that should not be. No plate, VIN or person: it goes into the log."""

    alarm: str
    """`issue-without-cause` or `signature-without-certificate`."""
    certificate_id: str
    why: str


@dataclass(slots=True)
class Look:
    """What a look has seen."""

    seen: Counter[str] = field(default_factory=Counter)
    """`certificates`, `issuances`."""
    findings: list[Finding] = field(default_factory=list)
    complete: bool = True
    """Whether the segment was seen to its end."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An item that is none of ours."""

    certificate_id: str


class Books(Protocol):
    """What is stored, read only. Every method raises Unavailable."""

    def certificates(self, segment: int, segments: int) -> Iterator[Sequence[Certificate | Unreadable]]:
        """Pages of one of `segments` parts of all certificates."""

    def issuances(self, segment: int, segments: int) -> Iterator[Sequence[Issuance | Unreadable]]:
        """Pages of one of `segments` parts of all issuance records."""

    def issuances_of(self, ids: Sequence[str]) -> Mapping[str, Issuance | Unreadable]:
        """Issuance records by certificate id, as of now."""

    def certified(self, ids: Sequence[str]) -> set[str]:
        """Which of the ids are stored as certificates (voided ones included), as of now."""

    def vins_of_events(self, ids: Sequence[str]) -> Mapping[str, str]:
        """VIN by event id."""

    def vehicles(self, vins: Sequence[str]) -> set[str]:
        """Which of the vehicles are registered."""

    def ledger_size(self, launch_id: str) -> int | None:
        """Bytes of the ledger of a launch; None where there is no such launch."""

    def granted_claims(self, vin: str) -> set[str]:
        """Application ids of the claims that were granted for a vehicle."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Compares the books. It can write nothing and sign nothing."""

    books: Books
    keys: Keys
    policies: Policies
    clock: Clock

    def look(
        self, segment: int = 0, segments: int = 1, out_of_time: Callable[[], bool] = lambda: False
    ) -> Look:
        """Look at one segment. Raises Unavailable."""
        look = Look()
        policy = self.policies.current()
        sizes: dict[str, int | None] = {}
        # 1. Certificates.
        for page in self.books.certificates(segment, segments):
            if out_of_time():
                look.complete = False
                return look
            self._certificates(page, policy, sizes, look)
        # 2. Issuances.
        for issued in self.books.issuances(segment, segments):
            if out_of_time():
                look.complete = False
                return look
            self._issuances(issued, look)
        return look

    def _certificates(
        self,
        page: Sequence[Certificate | Unreadable],
        policy: Policy,
        sizes: dict[str, int | None],
        look: Look,
    ) -> None:
        look.seen["certificates"] += len(page)
        meant = self.books.issuances_of([one.certificate_id for one in page])
        readable = []
        for one in page:
            if why := self._disagrees(one, meant.get(one.certificate_id)):
                look.findings.append(Finding(WITHOUT_CERTIFICATE, one.certificate_id, why))
            elif isinstance(one, Certificate):
                readable.append(one)
        look.findings += self._without_cause(readable, policy, sizes)

    def _disagrees(self, one: Certificate | Unreadable, meant: Issuance | Unreadable | None) -> str:
        """How a certificate and its issuance record differ; empty where they do not."""
        if isinstance(one, Unreadable):
            return "certificate-unreadable"
        if meant is None:
            return "no-issuance-record"
        if one.issuance != meant:
            return "differs-from-issuance-record"
        if not one.data:
            return ""  # voided before it was signed
        try:
            verified = verify_certificate(one.data, self.keys.current().published)
        except Forged as error:
            # After a compromise, all that the key has signed is forged by decision: that is no disagreement.
            return "" if error.reason == ForgedReason.KEY_REVOKED else f"does-not-verify-{error.reason}"
        return "" if verified.claims == meant.claims else "differs-from-issuance-record"

    def _without_cause(
        self, certificates: Sequence[Certificate], policy: Policy, sizes: dict[str, int | None]
    ) -> Iterator[Finding]:
        causes = [(c, *c.issuance.cause.trigger.partition(":")[::2]) for c in certificates]
        events = self.books.vins_of_events([id_ for _, kind, id_ in causes if kind == "event"])
        vins = [c.issuance.vin for c, kind, _ in causes if kind == "application"]
        registered = self.books.vehicles(list(dict.fromkeys(vins)))
        now = self.clock()
        for certificate, kind, id_ in causes:
            age = now - certificate.claims.iat
            vin = certificate.issuance.vin
            why = ""
            if kind == "event":
                if events.get(id_) != vin and age < policy.keep("registry_events"):
                    why = "no-such-event-of-the-vehicle"
            elif kind == "ledger":
                if age < policy.keep("backfill_results") and not self._row(id_, sizes):
                    why = "no-such-ledger-row"
            elif kind == "application":
                why = self._application(
                    certificate, id_, registered, claim_kept=age < policy.keep("decisions")
                )
            else:
                why = "unknown-kind-of-cause"
            if why:
                yield Finding(WITHOUT_CAUSE, certificate.certificate_id, why)

    def _row(self, id_: str, sizes: dict[str, int | None]) -> bool:
        """Whether `<launch>:<offset>` lies in the ledger of a launch."""
        launch, _, offset = id_.rpartition(":")
        if launch not in sizes:
            sizes[launch] = self.books.ledger_size(launch)
        size = sizes[launch]
        return size is not None and offset.isascii() and offset.isdigit() and int(offset) < size

    def _application(
        self, certificate: Certificate, id_: str, registered: set[str], *, claim_kept: bool
    ) -> str:
        issuance = certificate.issuance
        if issuance.vin not in registered:
            return "vehicle-not-registered"
        if (
            issuance.cause.channel == CLAIM
            and claim_kept
            and id_ not in self.books.granted_claims(issuance.vin)
        ):
            return "no-such-granted-claim"
        return ""

    def _issuances(self, page: Sequence[Issuance | Unreadable], look: Look) -> None:
        look.seen["issuances"] += len(page)
        certified = self.books.certified([one.certificate_id for one in page])
        now = self.clock()
        for one in page:
            if isinstance(one, Unreadable):
                look.findings.append(Finding(WITHOUT_CERTIFICATE, one.certificate_id, "issuance-unreadable"))
            elif one.certificate_id not in certified and now - one.claims.iat >= GRACE:
                look.findings.append(
                    Finding(WITHOUT_CERTIFICATE, one.certificate_id, "never-became-a-certificate")
                )
