"""Paper marks: the states of a request, who takes which step, and what an address may consist of.

::

    mail     requested → printing → mailed → delivered | undeliverable
    pickup   requested → printing → ready  → collected

The owner may cancel before printing has begun, the office until the mark is out of its hands, and a change of
owner cancels whatever is open. The certificate is not touched by any of this.
"""

from __future__ import annotations

import unicodedata
from enum import StrEnum

from jianbiao.errors import Conflict

MAX_OPEN = 10
"""Open requests of one vehicle (one for each of its certificates): a change of owner ends them all at once."""


class Delivery(StrEnum):
    """How a paper mark reaches the owner."""

    MAIL = "mail"
    PICKUP = "pickup"


class PaperState(StrEnum):
    """States of a request for a paper mark (api.md)."""

    REQUESTED = "requested"
    PRINTING = "printing"
    MAILED = "mailed"
    DELIVERED = "delivered"
    UNDELIVERABLE = "undeliverable"
    READY = "ready"
    COLLECTED = "collected"
    CANCELLED = "cancelled"


_S = PaperState
_STEPS: dict[Delivery, dict[PaperState, frozenset[PaperState]]] = {
    Delivery.MAIL: {
        _S.REQUESTED: frozenset({_S.PRINTING, _S.CANCELLED}),
        _S.PRINTING: frozenset({_S.MAILED, _S.CANCELLED}),
        _S.MAILED: frozenset({_S.DELIVERED, _S.UNDELIVERABLE}),
    },
    Delivery.PICKUP: {
        _S.REQUESTED: frozenset({_S.PRINTING, _S.CANCELLED}),
        _S.PRINTING: frozenset({_S.READY, _S.CANCELLED}),
        _S.READY: frozenset({_S.COLLECTED, _S.CANCELLED}),
    },
}
"""Steps of the office by delivery and state; states that are missing are terminal."""

OPEN = frozenset(state for steps in _STEPS.values() for state in steps)


def check_office_step(delivery: Delivery, now: PaperState, to: PaperState) -> None:
    """Raises Conflict (`not-allowed-in-state`) unless the office may take a request from `now` to `to`."""
    if to not in _STEPS[delivery].get(now, frozenset()):
        raise Conflict("not-allowed-in-state", f"a {delivery} request that is {now} cannot become {to}")


def check_cancel(now: PaperState) -> None:
    """Raises Conflict (`not-allowed-in-state`) unless the owner may still cancel."""
    if now != PaperState.REQUESTED:
        raise Conflict("not-allowed-in-state", f"a request that is {now} cannot be cancelled by the owner")


def printable(text: str) -> bool:
    """Whether a text can be printed on an envelope as it reads on a screen: no control, format, surrogate,
    private or unassigned character, no line or paragraph separator (Unicode categories C*, Zl, Zp), and something
    else than blanks."""
    return bool(text.strip()) and not any(
        category[0] == "C" or category in {"Zl", "Zp"} for category in map(unicodedata.category, text)
    )
