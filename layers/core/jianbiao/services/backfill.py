"""The ledger chunk worker: a run of ledger lines becomes vehicles and certificates.

It knows nothing of what calls it. For each batch of lines it

1. parses and validates the rows, and reads what is stored about their vehicles and plates,
2. decides each row by the rules (gates 4, 6, 7, 8, 10, 11 of api.md),
3. stores new vehicles, each with the issuance that is meant for it (the intents first),
4. signs and checks,
5. commits the certificates, and notes for each row how it ended.

Vehicles that are known already, rows whose plate another vehicle bears, and rows that somebody else touched meanwhile
go one by one through `services.registrar` and `services.issue`, which handle every state that can be found.

Running a chunk again changes nothing and gives the same accounts: a certificate that a row has caused carries the
row's offset as its trigger, so the row ends as `issued` again, whereas a certificate that somebody else caused makes
it `already`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from jianbiao.domain.certificate import State, needs_new
from jianbiao.domain.eligibility import Entitlement, entitle_current, facts
from jianbiao.domain.ledger import RowInvalid, parse_row
from jianbiao.domain.ledger_lines import RangeLines, RawLine
from jianbiao.domain.policy import Policy
from jianbiao.domain.reasons import Reason
from jianbiao.domain.register import NOT_IN_LEDGER, Registered, Stamp, first_report, merge_full
from jianbiao.domain.times import day_of
from jianbiao.domain.vehicle import Vehicle
from jianbiao.errors import Refusal
from jianbiao.ports import PlateTaken, Policies
from jianbiao.records import Cause, Certificate, Issuance, VehicleRecord
from jianbiao.services.issue import Issuer
from jianbiao.services.registrar import Registrar

BATCH = 100
"""Rows read and written together: BatchGetItem takes 100 keys."""

BACKFILL_CHANNEL = 4
"""product.md: already within its inspection period."""

ROWS_DISAGREE = "rows-disagree:hphm"
"""An equally old row, worked before, gave the plate to another vehicle, or the vehicle another plate. Nobody can tell
which is right: the row is invalid."""


@dataclass(frozen=True, slots=True)
class LedgerFile:
    """Which ledger the lines are from."""

    file_id: str
    """Names this version of this object; part of every trigger."""
    as_of: int
    """Epoch second at which the ledger was true."""

    @property
    def stamp(self) -> Stamp:
        """A ledger row loses to events of the same second."""
        return (self.as_of, "")

    def merged(self, stored: Registered, vehicle: Vehicle, policy: Policy) -> Registered:
        """What is stored, with what a row says where that is newer; `policy` decides later inspections anew."""
        return merge_full(stored, vehicle, self.stamp, without=NOT_IN_LEDGER, policy=policy)

    def disagrees(self, stored: Registered, vehicle: Vehicle) -> bool:
        """Whether a row that is equally old has given the vehicle another plate."""
        there = stored.vehicle
        return (stored.stamp_of("plate") == self.stamp and there.plate != vehicle.plate) or (
            stored.stamp_of("plate_class") == self.stamp and there.plate_class != vehicle.plate_class
        )

    def cause(self, raw: RawLine) -> Cause:
        """The row as the cause of a certificate."""
        return Cause(BACKFILL_CHANNEL, f"ledger:{self.file_id}:{raw.offset}", "system")


@dataclass(frozen=True, slots=True)
class _Row:
    raw: RawLine
    vehicle: Vehicle | None
    invalid: tuple[str, ...] = ()
    unknown_columns: int = 0
    warnings: int = 0


@dataclass(slots=True)
class ChunkResult:
    """How the rows of a chunk ended. `rows = issued + already + refused + invalid`, always."""

    lines: int = 0
    """Lines that begin in the chunk, blank ones included: the summary makes line numbers of them."""
    counts: Counter[str] = field(default_factory=Counter)
    """`rows`, `issued`, `already`, `refused`, `invalid`; `unknown_columns` and `warnings` of valid rows."""
    reasons: list[dict[str, Any]] = field(default_factory=list)
    """One entry for each row that is neither issued nor already there: byte offset in the file, line (1 = the
    first of the chunk), outcome, reasons."""
    next_offset: int | None = None
    """Where to go on, if the deadline came first; None: all done."""

    def note(self, raw: RawLine, outcome: str, *reasons: str) -> None:
        """Count a row, and keep its reasons."""
        self.counts["rows"] += 1
        self.counts[outcome] += 1
        if reasons:
            self.reasons.append(
                {"offset": raw.offset, "line": raw.number, "outcome": outcome, "reasons": list(reasons)}
            )


InParallel = Callable[[Callable[[Issuance], Certificate], Sequence[Issuance]], Iterable[Certificate]]


@dataclass(frozen=True, slots=True)
class ChunkWorker:
    """Turns ledger lines into certificates through a `Registrar`, its `Issuer` and their stores."""

    registrar: Registrar
    policies: Policies
    in_parallel: InParallel = map
    """How to call the signer for many issuances; results in order."""

    @property
    def issuer(self) -> Issuer:
        """The registrar's."""
        return self.registrar.issuer

    def run(
        self, lines: RangeLines, ledger: LedgerFile, out_of_time: Callable[[], bool] = lambda: False
    ) -> ChunkResult:
        """Process `lines` to the end, or to the batch before which `out_of_time` says so.

        Raises Unavailable and IssuedWrong: run the chunk again.
        """
        result = ChunkResult()
        policy = self.policies.current()
        for rows in _batches(lines, policy):
            if out_of_time():
                first = rows[0].raw
                result.next_offset, result.lines = first.offset, first.number - 1
                return result
            _Batch(self, policy, ledger, result).process(rows)
        result.lines = lines.begun
        return result


