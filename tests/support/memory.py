"""In-memory doubles of the ports. They keep the contract of `jianbiao.ports`, and fail where a test tells them to."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jianbiao.domain.codes import Coded
from jianbiao.domain.policy import Policy, default_policy
from jianbiao.domain.register import Registered, blank
from jianbiao.errors import Unavailable
from jianbiao.ports import PlateTaken, SigningKeys, Stale
from jianbiao.records import (
    Certificate,
    Ending,
    Issuance,
    VehicleChange,
    VehicleRecord,
)
from jianbiao.wire.keys import KeySet, jwk_of, kid_of

FAR = 4_000_000_000


@dataclass
class Faults:
    """Fails the call number `at` (1 = first), before or after it takes effect. 0 never fails."""

    at: int = 0
    after: bool = False
    calls: list[str] = field(default_factory=list)

    def wrap(self, port: Any) -> Any:
        """The port, with every method watched."""
        return _Watched(port, self)


class _Watched:
    def __init__(self, port: Any, faults: Faults) -> None:
        self._port, self._faults = port, faults

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._port, name)
        if not callable(value) or name.startswith("_"):
            return value
        faults = self._faults

        def watched(*args: Any, **kwargs: Any) -> Any:
            faults.calls.append(f"{type(self._port).__name__}.{name}")
            hit = len(faults.calls) == faults.at
            if hit and not faults.after:
                raise Unavailable("fault before")
            result = value(*args, **kwargs)
            if hit:
                raise Unavailable("fault after")
            return result

        return watched


@dataclass
class MemorySigner:
    """Signs with keys in memory, and counts the payloads."""

    keys: list[ec.EllipticCurvePrivateKey]
    signed: list[bytes] = field(default_factory=list)
    down: bool = False

    def sign(self, kid: bytes, message: bytes) -> bytes:
        if self.down:
            raise Unavailable("signing")
        self.signed.append(message)
        (key,) = [k for k in self.keys if kid_of(spki(k)) == kid]
        return key.sign(message, ec.ECDSA(hashes.SHA256()))


def spki(key: ec.EllipticCurvePrivateKey) -> bytes:
    """DER SubjectPublicKeyInfo, as KMS gives it."""
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@dataclass
class MemoryKeys:
    """A key set in memory; `revoked` marks kids as compromised."""

    keys: list[ec.EllipticCurvePrivateKey]
    active: int = 0
    revoked: dict[bytes, int] = field(default_factory=dict)
    issuers: tuple[Coded, ...] = (Coded("230100", "哈尔滨市公安局交通警察支队车辆管理所", "Harbin"),)

    def current(self) -> SigningKeys:
        entries = [
            jwk_of(
                spki(key),
                purpose="certificate",
                nbf=0,
                exp=FAR,
                issuers=self.issuers,
                revoked_at=self.revoked.get(kid_of(spki(key))),
            )
            for key in self.keys
        ]
        published = KeySet.from_jwks({"version": 1, "keys": entries})
        return SigningKeys(published, kid_of(spki(self.keys[self.active])))


@dataclass
class MemoryPolicies:
    """A policy in memory."""

    policy: Policy = field(default_factory=default_policy)

    def current(self) -> Policy:
        return self.policy


@dataclass
class MemoryIndices:
    """Indices in order; what is taken is never given again."""

    taken: int = 0

    def take(self, count: int) -> Sequence[tuple[int, int]]:
        first = self.taken
        self.taken += count
        return [(0, index) for index in range(first, first + count)]


@dataclass
class MemoryIssuances:
    """Issuance records."""

    by_id: dict[str, Issuance] = field(default_factory=dict)

    def insert_many(self, issuances: Sequence[Issuance]) -> None:
        for issuance in issuances:
            self.by_id.setdefault(issuance.certificate_id, issuance)

    def get(self, certificate_id: str) -> Issuance | None:
        return self.by_id.get(certificate_id)


@dataclass
class MemoryVehicles:
    """Vehicles, plates, and what changes in one transaction with them."""

    issuances: MemoryIssuances
    certificates: MemoryCertificates
    records: dict[str, VehicleRecord] = field(default_factory=dict)
    plates: dict[tuple[str, str], str] = field(default_factory=dict)
    interleave: Callable[[], None] | None = None
    """Runs once before the next conditional write: somebody else being first."""
    ended: list[Ending] = field(default_factory=list)
    statements: Any = None
    """The double as a world watches it: a first load is two requests, and anything may happen between them."""

    def get(self, vin: str) -> VehicleRecord | None:
        return self.records.get(vin)

    def get_many(self, vins: Iterable[str]) -> dict[str, VehicleRecord]:
        return {vin: self.records[vin] for vin in vins if vin in self.records}

    def vin_of_plate(self, plate_class: str, plate: str) -> str | None:
        return self.plates.get((plate_class, plate))

    def vins_of_plates(self, plates: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
        return {plate: self.plates[plate] for plate in plates if plate in self.plates}

    def of_owner(self, owner_ref: str, *, limit: int, after: str | None) -> tuple[list[str], str | None]:
        own = sorted(
            vin
            for vin, r in self.records.items()
            if r.registered.vehicle.owner_ref == owner_ref and vin > (after or "")
        )
        return own[:limit], own[limit - 1] if len(own) > limit else None

    def insert_many(self, records: Sequence[VehicleRecord]) -> set[str]:
        statements = self.statements or self
        return statements.insert_vehicles(statements.insert_pointers(records))

    def insert_pointers(self, records: Sequence[VehicleRecord]) -> list[VehicleRecord]:
        """First request: returns the records to which the pointers of their plates lead."""
        vehicles = [record.registered.vehicle for record in records]
        leads = [self.plates.setdefault((v.plate_class, v.plate), v.vin) for v in vehicles]
        return [r for r, v, vin in zip(records, vehicles, leads, strict=True) if vin == v.vin]

    def insert_vehicles(self, records: Sequence[VehicleRecord]) -> set[str]:
        """Second request: returns the VINs that were not there."""
        by_vin = {r.registered.vehicle.vin: dataclasses.replace(r, version=1) for r in records}
        stored = by_vin.keys() - self.records.keys()
        self.records |= {vin: by_vin[vin] for vin in stored}
        return stored

    def update(self, record: VehicleRecord, registered: Registered) -> VehicleRecord:
        if registered == record.registered:
            return record
        self._somebody_else()
        return self._write(record, dataclasses.replace(record, registered=registered))

    def reserve(self, record: VehicleRecord, issuance: Issuance, registered: Registered) -> VehicleRecord:
        if record.hold:
            raise Stale
        self._somebody_else()
        changed = self._write(record, record.reserved(issuance, registered))
        self.issuances.insert_many([issuance])
        return changed

    def change(self, record: VehicleRecord, change: VehicleChange) -> VehicleRecord:
        """Needs `certificates`; what ends is kept in `ended`."""
        self._somebody_else()
        changes = [change, *(other for _, other in change.also)]
        for after in (step for part in changes for step in part.steps):
            if self.certificates.by_id.get(after.certificate_id) != dataclasses.replace(
                after, life=after.life[:-1]
            ):
                raise Stale
        for part in changes:
            if part.void and part.void.certificate_id in self.certificates.by_id:
                raise Stale
        for other, _ in change.also:
            vin = other.registered.vehicle.vin
            if self.records.get(vin, VehicleRecord(blank(vin))) != other:
                raise Stale
        stored = self._write(record, record.after(change), change.plate_from)
        for other, its in change.also:
            self.records[other.registered.vehicle.vin] = other.after(its)
        for part in changes:
            for certificate in (*part.steps, *((part.void,) if part.void else ())):
                self.certificates.by_id[certificate.certificate_id] = certificate
            self.ended += part.endings
        return stored

    def _write(
        self, record: VehicleRecord, changed: VehicleRecord, plate_from: str | None = None
    ) -> VehicleRecord:
        old, new = record.registered.vehicle, changed.registered.vehicle
        there = self.records.get(new.vin)
        if (there.version if there else 0) != record.version:
            raise Stale
        old_plate, new_plate = (old.plate_class, old.plate), (new.plate_class, new.plate)
        if old_plate != new_plate:
            holder = plate_from or new.vin
            if new.plate and self.plates.get(new_plate, holder) != holder:
                raise PlateTaken
            if old.plate and self.plates.get(old_plate, old.vin) != old.vin:
                raise Stale
            if new.plate:
                self.plates[new_plate] = new.vin
            if old.plate:
                self.plates.pop(old_plate, None)
        stored = dataclasses.replace(changed, version=record.version + 1)
        self.records[new.vin] = stored
        return stored

    def _somebody_else(self) -> None:
        if self.interleave:
            first, self.interleave = self.interleave, None
            first()


@dataclass
class MemoryCertificates:
    """Certificates."""

    by_id: dict[str, Certificate] = field(default_factory=dict)
    down: bool = False

    def get(self, certificate_id: str) -> Certificate | None:
        if self.down:
            raise Unavailable("certificates")
        return self.by_id.get(certificate_id)

    def get_many(self, certificate_ids: Iterable[str]) -> dict[str, Certificate]:
        return {id_: self.by_id[id_] for id_ in certificate_ids if id_ in self.by_id}

    def commit(self, certificate: Certificate, *, supersedes: Certificate | None) -> None:
        if certificate.certificate_id in self.by_id:
            raise Stale
        if supersedes is not None:
            if self.by_id.get(supersedes.certificate_id) != supersedes:
                raise Stale
            begun = certificate.life[0]
            ended = supersedes.step("superseded", at=begun.at, by=begun.by, why=certificate.certificate_id)
            self.by_id[supersedes.certificate_id] = ended
        self.by_id[certificate.certificate_id] = certificate

    def commit_many(self, certificates: Sequence[Certificate]) -> set[str]:
        stored = {c.certificate_id for c in certificates if c.certificate_id not in self.by_id}
        self.by_id |= {c.certificate_id: c for c in certificates if c.certificate_id in stored}
        return stored
