"""Nothing is signed that does not say what is meant, and nothing is stored that does not verify."""

from __future__ import annotations

import dataclasses

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from jianbiao.errors import Forged, Refusal
from jianbiao.records import Hold
from jianbiao.services import issue
from jianbiao.services.issue import IssuedWrong
from jianbiao.wire.verify import Verified
from tests.services.ledgers import row, run, vin
from tests.support.world import World


def prepared() -> tuple[World, issue.Issuance]:
    """A world, and the issuance behind its one certificate."""
    world = World()
    run(world, row(1))
    (certificate,) = world.active(vin(1))
    world.signer.signed.clear()
    return world, certificate.issuance


def test_a_payload_that_does_not_say_what_is_meant_is_not_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    world, issuance = prepared()
    right = issue.jb1.payload_bytes
    monkeypatch.setattr(
        issue.jb1, "payload_bytes", lambda claims: right(dataclasses.replace(claims, plate="黑A99999"))
    )
    with pytest.raises(IssuedWrong):
        world.issuer.sign(issuance)
    assert not world.signer.signed


def test_a_signature_by_another_key_is_not_stored() -> None:
    world, issuance = prepared()
    stranger = ec.generate_private_key(ec.SECP256R1())
    world.signer.sign = lambda kid, message: stranger.sign(message, ec.ECDSA(hashes.SHA256()))  # type: ignore[method-assign]
    with pytest.raises(Forged):
        world.issuer.sign(issuance)


def test_a_certificate_that_reads_otherwise_is_not_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    world, issuance = prepared()
    right = issue.verify_certificate

    def misread(data: bytes, keys: object) -> Verified:
        found = right(data, keys)  # type: ignore[arg-type]
        return dataclasses.replace(found, claims=dataclasses.replace(found.claims, plate="黑A99999"))

    monkeypatch.setattr(issue, "verify_certificate", misread)
    with pytest.raises(IssuedWrong):
        world.issuer.sign(issuance)


def test_a_reservation_of_a_held_vehicle_is_not_finished_whoever_comes_by() -> None:
    world, issuance = prepared()
    world.certificates.by_id.clear()  # the crash came between reserving and committing
    record = world.vehicles.records[vin(1)]
    assert record.current == issuance.certificate_id
    with pytest.raises(Refusal) as refused:
        world.issuer.settle(dataclasses.replace(record, hold=Hold(1, "op", "fraud")))
    assert refused.value.reason == "hold"
    assert not world.signer.signed
    assert not world.certificates.by_id
    assert world.issuer.settle(record) is not None