def _batches(lines: Iterable[RawLine], policy: Policy) -> Iterator[list[_Row]]:
    """Rows in batches in which no VIN and no plate occurs twice, so that the order within one is immaterial."""
    batch: list[_Row] = []
    seen: set[tuple[str, str]] = set()
    for raw in lines:
        row = _parsed(raw, policy)
        v = row.vehicle
        keys = {("", v.vin), (v.plate_class, v.plate)} if v else set()
        if len(batch) == BATCH or keys & seen:
            yield batch
            batch, seen = [], set()
        batch.append(row)
        seen |= keys
    if batch:
        yield batch


def _parsed(raw: RawLine, policy: Policy) -> _Row:
    try:
        row = parse_row(raw.data, policy)
    except RowInvalid as error:
        return _Row(raw, None, tuple(error.reasons))
    return _Row(raw, row.vehicle, (), row.unknown_columns, len(row.warnings))


@dataclass(slots=True)
class _Batch:
    """One batch on its way through the five steps."""

    worker: ChunkWorker
    policy: Policy
    ledger: LedgerFile
    result: ChunkResult
    entitled: list[tuple[_Row, VehicleRecord, Entitlement]] = field(default_factory=list)
    """New vehicles that get a certificate."""
    refused: list[tuple[_Row, VehicleRecord, str]] = field(default_factory=list)
    """New vehicles that get none, and the reason: stored all the same, for police and their owners."""

    def process(self, rows: Sequence[_Row]) -> None:
        issuer = self.worker.issuer
        # 1. Read: one request for the vehicles, one for the plates, one for the certificates.
        vehicles = [row.vehicle for row in rows if row.vehicle]
        known = issuer.vehicles.get_many([v.vin for v in vehicles])
        bearers = issuer.vehicles.vins_of_plates([(v.plate_class, v.plate) for v in vehicles])
        present = issuer.certificates.get_many([r.current for r in known.values() if r.current])
        # 2. Decide.
        for row in rows:
            self.result.counts["unknown_columns"] += row.unknown_columns
            self.result.counts["warnings"] += row.warnings
            if row.vehicle is None:
                self.result.note(row.raw, "invalid", *row.invalid)
            elif row.vehicle.vin in known:
                self._known(row, row.vehicle, known[row.vehicle.vin], present)
            elif (
                bearers.get((row.vehicle.plate_class, row.vehicle.plate), row.vehicle.vin) != row.vehicle.vin
            ):
                self._one_by_one(row, row.vehicle)
            else:
                self._new(row, row.vehicle)
        self._store_new()

    def _new(self, row: _Row, vehicle: Vehicle) -> None:
        record = VehicleRecord(first_report(vehicle, self.ledger.stamp))
        try:
            self.entitled.append((row, record, self._entitle_new(vehicle)))
        except Refusal as refusal:
            self.refused.append((row, record, refusal.reason))

    def _store_new(self) -> None:
        issuer = self.worker.issuer
        indices = issuer.indices.take(len(self.entitled)) if self.entitled else ()
        signing = issuer.keys.current()
        issuances = [
            issuer.prepare(
                record.registered.vehicle,
                entitlement,
                self.ledger.cause(row.raw),
                index,
                supersedes=None,
                signing=signing,
            )
            for (row, record, entitlement), index in zip(self.entitled, indices, strict=True)
        ]
        # 3. Store. A crash between the two leaves intents that no vehicle refers to: nothing is ever signed for
        # them, and their indices stay unused.
        issuer.issuances.insert_many(issuances)
        records = [
            replace(record, current=issuance.certificate_id)
            for (_, record, _), issuance in zip(self.entitled, issuances, strict=True)
        ]
        stored = issuer.vehicles.insert_many([*records, *(record for _, record, _ in self.refused)])
        # 4. Sign. A crash leaves vehicles whose issuance has no certificate: the next run of the chunk finds
        # them known and finishes them one by one.
        ours = [issuance for issuance in issuances if issuance.vin in stored]
        signed = list(self.worker.in_parallel(issuer.sign, ours))
        # 5. Commit.
        committed = issuer.certificates.commit_many(signed)
        done = {c.issuance.vin for c in signed if c.certificate_id in committed}
        for row, record, _ in self.entitled:
            if record.registered.vehicle.vin in done:
                self.result.note(row.raw, "issued")
            else:
                self._one_by_one(row, record.registered.vehicle)
        for row, record, reason in self.refused:
            if record.registered.vehicle.vin in stored:
                self.result.note(row.raw, "refused", reason)
            else:
                self._one_by_one(row, record.registered.vehicle)

    def _known(
        self, row: _Row, vehicle: Vehicle, record: VehicleRecord, present: Mapping[str, Certificate]
    ) -> None:
        """A vehicle that is stored: most often there is nothing to do."""
        registered = self.ledger.merged(record.registered, vehicle, self.policy)
        certificate = present.get(record.current or "")
        usable = (
            certificate is not None
            and certificate.status == State.ACTIVE
            and not self.worker.issuer.compromised(certificate.issuance.kid)
        )
        disagrees = self.ledger.disagrees(record.registered, vehicle)
        if registered == record.registered and not disagrees and certificate and usable:
            try:
                entitlement = self._entitle_known(record)
            except Refusal as refusal:
                self._outcome(row, certificate, refusal)
                return
            if not needs_new(certificate.facts, facts(registered.vehicle, entitlement)):
                self._outcome(row, certificate, None)
                return
        self._one_by_one(row, vehicle)

    def _one_by_one(self, row: _Row, vehicle: Vehicle) -> None:
        """Any vehicle in any state: what the row says is taken down as an event's word would be (`services.registrar`),
        and then issued for."""
        registrar, issuer = self.worker.registrar, self.worker.issuer
        cause = self.ledger.cause(row.raw)

        def report(stored: Registered) -> Registered:
            if self.ledger.disagrees(stored, vehicle):
                raise PlateTaken("the vehicle was given another plate by an equally old row")
            return self.ledger.merged(stored, vehicle, self.policy)

        try:
            record = registrar.register(vehicle.vin, report, self.policy, by=cause.actor, state=vehicle.state)
        except PlateTaken:
            self.result.note(row.raw, "invalid", ROWS_DISAGREE)
            return
        try:
            outcome = issuer.issue(record, self._entitle_known, cause)
        except Refusal as refusal:
            registrar.withdraw(record, by=cause.actor)
            present = issuer.certificates.get(record.current) if record.current else None
            self._outcome(row, present, refusal)
        else:
            self._outcome(row, outcome.certificate, None)

    def _outcome(self, row: _Row, certificate: Certificate | None, refusal: Refusal | None) -> None:
        """Note the row: what it has caused before counts as issued by it, also when seen again; an issuance that was
        voided before it was signed never was a certificate."""
        if certificate and certificate.data and certificate.issuance.cause == self.ledger.cause(row.raw):
            self.result.note(row.raw, "issued")
        elif refusal:
            self.result.note(row.raw, "refused", refusal.reason)
        else:
            self.result.note(row.raw, "already")

    def _entitle_new(self, vehicle: Vehicle) -> Entitlement:
        """Of a vehicle of which nothing else is known; raises Refusal."""
        today = day_of(self.worker.issuer.clock())
        return entitle_current(self.policy, vehicle, person=None, held=False, on=today)

    def _entitle_known(self, record: VehicleRecord) -> Entitlement:
        """Of a vehicle as stored; raises Refusal."""
        ended = record.registered.ends >= self.ledger.stamp
        if ended and (record.current is None or record.overtaken):
            # By this row itself, or by a newer report. What has been decided since then is none of the row's doing.
            raise Refusal(Reason.STATE_BLOCKED)
        return self.worker.registrar.entitle(record, self.policy)
