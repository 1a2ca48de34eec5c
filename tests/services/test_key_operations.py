"""Rotation and compromise as docs/keys.md has them, from the key book through issuer, store, ledger and verifier."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from jianbiao.domain.codes import Coded
from jianbiao.domain.eligibility import Person
from jianbiao.ports import SigningKeys
from jianbiao.records import Certificate
from jianbiao.services.citizen import CitizenDesk
from jianbiao.services.key_book import CLOSING, KeyBook
from jianbiao.services.verify import Finding, Verifier
from jianbiao.wire.code_text import code_text
from jianbiao.wire.keys import CERTIFICATE, KeySet, base64url, from_base64url, kid_of
from tests.services.ledgers import file, row, run, vin
from tests.support.memory import MemorySigner, spki
from tests.support.world import World

PRIVATE = [ec.generate_private_key(ec.SECP256R1()) for _ in range(4)]
FIRST, STANDBY, LISTS, NEXT = PRIVATE
HARBIN = Coded("230100", "哈尔滨市公安局交通警察支队车辆管理所", "Harbin")
DAY = 86_400
CARS = range(1, 7)
OUTCOMES = ("issued", "already", "refused", "invalid")


@dataclass
class BookKeys:
    """Port `Keys` over a book, as the functions read it from the Config table."""

    book: KeyBook
    sets: list[KeySet] = field(default_factory=list)
    """Every set that was published, as terminals may still have it."""

    def current(self) -> SigningKeys:
        book = self.book
        if not self.sets or self.sets[-1].version != book.version:
            self.sets.append(book.published())
        return SigningKeys(
            self.sets[-1], from_base64url(book.active_kid, 8), from_base64url(book.list_kid, 8)
        )


@dataclass
class Scene:
    """A world whose keys are a book's, with a certificate for each of CARS signed by the first key."""

    world: World = field(init=False)

    def __post_init__(self) -> None:
        self.world = World(signer=MemorySigner(PRIVATE))
        now = self.world.clock()
        self.keys = BookKeys(
            KeyBook.first(
                certificate=(spki(FIRST), "arn:1"),
                standby=(spki(STANDBY), "arn:2"),
                status_list=(spki(LISTS), "arn:3"),
                issuers=[HARBIN],
                overlap=DAY,
                nbf=now - DAY,
                exp=now + 3_650 * DAY,
            )
        )
        self.world.keys = self.keys  # type: ignore[assignment]
        self.load(*CARS)

    def load(self, *cars: int) -> dict[str, int]:
        """Load a ledger of these cars, as a launch does; what became of its rows."""
        made = run(self.world, b"\n".join(row(car) for car in cars), file(f"at-{self.world.later}"))
        return {outcome: made.counts[outcome] for outcome in OUTCOMES if made.counts[outcome]}

    def active(self, car: int) -> Certificate:
        (certificate,) = self.world.active(vin(car))
        return certificate

    def verify(self, certificate: Certificate) -> Finding:
        world = self.world
        verifier = Verifier(self.keys, world.certificates, world.clock)
        return verifier.verify(code_text("https://mark.example", certificate.data))

    def owner_sees(self, car: int) -> tuple[str, bool]:
        """State of the certificate in the owner's list, and whether an application would issue another."""
        world, person = self.world, Person(f"p-{car}", "230100", "portal")
        desk = CitizenDesk(world.vehicles, world.certificates, world.bindings, world.clock, self.keys)
        ((certificate,), _) = desk.my_certificates(person, world.policies.policy, limit=10, after=None)
        ((vehicle,), _) = desk.my_vehicles(person, world.policies.policy, limit=10, after=None)
        return certificate.status, vehicle.possibilities.current.issues

    def publish(self, book: KeyBook) -> None:
        self.keys.book = book
        self.keys.current()


def kid(key: ec.EllipticCurvePrivateKey) -> bytes:
    return kid_of(spki(key))


def text(key: ec.EllipticCurvePrivateKey) -> str:
    """The kid as the commands take it."""
    return base64url(kid(key))


