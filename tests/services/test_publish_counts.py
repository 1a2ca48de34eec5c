"""What is counted as issued: certificates that came to be, and nothing that happened to them later."""

from __future__ import annotations

import dataclasses

from jianbiao.services.publish import channels
from tests.services.ledgers import row, run, vin
from tests.support.world import World


def test_only_first_steps_of_signed_certificates_count() -> None:
    world = World()
    run(world, row(1))
    (certificate,) = world.active(vin(1))
    revoked = certificate.step("revoked", at=1, by="x", why="")
    void = dataclasses.replace(certificate, data=b"", life=revoked.life[-1:])
    assert channels([certificate, revoked, void, certificate]) == [4, 4]
