"""The issue guard: looks at what is stored, apart from the code that stores it.

1. *Certificates*: each has an issuance record that says the same (id, key, vehicle, cause, claims), verifies by the
   published keys, and has a cause that is on record elsewhere: an event of its vehicle, a granted claim, a row of a
   launched ledger, a registered vehicle. One that was voided before it was signed needs the record alone.
2. *Issuances*: each that was recorded a while ago has become a certificate, or was voided. The record is written before
   the signature is asked for, so that a signature without a certificate leaves an old record behind. What is left of
   the first of two attempts at a ledger row is counted and no finding (services.leftovers), nor is a record for which
   no signature would be worth anything: its validity is over, or its key is compromised.

A look takes one segment of both tables; looks at all segments, one after the other, are a pass. There is nothing to
remember between looks: the time says whose turn it is. What is found is found again in each pass until it is mended.

What it cannot see: a signature that was made without a record, or for one that a retried row has left behind (the key
policies say who could have, CloudTrail counts them; such a code verifies as `not-issued` and raises the verifier's
alarm), an application for the period in which a vehicle is (no record but the issuance says who applied), and causes
whose retention is over.
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
from jianbiao.services import leftovers
from jianbiao.services.leftovers import GRACE, Unreadable
from jianbiao.wire.keys import PublishedKey
from jianbiao.wire.reasons import ForgedReason
from jianbiao.wire.verify import verify_certificate

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
    """`certificates`, `issuances`; of the latter `retried` and `over`, which are no findings."""
    findings: list[Finding] = field(default_factory=list)
    complete: bool = True
    """Whether the segment was seen to its end."""


class Books(leftovers.Records, Protocol):
    """What is stored, read only. Every method raises Unavailable."""

    def certificates(self, segment: int, segments: int) -> Iterator[Sequence[Certificate | Unreadable]]:
        """Pages of one of `segments` parts of all certificates."""

    def issuances(self, segment: int, segments: int) -> Iterator[Sequence[Issuance | Unreadable]]:
        """Pages of one of `segments` parts of all issuance records."""

    def vins_of_events(self, ids: Sequence[str]) -> Mapping[str, str]:
        """VIN by event id."""

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
        issued = []
        for one in page:
            if why := self._disagrees(one, meant.get(one.certificate_id)):
                look.findings.append(Finding(WITHOUT_CERTIFICATE, one.certificate_id, why))
            elif isinstance(one, Certificate) and one.data:
                issued.append(one)
        look.findings += self._without_cause(issued, policy, sizes)

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
        self, certificate: Certificate, id_: str, registered: Mapping[str, str | None], *, claim_kept: bool
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
        published, now = self.keys.current().published, self.clock()
        left = []
        for one in page:
            if isinstance(one, Unreadable):
                look.findings.append(Finding(WITHOUT_CERTIFICATE, one.certificate_id, "issuance-unreadable"))
            elif one.certificate_id in certified or now - one.claims.iat < GRACE:
                continue
            elif now >= one.claims.exp or _compromised(published.find(one.kid)):
                look.seen["over"] += 1
            else:
                left.append(one)
        for intent, wrong in leftovers.judged(left, self.books):
            if wrong:
                look.findings.append(Finding(WITHOUT_CERTIFICATE, intent.certificate_id, wrong))
            else:
                look.seen["retried"] += 1


def _compromised(keys: Sequence[PublishedKey]) -> bool:
    """Whether nothing that these keys sign counts any more."""
    return bool(keys) and all(key.revoked_at is not None for key in keys)
