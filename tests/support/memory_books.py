"""What the issue guard reads, from the doubles of a world."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from jianbiao.records import Certificate, Issuance
from jianbiao.services.leftovers import Unreadable
from jianbiao.services.reconcile import Guard
from tests.support.world import World


@dataclass
class MemoryBooks:
    """Port `Books`."""

    world: World
    events: dict[str, str] = field(default_factory=dict)
    ledgers: dict[str, int] = field(default_factory=lambda: {"second": 1000})
    unreadable: list[str] = field(default_factory=list)
    """Ids of certificates that are none of ours."""

    def certificates(self, segment: int, segments: int) -> Iterator[Sequence[Certificate | Unreadable]]:
        for id_, certificate in sorted(self.world.certificates.by_id.items()):
            if hash(id_) % segments == segment:
                yield [certificate]
        yield [Unreadable(id_) for id_ in self.unreadable if hash(id_) % segments == segment]

    def issuances(self, segment: int, segments: int) -> Iterator[Sequence[Issuance | Unreadable]]:
        for id_, issuance in sorted(self.world.issuances.by_id.items()):
            if hash(id_) % segments == segment:
                yield [issuance]

    def issuances_of(self, ids: Sequence[str]) -> Mapping[str, Issuance | Unreadable]:
        return {id_: self.world.issuances.by_id[id_] for id_ in ids if id_ in self.world.issuances.by_id}

    def certified(self, ids: Sequence[str]) -> Mapping[str, bool]:
        stored = {id_: bool(one.data) for id_, one in self.world.certificates.by_id.items()}
        stored |= dict.fromkeys(self.unreadable, True)
        return {id_: stored[id_] for id_ in ids if id_ in stored}

    def vins_of_events(self, ids: Sequence[str]) -> Mapping[str, str]:
        return {id_: self.events[id_] for id_ in ids if id_ in self.events}

    def vehicles(self, vins: Sequence[str]) -> Mapping[str, str | None]:
        records = self.world.vehicles.records
        return {vin: records[vin].current for vin in vins if vin in records}

    def ledger_size(self, launch_id: str) -> int | None:
        return self.ledgers.get(launch_id)

    def granted_claims(self, vin: str) -> set[str]:
        kept = self.world.decisions.kept
        return {decision.application_id for decision in kept if decision.vin == vin and decision.granted}

    @property
    def guard(self) -> Guard:
        """The guard that reads them."""
        return Guard(self, self.world.keys, self.world.policies, self.world.clock)
