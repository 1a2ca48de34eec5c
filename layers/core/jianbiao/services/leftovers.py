"""Issuance records that did not become certificates: which are in order, and the end of those that are not.

An event or an application records what is to be signed and makes the vehicle refer to it in one transaction. A ledger
worker records a batch of intents before it stores the vehicles that refer to them (services.backfill): killed in
between, it leaves intents for which nothing was asked to be signed, and the row's next attempt makes others.

1. *Looking*: such an intent is in order where the row was tried again, that is, where the vehicle refers, or once
   referred, to another issuance with the same cause that says the same.
2. *Voiding*: any other that no vehicle refers to is ended by an operator who has looked into it. It is stored as a
   certificate that was revoked before it was signed, with who and why; the record itself stays as it is.

What can hide behind 1 is a second signature on what the vehicle was rightly issued. Whoever is online knows it for
`not-issued`; offline it outlives the first one's revocation, as its place in the status list is another. A code that
was signed for a void all the same is `revoked` online, without an alarm; the status list does not have it, because a
planted record can name another certificate's place in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from jianbiao.errors import Conflict, NotFound
from jianbiao.ports import Clock
from jianbiao.records import Certificate, Issuance, Step
from jianbiao.wire.claims import Claims

GRACE = 3_600
"""Seconds after which an issuance should be a certificate: a chunk's worker lives for minutes, and its queue or its
engine brings it again within the hour."""
LINKS = 16
"""Issuances of one vehicle that are looked at, newest first. Each is a batch read for all that are looked at together;
a vehicle has one to three while its certificates last."""

WAITING = "its-vehicle-waits-for-it"
LOST = "its-certificate-is-gone"
NOBODYS = "no-vehicle-refers-to-it"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An item that is none of ours."""

    certificate_id: str


class Records(Protocol):
    """What is stored, read only. Every method raises Unavailable."""

    def vehicles(self, vins: Sequence[str]) -> Mapping[str, str | None]:
        """Registered vehicles by VIN, with the id of their current issuance."""

    def issuances_of(self, ids: Sequence[str]) -> Mapping[str, Issuance | Unreadable]:
        """Issuance records by certificate id, as of now."""

    def certified(self, ids: Sequence[str]) -> Mapping[str, bool]:
        """Which of the ids are stored as certificates as of now, and whether with signed bytes (False: voided)."""


# 1. Looking.


def judged(intents: Sequence[Issuance], records: Records) -> Iterator[tuple[Issuance, str]]:
    """Each of the intents, none of which is a certificate, with what is wrong with it; empty where its row was tried
    again. Raises Unavailable."""
    histories = _histories(list(dict.fromkeys(intent.vin for intent in intents)), records)
    for intent in intents:
        yield intent, _wrong(intent, histories.get(intent.vin, ()))


def _wrong(intent: Issuance, history: Sequence[Issuance]) -> str:
    referred = [issuance.certificate_id for issuance in history]
    if intent.certificate_id in referred:
        return WAITING if intent.certificate_id == referred[0] else LOST
    return "" if any(_retried(intent, issuance) for issuance in history) else NOBODYS


def _retried(intent: Issuance, other: Issuance) -> bool:
    """Whether `other` is what a later attempt at the same ledger row has made. The rows of two workers that had the
    same chunk at once may be recorded in any order."""
    return (
        intent.cause.trigger.startswith("ledger:")
        and (intent.vin, intent.cause) == (other.vin, other.cause)
        and _said(intent.claims) == _said(other.claims)
        and intent.claims.iat < other.claims.iat + GRACE
    )


def _said(claims: Claims) -> Claims:
    """What a certificate says of its vehicle: all but what every issuance has of its own."""
    return replace(claims, cti=b"", iat=0, status_idx=0, status_uri="")


def _histories(vins: Sequence[str], records: Records) -> dict[str, list[Issuance]]:
    """What each vehicle refers to: its current issuance, the one that this was to supersede, and so on."""
    histories: dict[str, list[Issuance]] = {vin: [] for vin in vins}
    following = {vin: id_ for vin, id_ in records.vehicles(vins).items() if id_}
    for _ in range(LINKS):
        if not following:
            break
        found = records.issuances_of(list(dict.fromkeys(following.values())))
        read = [(vin, found.get(id_)) for vin, id_ in following.items()]
        following = {}
        for vin, issuance in read:
            if isinstance(issuance, Issuance):
                histories[vin].append(issuance)
                if issuance.supersedes:
                    following[vin] = issuance.supersedes
    return histories


# 2. Voiding.


class Voids(Protocol):
    """Where voided issuances go."""

    def put(self, void: Certificate) -> None:
        """Store it, where nothing is stored under its id and its vehicle does not refer to it. Raises Stale,
        Unavailable."""


@dataclass(frozen=True, slots=True)
class Settler:
    """Ends intents that came to nothing."""

    records: Records
    voids: Voids
    clock: Clock

    def void(self, certificate_id: str, *, by: str, why: str, dry_run: bool = False) -> bool:
        """Void the issuance with this id; False where it was voided before. With `dry_run` nothing is written.

        Raises NotFound, Conflict(not-allowed-in-state), Stale where somebody was first, Unavailable.
        """
        intent = self.records.issuances_of([certificate_id]).get(certificate_id)
        if intent is None:
            raise NotFound
        if isinstance(intent, Unreadable):
            raise _refused("the record cannot be read")
        signed = self.records.certified([certificate_id]).get(certificate_id)
        if signed is not None:
            if signed:
                raise _refused("it is a certificate: revoke it")
            return False
        now = self.clock()
        if now - intent.claims.iat < GRACE:
            raise _refused("it was recorded less than an hour ago: its worker may still be at it")
        ((_, wrong),) = judged([intent], self.records)
        if wrong == LOST:
            raise _refused("it was its vehicle's certificate, which the store has lost: restore it")
        if wrong == WAITING:
            raise _refused("its vehicle refers to it: a redrive finishes it")
        if not dry_run:
            self.voids.put(Certificate(intent, b"", (Step("revoked", now, by, why),)))
        return True


def _refused(why: str) -> Conflict:
    return Conflict("not-allowed-in-state", why)
