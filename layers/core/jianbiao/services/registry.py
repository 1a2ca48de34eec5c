"""Registry events on their way in: each is stored, then its message is sent.

1. Each event is judged by itself: `invalid` ones are answered with what is wrong and go no further.
2. The others are stored by their id, all that are not there yet.
3. A message is sent for each stored event that is still to be applied, also for one that was there already: its
   first message may have been lost to a crash or a throttle right after the event was stored. Applying an event
   twice changes nothing, so a message too many does no harm.

A crash after 2 leaves events that nobody was told are accepted. Their sender tries again and comes to 3;
`python -m jianbiao.ops redrive queued` sends the messages of those that never do.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from jianbiao.domain import events
from jianbiao.domain.policy import Policy
from jianbiao.domain.times import parse_rfc3339
from jianbiao.errors import FieldError, NotFound
from jianbiao.ports import Clock


class EventState(StrEnum):
    """States of an accepted event."""

    QUEUED = "queued"
    APPLIED = "applied"
    REFUSED = "refused"


VEHICLE_UNKNOWN = "vehicle-unknown"
"""The vehicle was never registered here. The event is kept, and counts once it is."""
PLATE_TAKEN = "plate-of-another-vehicle"
"""Another vehicle bears the plate by a newer report: this one has none until a newer report gives it one. Also why the
certificate of the vehicle that loses its plate is revoked."""
PLATE_CHANGED = "plate-changed"
"""Why a certificate is revoked whose plate the vehicle no longer bears, where no new one may be issued."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an event ended."""

    state: EventState
    certificate_id: str | None = None
    """The vehicle's certificate, where the event is of a kind that issues."""
    reason: str | None = None
    """With `refused`: a reason code of api.md, or one of those above."""


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An accepted event."""

    event_id: str
    body: Mapping[str, Any]
    """As it was sent."""
    digest: str
    """SHA-256 of the body, hex: the same id with another body is another event."""
    sent_by: str
    """Machine client."""
    received_at: int
    keep: int
    """Seconds that it is kept, from the policy in force when it came."""
    outcome: Outcome = Outcome(EventState.QUEUED)


class EventStore(Protocol):
    """Accepted events."""

    def insert_many(self, received: Sequence[StoredEvent]) -> dict[str, StoredEvent]:
        """Store events with distinct ids; returns those whose id was there already, as they are stored."""

    def get(self, event_id: str) -> StoredEvent | None:
        """An event as it is now."""

    def finish(self, event_id: str, outcome: Outcome, at: int) -> None:
        """Note how an event ended. One that has ended stays as it is, but for one that was refused because its
        vehicle was unknown."""


Send = Callable[[Sequence[str]], None]
"""Sends one message for each event id; raises Unavailable unless all were sent."""

Shape = Callable[[Mapping[str, Any]], Sequence[FieldError]]
"""What is wrong with the shape of an event, by the schema of its type."""


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to one event of a batch."""

    event_id: str | None
    result: str
    """`accepted`, `duplicate` or `invalid`."""
    errors: tuple[FieldError, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Intake:
    """Where registries and stations report."""

    store: EventStore
    send: Send
    shape: Shape
    clock: Clock

    def accept(self, batch: Sequence[Mapping[str, Any]], policy: Policy, sent_by: str) -> list[Result]:
        """One result for each event, in order. Raises Unavailable: then send the whole batch again."""
        now = self.clock()
        # 1. Judge.
        errors = [tuple(self.shape(event) or events.faults(event, policy, now)) for event in batch]
        keep = policy.keep("registry_events")
        first: dict[str, StoredEvent] = {}
        for event, wrong in zip(batch, errors, strict=True):
            if not wrong:
                first.setdefault(
                    event["id"], StoredEvent(event["id"], event, digest(event), sent_by, now, keep)
                )
        # 2. Store.
        there = self.store.insert_many(list(first.values())) if first else {}
        # 3. Send.
        open_ = [id_ for id_ in first if id_ not in there or there[id_].outcome.state is EventState.QUEUED]
        if open_:
            self.send(open_)
        seen: set[str] = set()
        results = []
        for event, wrong in zip(batch, errors, strict=True):
            if wrong:
                id_ = event.get("id")
                results.append(Result(id_ if isinstance(id_, str) else None, "invalid", wrong))
                continue
            results.append(self._result(event, first, there, seen))
            seen.add(event["id"])
        return results

    def read(self, event_id: str) -> StoredEvent:
        """An accepted event, for whoever asks what became of it. Raises NotFound."""
        found = self.store.get(event_id)
        if found is None:
            raise NotFound
        return found

    def _result(
        self,
        event: Mapping[str, Any],
        first: Mapping[str, StoredEvent],
        there: Mapping[str, StoredEvent],
        seen: set[str],
    ) -> Result:
        id_ = event["id"]
        known = there.get(id_, first[id_])
        if known.digest != digest(event):
            return Result(id_, "invalid", (FieldError("/id", "was used for another event"),))
        duplicate = id_ in there or id_ in seen
        return Result(id_, "duplicate" if duplicate else "accepted", warnings=events.warnings(event))


def digest(event: Mapping[str, Any]) -> str:
    """SHA-256 of what an event says, whatever the order of its members and the way its time is written."""
    said = {**event, "occurred_at": parse_rfc3339(event["occurred_at"])}
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
