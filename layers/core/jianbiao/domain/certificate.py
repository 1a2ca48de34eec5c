"""Life of a certificate: its stored states, the steps between them, and when a new one is needed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from jianbiao.errors import Conflict


class State(StrEnum):
    """Stored states. `expired` is not among them: it follows from the date."""

    ACTIVE = "active"
    SUPERSEDED = "superseded"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


# A suspended certificate can be superseded: a hold may be lifted without reinstating it, and then the new
# one must end it, or a later reinstatement would make two active ones.
TRANSITIONS: dict[State, frozenset[State]] = {
    State.ACTIVE: frozenset({State.SUPERSEDED, State.SUSPENDED, State.REVOKED}),
    State.SUSPENDED: frozenset({State.ACTIVE, State.SUPERSEDED, State.REVOKED}),
    State.SUPERSEDED: frozenset(),
    State.REVOKED: frozenset(),
}
"""Allowed steps. Nothing leads out of a terminal state: a mistake is mended by issuing anew."""


def check_step(now: State, to: State) -> None:
    """Raises Conflict (`not-allowed-in-state`) unless a certificate may go from `now` to `to`."""
    if to not in TRANSITIONS[now]:
        raise Conflict("not-allowed-in-state", f"a certificate that is {now} cannot become {to}")


def is_terminal(state: State) -> bool:
    """Whether nothing leads out of a state."""
    return not TRANSITIONS[state]


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What a certificate says about its vehicle, apart from who signed it and when."""

    plate: str
    plate_class: str
    vehicle_type: str
    use: str
    valid_until: date
    """Last valid day, Asia/Shanghai."""


def needs_new(active: CertificateFacts | None, wanted: CertificateFacts) -> bool:
    """Whether `wanted` has to be issued: there is no active certificate, the entitled end of validity is
    later than the active one's, or plate, class, type or use differ from it."""
    if active is None or wanted.valid_until > active.valid_until:
        return True
    return (wanted.plate, wanted.plate_class, wanted.vehicle_type, wanted.use) != (
        active.plate,
        active.plate_class,
        active.vehicle_type,
        active.use,
    )


def differs(active: CertificateFacts | None, wanted: CertificateFacts) -> bool:
    """Whether an event has to issue: the certificate says what the register says, also when that corrects an end
    of validity to an earlier one. So the same reports end in the same certificate, in whatever order they come;
    an application only ever lengthens (`needs_new`)."""
    return active != wanted
