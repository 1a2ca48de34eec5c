"""The life of the published keys: publish, switch, retire, revoke (wire format 4).

A key book is one version of all that is known of the keys: the published set, where each key lies in KMS, which one
signs now. Every step makes the next version, and none of them touches what was signed:

*Rotation* takes three steps. `publish` puts the new key into the set; it may sign once every verifier can be expected
to have it (`overlap` seconds later). `switch` makes it the one that signs. `retire` closes the old key's interval;
what it signed stays verifiable, since an interval is only ever closed behind the present.

*Compromise* takes one. `revoke` marks the key: all that it signed is forged from then on, by the deliberate choice
that a forger's certificates cannot be told from ours. Where it was the signing key, a standby key, which is in the
set already, signs on at once. The vehicles concerned get new certificates when they apply or when the ledger is run
again (`services.issue` does not take a forged certificate for an active one).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from jianbiao.domain.codes import Coded
from jianbiao.wire.keys import CERTIFICATE, STATUS_LIST, KeySet, jwk_of

YEAR = 365 * 86_400
SIGNS_FOR = 5 * YEAR
"""Seconds for which a new key may sign."""
CLOSING = 3_600
"""Seconds that a retired key's interval stays open: who has read the set just before goes on for half a minute, and
a payload that is fixed already keeps its key."""


class NotAllowed(Exception):
    """A step that would leave certificates unverifiable or nothing to sign with; the message says what to do."""


@dataclass(frozen=True, slots=True)
class KeyBook:
    """One version of the deployment's keys. Kids are in base64url, as in the set."""

    version: int
    keys: tuple[Mapping[str, Any], ...]
    """The JWKs of the set."""
    arns: Mapping[str, str]
    """KMS key by kid."""
    active_kid: str
    """Signs certificates."""
    list_kid: str
    """Signs status lists."""
    overlap: int
    """Seconds between a replacement key's publication and its first use."""

    @classmethod
    def first(
        cls,
        *,
        certificate: tuple[bytes, str],
        standby: tuple[bytes, str],
        status_list: tuple[bytes, str],
        issuers: Iterable[Coded],
        overlap: int,
        nbf: int,
        exp: int,
    ) -> KeyBook:
        """A deployment's first book, exempt from the overlap: nobody has an older set. Each key is its DER
        SubjectPublicKeyInfo and its ARN."""
        known = list(issuers)
        jwks = [
            jwk_of(certificate[0], purpose=CERTIFICATE, issuers=known, nbf=nbf, exp=exp),
            jwk_of(standby[0], purpose=CERTIFICATE, issuers=known, nbf=nbf, exp=exp),
            jwk_of(status_list[0], purpose=STATUS_LIST, nbf=nbf, exp=exp),
        ]
        arns = {
            jwk["kid"]: key[1] for jwk, key in zip(jwks, (certificate, standby, status_list), strict=True)
        }
        return cls(1, tuple(jwks), arns, jwks[0]["kid"], jwks[2]["kid"], overlap)

    def document(self) -> dict[str, Any]:
        """The set as it is published."""
        return {"version": self.version, "keys": [dict(key) for key in self.keys]}

    def publish(self, spki: bytes, arn: str, *, purpose: str, now: int, at_once: bool = False) -> KeyBook:
        """The book with one more key. It signs from `overlap` seconds after `now` on; `at_once` is for an emergency
        without a standby: verifiers that have the older set will call its first certificates forged. Raises
        NotAllowed."""
        nbf = now if at_once else now + self.overlap
        issuers = self._issuers() if purpose == CERTIFICATE else ()
        jwk = jwk_of(spki, purpose=purpose, issuers=issuers, nbf=nbf, exp=nbf + SIGNS_FOR)
        if any(key["kid"] == jwk["kid"] for key in self.keys):
            raise NotAllowed(f"key {jwk['kid']} is published already")
        return replace(
            self,
            version=self.version + 1,
            keys=(*self.keys, jwk),
            arns={**self.arns, jwk["kid"]: arn},
        )

    def switch(self, kid: str, *, now: int) -> KeyBook:
        """The book with `kid` as the key that signs certificates, or lists, by its purpose. Raises NotAllowed."""
        key = self._key(kid)
        self._check_signs(key, now)
        which = "active_kid" if key["purpose"] == CERTIFICATE else "list_kid"
        if getattr(self, which) == kid:
            raise NotAllowed(f"key {kid} signs already")
        chosen = {"active_kid": self.active_kid, "list_kid": self.list_kid} | {which: kid}
        return replace(
            self, version=self.version + 1, active_kid=chosen["active_kid"], list_kid=chosen["list_kid"]
        )

    def retire(self, kid: str, *, now: int) -> KeyBook:
        """The book with a key whose interval ends an hour from now. Raises NotAllowed."""
        key = self._key(kid)
        if kid in (self.active_kid, self.list_kid):
            raise NotAllowed(f"key {kid} signs now: switch to another one first")
        if key["purpose"] == CERTIFICATE and not self.standbys(now, without=kid):
            raise NotAllowed("no standby key would be left: publish one first")
        if key["exp"] <= now + CLOSING:
            raise NotAllowed(f"the interval of key {kid} has ended already")
        return self._changed(kid, exp=now + CLOSING)

    def revoke(self, kid: str, *, now: int) -> KeyBook:
        """The book with a compromised key; where it was signing, another one signs in the same version. Raises
        NotAllowed where there is none: publish one first, in an emergency `at_once`."""
        key = self._key(kid)
        if key.get("revoked_at") is not None:
            raise NotAllowed(f"key {kid} is revoked already")
        marked = self._changed(kid, revoked_at=now)
        if kid == self.active_kid:
            return replace(marked, active_kid=self._successor(CERTIFICATE, kid, now))
        if kid == self.list_kid:
            return replace(marked, list_kid=self._successor(STATUS_LIST, kid, now))
        return marked

    def enable(self, issuers: Iterable[Coded]) -> KeyBook:
        """The book in which every usable certificate key may sign for `issuers`, too: before a policy enables
        their divisions. What is listed stays listed, with its new names."""
        added = {issuer.code: issuer.as_json() for issuer in issuers}
        keys = []
        for key in self.keys:
            if key["purpose"] == CERTIFICATE and key.get("revoked_at") is None:
                listed = {issuer["code"]: issuer for issuer in key["issuers"]} | added
                keys.append({**key, "issuers": [listed[code] for code in sorted(listed)]})
            else:
                keys.append(dict(key))
        return replace(self, version=self.version + 1, keys=tuple(keys))

    def standbys(self, now: int, *, without: str = "") -> list[str]:
        """Certificate keys that could sign at once in place of the one that does; the oldest first."""
        usable = [
            key
            for key in self.keys
            if key["purpose"] == CERTIFICATE and key["kid"] not in (self.active_kid, without)
        ]
        return [key["kid"] for key in usable if self._signs(key, now)]

    def _successor(self, purpose: str, kid: str, now: int) -> str:
        for key in self.keys:
            if key["purpose"] == purpose and key["kid"] != kid and self._signs(key, now):
                return str(key["kid"])
        raise NotAllowed(f"no other {purpose} key can sign now: publish one first (--at-once), then revoke")

    def _signs(self, key: Mapping[str, Any], now: int) -> bool:
        return (
            key.get("revoked_at") is None
            and key["nbf"] <= now < key["exp"] - CLOSING
            and key["kid"] in self.arns
        )

    def _check_signs(self, key: Mapping[str, Any], now: int) -> None:
        if key.get("revoked_at") is not None:
            raise NotAllowed(f"key {key['kid']} is revoked")
        if now < key["nbf"]:
            raise NotAllowed(
                f"key {key['kid']} may not sign yet: {key['nbf'] - now} s of its overlap are left"
            )
        if not self._signs(key, now):
            raise NotAllowed(f"key {key['kid']} is retired, or no KMS key is known for it")

    def _key(self, kid: str) -> Mapping[str, Any]:
        for key in self.keys:
            if key["kid"] == kid:
                return key
        raise NotAllowed(f"there is no key {kid}")

    def _changed(self, kid: str, **changes: Any) -> KeyBook:
        keys = tuple({**key, **changes} if key["kid"] == kid else key for key in self.keys)
        return replace(self, version=self.version + 1, keys=keys)

    def _issuers(self) -> list[Coded]:
        return [Coded(i["code"], i["zh"], i["en"]) for i in self._key(self.active_kid)["issuers"]]

    def published(self) -> KeySet:
        """The set as verifiers read it."""
        return KeySet.from_jwks(self.document())

    def summary(self, now: int) -> list[dict[str, Any]]:
        """Every key with what it does now, for people."""
        return [
            {
                "kid": key["kid"],
                "purpose": key["purpose"],
                "role": _role(self, key, now),
                "nbf": key["nbf"],
                "exp": key["exp"],
                "revoked_at": key.get("revoked_at"),
                "arn": self.arns.get(key["kid"]),
            }
            for key in self.keys
        ]


def _role(book: KeyBook, key: Mapping[str, Any], now: int) -> str:
    if key.get("revoked_at") is not None:
        return "revoked"
    if key["kid"] in (book.active_kid, book.list_kid):
        return "signs"
    if now < key["nbf"]:
        return "published"
    return "standby" if key["exp"] - CLOSING > now else "retired"
