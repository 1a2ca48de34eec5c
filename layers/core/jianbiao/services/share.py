"""Files and share links of certificates.

A link is a random token; only its hash is stored. Its state and that of the certificate are read at every view,
so that withdrawal, expiry, revocation and replacement take effect at once. Files are rendered on first demand and
kept by content: the object's key names the certificate and what is drawn of it, and the same key always has the
same bytes.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from jianbiao.citizen_records import Share
from jianbiao.domain.certificate import State
from jianbiao.domain.policy import Policy
from jianbiao.errors import Conflict, Gone, NotFound, Unavailable
from jianbiao.ports import Certificates, Clock, Files, Keys, Random, Shares, Stale
from jianbiao.records import Certificate, VehicleRecord
from jianbiao.services.access import believed

TOKEN_BYTES = 32
"""256 random bits: twice what guessing would have to be feared at."""
SHARE_ID_BYTES = 9
MAX_HOURS = 720
MAX_OPEN = 20
"""Open links of one certificate: a change of owner ends them all in one transaction of at most 100 operations."""
ATTEMPTS = 5
"""Tries to add to a certificate's list of links; each failed one means that somebody else got ahead."""
HOUR = 3600


@dataclass(frozen=True, slots=True)
class Rendering:
    """How a certificate becomes a file of one format."""

    version: Callable[[Certificate, Policy], str]
    """Names what would be drawn: part of the object's key, so that a new design, or a policy that calls things by
    other names, makes new files."""
    content_type: str
    file_name: Callable[[Certificate], str]
    """Readable name for the person who downloads it."""
    render: Callable[[Certificate, Policy], bytes]


@dataclass(frozen=True, slots=True)
class ShareDesk:
    """Files and links of certificates that the caller has found the person may see."""

    certificates: Certificates
    shares: Shares
    files: Files
    clock: Clock
    random: Random
    keys: Keys

    def file_url(self, certificate: Certificate, policy: Policy, format_: str, rendering: Rendering) -> str:
        """A signed URL of the certificate's file. Raises Conflict(not-active): there are no stale files."""
        if not certificate.running(self.clock()):
            raise Conflict("not-active")
        version = rendering.version(certificate, policy)
        key = f"certificates/{certificate.certificate_id}/{version}.{format_}"
        if not self.files.exists(key):
            self.files.put(
                key,
                rendering.render(certificate, policy),
                content_type=rendering.content_type,
                file_name=rendering.file_name(certificate),
            )
        return self.files.url(key)

    def create(
        self, certificate: Certificate, record: VehicleRecord, *, by: str, hours: int
    ) -> tuple[Share, str]:
        """A new link and its token, which is nowhere else; `record` is the certificate's vehicle.

        Raises Conflict (`not-active`, `too-many-shares`), Unavailable (the owner is changing).
        """
        now = self.clock()
        if not certificate.running(now):
            raise Conflict("not-active")
        token = _urlsafe(self.random(TOKEN_BYTES))
        share = Share(
            share_id=_urlsafe(self.random(SHARE_ID_BYTES)),
            token_hash=token_hash(token),
            certificate_id=certificate.certificate_id,
            created_at=now,
            created_by=by,
            expires_at=min(now + hours * HOUR, certificate.claims.exp),
        )
        vehicle = record.registered.vehicle
        for _ in range(ATTEMPTS):
            listed, links = self.shares.open_list(certificate.certificate_id)
            still_open = [link.token_hash for link in links if link.is_open(now)]
            if len(still_open) >= MAX_OPEN:
                raise Conflict("too-many-shares")
            keys = (*still_open, share.token_hash)
            try:
                self.shares.add(share, listed, keys, vin=vehicle.vin, owner_ref=vehicle.owner_ref)
            except Stale:
                continue
            return share, token
        raise Unavailable("the certificate's links keep changing", retry_after=2)

    def seen_by(self, certificate: Certificate, person_ref: str, record: VehicleRecord) -> list[Share]:
        """The certificate's links: all of them for the owner, for a bound person her own."""
        owns = record.registered.vehicle.owner_ref == person_ref
        links = self.shares.of_certificate(certificate.certificate_id)
        return [link for link in links if owns or link.created_by == person_ref]

    def withdraw(self, certificate: Certificate, record: VehicleRecord, share_id: str, *, by: str) -> None:
        """Withdraw a link that the person sees; again is no error. Raises NotFound."""
        for share in self.seen_by(certificate, by, record):
            if share.share_id == share_id:
                self.shares.withdraw(share.token_hash, at=self.clock(), by=by)
                return
        raise NotFound

    def open(self, token: str) -> tuple[Share, Certificate]:
        """The certificate behind a token, active or suspended.

        Raises NotFound, Gone (`share-withdrawn`, `share-expired`, `expired`, `superseded`, `revoked`).
        """
        share = self.shares.by_token(token_hash(token))
        certificate = self.certificates.get(share.certificate_id) if share else None
        if share is None or certificate is None:
            raise NotFound
        certificate = believed(certificate, self.keys.current().published)
        now = self.clock()
        if share.withdrawn_at is not None:
            raise Gone("share-withdrawn")
        if now >= certificate.claims.exp:
            raise Gone("expired")
        if certificate.status in {State.SUPERSEDED, State.REVOKED}:
            raise Gone(certificate.status)
        if now >= share.expires_at:
            raise Gone("share-expired")
        return share, certificate


def token_hash(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _urlsafe(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
