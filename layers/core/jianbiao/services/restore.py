"""After a table came back from an earlier moment: what the other tables and the published lists still know is put back
into it, before anything is served from it.

1. *Indices*: for each shard a fresh block behind every index that an issuance record has, so that none is used twice.
2. *States*: the newest of what the certificate's own life, its row in the statuses table and the published list say.
   A list has no times for its entries, so it only ever takes away: where a list that is newer than anything the tables
   know has a certificate revoked, suspended or superseded that they believe active, the list is believed. (The way
   back, a reinstatement, an operator repeats.)
3. *Issuances that were ended before they became certificates*, as the list or the statuses tell: voided again, so that
   nobody signs them.

Certificates that were lost are not made here: their issuance records are there, the vehicle still refers to them, and
the next caller signs the same payload again (services.issue). The issue guard names them.

Every step is on condition that nobody has written since, and running it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from jianbiao.domain.certificate import State
from jianbiao.records import STATUS_VALUES, Certificate, Issuance, Step

BY, WHY = "restore", "restored"
_STATES = {value: state for state, value in STATUS_VALUES.items()}


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the statuses table."""

    status: int
    at: int
    """Epoch second of the step that it is from."""


@dataclass(frozen=True, slots=True)
class Mending:
    """What has to be written for one certificate."""

    certificate: Certificate | None = None
    """After one more step, or the void of an issuance; None: as it is."""
    is_new: bool = False
    """Whether it is not stored yet: a void."""
    row: Row | None = None
    """Its row in the statuses table; None: as it is."""


def fresh_blocks(
    issued: Iterable[tuple[int, int]], present: Mapping[int, int], *, shards: int, block: int, entries: int
) -> dict[int, int]:
    """Shard → block to open, for every shard of which an issuance has an index at or behind its present block.

    `issued` has (list number, index), `present` the block that each shard has open; `block` is the size of one,
    `entries` that of a list. A shard whose block is open may have given out any part of it after the moment to which
    the table went back, so the next one is opened.
    """
    highest: dict[int, int] = {}
    for number, index in issued:
        used = (number * entries + index) // block
        highest[used % shards] = max(highest.get(used % shards, -1), used)
    behind = {shard: used for shard, used in highest.items() if used >= present.get(shard, shard)}
    return {shard: used + shards for shard, used in sorted(behind.items())}


def mended(certificate: Certificate, row: Row | None, listed: Row | None) -> Mending:
    """What brings a stored certificate and its row to the newest state that is known. `listed`: its value in the
    published list, with the list's time of issue."""
    last = certificate.life[-1]
    stored = Row(STATUS_VALUES[State(last.status)], last.at)
    newest = max((stored, row), key=lambda r: (r.at, r.status)) if row else stored
    if newest.status == 0 and listed and listed.status and listed.at > newest.at:
        newest = listed
    step = None
    if newest.status != stored.status:
        step = certificate.step(_STATES[newest.status], at=newest.at, by=BY, why=WHY)
    wanted = newest if newest.status or row else None  # what was always valid has no row
    return Mending(step, row=wanted if wanted and (row is None or row.status != wanted.status) else None)


def voided(issuance: Issuance, row: Row | None, listed: Row | None) -> Mending:
    """What an issuance without a certificate needs: a void where its index is known to be ended."""
    ended = row if row and row.status else listed if listed and listed.status else None
    if ended is None:
        return Mending()
    void = Certificate(issuance, b"", (Step(State.REVOKED, ended.at, BY, WHY),))
    return Mending(void, is_new=True, row=None if row and row.status else ended)
