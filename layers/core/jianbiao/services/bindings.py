"""Binding another's vehicle, with the owner's consent.

1. Whoever asks has to know the end of the VIN; wrong ones are counted, by person and Chinese day.
2. The request waits for the owner. Nobody else's consent counts, and after its time it is read as expired,
   whatever is stored.
3. Consent, refusal and end are steps of one record. Each writes the vehicle's list of open bindings as well, so that
   two of them never both take effect on what they read, and a change of owner ends all of them.

A crash before a write leaves nothing, one after it leaves the whole step: every step is one transaction, and asking
again finds what is there. A crash between counting a guess and taking it back costs the person one guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from jianbiao.citizen_records import Binding
from jianbiao.domain.bindings import MAX_OPEN, OPEN, BindingState
from jianbiao.domain.eligibility import Person
from jianbiao.domain.policy import Policy
from jianbiao.domain.reasons import Reason
from jianbiao.domain.times import day_of, end_of_day
from jianbiao.errors import Conflict, Forbidden, NotFound, Refusal, TooManyRequests, Unavailable
from jianbiao.ports import Bindings, Clock, Random, Stale, Vehicles
from jianbiao.records import VehicleRecord
from jianbiao.services.paging import chained
from jianbiao.wire.ids import certificate_id

ATTEMPTS = 5
"""Tries to take a step; each failed one means that somebody else got ahead."""


class Relation(StrEnum):
    """What a person is to a vehicle."""

    OWNER = "owner"
    BOUND = "bound"


@dataclass(frozen=True, slots=True)
class Seen:
    """A binding as one of its two parties sees it now."""

    binding: Binding
    state: BindingState
    relation: Relation
    """What the one who looks is to the vehicle, or wants to be."""


@dataclass(frozen=True, slots=True)
class BindingDesk:
    """Where people bind vehicles and consent to it."""

    vehicles: Vehicles
    bindings: Bindings
    clock: Clock
    random: Random

    def bind(
        self, person: Person, policy: Policy, plate_class: str, plate: str, vin_tail: str
    ) -> Seen | None:
        """Ask for a binding; the open one where the person has one already, None for her own vehicle.

        Raises TooManyRequests, Refusal(not-bound), Conflict(too-many-bindings), Unavailable.
        """
        record = self._identified(person, policy, plate_class, plate, vin_tail)
        for attempt in range(ATTEMPTS):
            if attempt:
                record = self._vehicle(record.registered.vehicle.vin)
            vehicle = record.registered.vehicle
            if vehicle.owner_ref == person.person_ref:
                return None
            now = self.clock()
            listed, found = self.bindings.open_list(vehicle.vin)
            still_open = [b for b in found if b.state(now, vehicle.owner_ref) in OPEN]
            for binding in still_open:
                if binding.person_ref == person.person_ref:
                    return self._seen(binding, Relation.BOUND, vehicle.owner_ref)
            if len(still_open) >= MAX_OPEN:
                raise Conflict("too-many-bindings")
            binding = Binding(
                binding_id=certificate_id(now.to_bytes(5) + self.random(11)),
                vin=vehicle.vin,
                owner_ref=vehicle.owner_ref,
                person_ref=person.person_ref,
                plate_class=plate_class,
                plate=plate,
                status=str(BindingState.PENDING),
                created_at=now,
                expires_at=now + policy.keep("binding_consent"),
                changed_at=now,
                changed_by=person.person_ref,
                keep=policy.keep("bindings_ended"),
            )
            try:
                self.bindings.add(binding, listed, _keys((*still_open, binding)))
            except Stale:
                continue
            return self._seen(binding, Relation.BOUND, vehicle.owner_ref)
        raise Unavailable("the vehicle's bindings keep changing", retry_after=2)

    def approve(self, person: Person, binding_id: str) -> Seen:
        """The owner consents. Raises NotFound, Forbidden (the one who asked), Conflict(not-pending)."""
        return self._answer(person, binding_id, BindingState.APPROVED)

    def refuse(self, person: Person, binding_id: str) -> Seen:
        """The owner refuses. Raises as `approve`."""
        return self._answer(person, binding_id, BindingState.REFUSED)

    def end(self, person: Person, binding_id: str) -> None:
        """Either party ends it; again is no error. Raises NotFound."""

        def wanted(seen: Seen) -> BindingState | None:
            return BindingState.ENDED if seen.state in OPEN else None

        self._step(person, binding_id, wanted)

    def of(self, person: Person, *, limit: int, after: str | None) -> tuple[list[Seen], str | None]:
        """A page of the bindings that the person is asked to consent to, then of those that she asked for."""
        ref = person.person_ref

        def asked(room: int, key: str | None) -> tuple[list[Seen], str | None]:
            found, following = self.bindings.of_owner(ref, limit=room, after=key)
            return self._all_seen(found, Relation.OWNER), following

        def asking(room: int, key: str | None) -> tuple[list[Seen], str | None]:
            found, following = self.bindings.of_person(ref, limit=room, after=key)
            return self._all_seen(found, Relation.BOUND), following

        return chained({"o": asked, "b": asking}, limit, after)

    def _identified(
        self, person: Person, policy: Policy, plate_class: str, plate: str, vin_tail: str
    ) -> VehicleRecord:
        """The vehicle, for somebody who knows the end of its VIN."""
        now = self.clock()
        today, forget_at = day_of(now), now + policy.keep("binding_guesses")
        # Counted before it is looked at: guesses sent all at once are still five.
        if not self.bindings.guess(person.person_ref, today, forget_at):
            raise TooManyRequests(end_of_day(today) - now)
        vin = self.vehicles.vin_of_plate(plate_class, plate)
        record = self.vehicles.get(vin) if vin else None
        vehicle = record.registered.vehicle if record else None
        if (
            record is None
            or vehicle is None
            or (vehicle.plate_class, vehicle.plate) != (plate_class, plate)
            or not vehicle.vin.endswith(vin_tail.upper())
        ):
            raise Refusal(Reason.NOT_BOUND)
        self.bindings.guessed_right(person.person_ref, today, forget_at)
        return record

    def _answer(self, person: Person, binding_id: str, answer: BindingState) -> Seen:
        def wanted(seen: Seen) -> BindingState | None:
            if seen.relation is not Relation.OWNER:
                raise Forbidden
            if seen.state is answer:
                return None
            if seen.state is not BindingState.PENDING:
                raise Conflict("not-pending", f"The binding is {seen.state}.")
            return answer

        return self._step(person, binding_id, wanted)

    def _step(self, person: Person, binding_id: str, wanted: Callable[[Seen], BindingState | None]) -> Seen:
        for _ in range(ATTEMPTS):
            binding = self._party(person, binding_id)
            listed, found = self.bindings.open_list(binding.vin)
            relation = Relation.OWNER if binding.owner_ref == person.person_ref else Relation.BOUND
            owner_ref = self._vehicle(binding.vin).registered.vehicle.owner_ref
            seen = self._seen(binding, relation, owner_ref)
            state = wanted(seen)
            if state is None:
                return seen
            now = self.clock()
            after = binding.step(state, at=now, by=person.person_ref)
            others = [b for b in found if b.binding_id != binding_id and b.state(now, owner_ref) in OPEN]
            keys = _keys((*others, after) if state in OPEN else others)
            try:
                self.bindings.step(binding, after, listed, keys, owned=state in OPEN)
            except Stale:
                continue
            return self._seen(after, relation, owner_ref)
        raise Unavailable("the vehicle's bindings keep changing", retry_after=2)

    def _party(self, person: Person, binding_id: str) -> Binding:
        binding = self.bindings.get(binding_id)
        if binding is None or person.person_ref not in {binding.owner_ref, binding.person_ref}:
            raise NotFound
        return binding

    def _vehicle(self, vin: str) -> VehicleRecord:
        record = self.vehicles.get(vin)
        if record is None:
            raise Unavailable("the vehicle's record is not readable yet", retry_after=1)
        return record

    def _all_seen(self, found: list[Binding], relation: Relation) -> list[Seen]:
        records = self.vehicles.get_many([b.vin for b in found])
        return [
            self._seen(b, relation, records[b.vin].registered.vehicle.owner_ref)
            for b in found
            if b.vin in records
        ]

    def _seen(self, binding: Binding, relation: Relation, owner_ref: str) -> Seen:
        return Seen(binding, binding.state(self.clock(), owner_ref), relation)


def _keys(bindings: Iterable[Binding]) -> tuple[str, ...]:
    return tuple(binding.binding_id for binding in bindings)