def test_a_rotation_makes_no_certificate_unverifiable_at_any_step() -> None:
    scene = Scene()
    world = scene.world
    made = [scene.active(car) for car in CARS]

    def all_valid() -> bool:
        return {scene.verify(certificate).verdict for certificate in made} == {"valid"}

    assert all_valid()
    scene.publish(scene.keys.book.publish(spki(NEXT), "arn:4", purpose=CERTIFICATE, now=world.clock()))
    scene.load(11)
    made.append(scene.active(11))
    assert made[-1].issuance.kid == kid(FIRST)
    world.later = DAY
    scene.publish(scene.keys.book.switch(text(NEXT), now=world.clock()))
    scene.load(12)
    made.append(scene.active(12))
    assert made[-1].issuance.kid == kid(NEXT)
    scene.publish(scene.keys.book.retire(text(FIRST), now=world.clock()))
    world.later += CLOSING + DAY
    assert all_valid()
    # Loading the ledger again finds nothing to do: a retired key's certificates are as good as any.
    assert scene.load(*CARS, 11, 12) == {"already": len(made)}


def test_after_a_compromise_all_of_its_certificates_are_issued_anew_and_no_other() -> None:
    scene = Scene()
    world = scene.world
    old = {car: scene.active(car) for car in CARS}
    # A few were signed by another key, and have nothing to do with it.
    scene.publish(scene.keys.book.switch(text(STANDBY), now=world.clock()))
    scene.load(11, 12)
    others = [scene.active(11), scene.active(12)]
    scene.publish(scene.keys.book.publish(spki(NEXT), "arn:4", purpose=CERTIFICATE, now=world.clock()))
    world.later = DAY + 60

    # 1. Marked: forged at once, whatever they say, and the terminals are told why.
    scene.publish(scene.keys.book.revoke(text(FIRST), now=world.clock()))
    for certificate in old.values():
        found = scene.verify(certificate)
        assert (found.verdict, found.reason, found.claims) == ("forged", "key-revoked", None)
    assert all(scene.verify(certificate).verdict == "valid" for certificate in others)

    # Their owners see that, and that a new one is there for the asking.
    assert scene.owner_sees(1) == ("revoked", True)

    # 3. The ledger again: each of its certificates once, the others stay.
    assert scene.load(*CARS, 11, 12) == {"issued": len(old), "already": len(others)}
    for car, before in old.items():
        new = scene.active(car)
        assert new.issuance.kid == kid(STANDBY)
        assert new.issuance.supersedes == before.certificate_id
        assert new.valid_until == before.valid_until
        assert scene.verify(new).verdict == "valid"
        # In the store and so in the lists the old one is superseded: a verifier that has not heard of the
        # compromise yet, and would take its signature, learns of it from the list.
        assert world.certificates.by_id[before.certificate_id].status == "superseded"
    assert scene.owner_sees(1) == ("active", False)
    assert [scene.active(11), scene.active(12)] == others
    # And once more: nothing is left to do.
    world.later += 60
    assert scene.load(*CARS, 11, 12) == {"already": len(old) + len(others)}


def test_when_the_key_that_signs_is_compromised_the_standby_signs_in_the_same_version() -> None:
    scene = Scene()
    world = scene.world
    known = scene.keys.current().published
    scene.publish(scene.keys.book.revoke(text(FIRST), now=world.clock()))
    assert scene.load(*CARS) == {"issued": len(CARS)}
    for car in CARS:
        new = scene.active(car)
        assert new.issuance.kid == kid(STANDBY)
        # Also for who has only the set of before: the standby was published beforehand.
        older = Verifier(_Fixed(known), world.certificates, world.clock)
        assert older.verify(code_text("https://mark.example", new.data)).verdict == "valid"


def test_a_set_never_goes_back() -> None:
    scene = Scene()
    now = scene.world.clock()
    scene.publish(scene.keys.book.switch(text(STANDBY), now=now))
    scene.publish(scene.keys.book.revoke(text(FIRST), now=now))
    older, _, newest = scene.keys.sets
    newest.check_replaces(older)
    with pytest.raises(Exception, match="rolled-back"):
        older.check_replaces(newest)


@dataclass
class _Fixed:
    """A verifier that has not updated."""

    held: KeySet

    def current(self) -> SigningKeys:
        return SigningKeys(self.held, b"")
