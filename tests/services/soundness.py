"""What holds of the stores after a launch, whatever the rows were and whatever happened meanwhile."""

from __future__ import annotations

from collections import Counter

from tests.support.world import World


def sound(world: World) -> None:
    """One active certificate at most for a vehicle, and the vehicle refers to it; every certificate was meant to be
    signed; no index twice; one payload for each certificate; every plate leads to the vehicle that bears it."""
    active = [c for c in world.certificates.by_id.values() if c.status == "active"]
    assert max(Counter(c.issuance.vin for c in active).values(), default=1) == 1
    for certificate in active:
        assert world.vehicles.records[certificate.issuance.vin].current == certificate.certificate_id
    for certificate in world.certificates.by_id.values():
        assert world.issuances.by_id[certificate.certificate_id] == certificate.issuance
    indices = [i.claims.status_idx for i in world.issuances.by_id.values()]
    assert len(indices) == len(set(indices))
    assert len(set(world.signer.signed)) == len(world.certificates.by_id)
    for (plate_class, plate), bearer in world.vehicles.plates.items():
        vehicle = world.vehicles.records[bearer].registered.vehicle
        assert (vehicle.plate_class, vehicle.plate) == (plate_class, plate)
