"""Bindings: a person who is not the owner may see a vehicle's certificate, once the owner has consented."""

from __future__ import annotations

from enum import StrEnum

MAX_OPEN = 10
"""Open bindings of one vehicle, pending ones included. A change of owner ends them all in one transaction, which
takes 100 operations (DynamoDB, TransactWriteItems), and nobody lends a car to more people than that."""

MAX_GUESSES = 5
"""Wrong ends of a VIN that a person may give on one Chinese calendar day (api.md)."""


class BindingState(StrEnum):
    """States of a binding. `expired` is derived: a request that the owner has not answered in time."""

    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"
    ENDED = "ended"
    EXPIRED = "expired"


OPEN = frozenset({BindingState.PENDING, BindingState.APPROVED})
