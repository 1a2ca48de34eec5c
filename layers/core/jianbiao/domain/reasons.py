"""Why an application, a ledger row or an event is refused: stable reason codes, in the order they apply."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Reason codes of refusal. Of all that apply to a case, the first in this order is the answer.

    `purpose: current` uses all but UNHANDLED_VIOLATION and those after INSPECTION_EXPIRED; `purpose: claim`
    all but INSPECTION_EXPIRED. Their sentences and next steps, in Chinese and English, are policy data.
    """

    APP_TOO_OLD = "app-too-old"
    NOT_BOUND = "not-bound"
    USER_DIVISION = "user-division"
    PLATE_DIVISION = "plate-division"
    DIVISION_NOT_ENABLED = "division-not-enabled"
    PLATE_CLASS_NOT_ELIGIBLE = "plate-class-not-eligible"
    HOLD = "hold"
    STATE_BLOCKED = "state-blocked"
    UNHANDLED_VIOLATION = "unhandled-violation"
    RECORD_INCONSISTENT = "record-inconsistent"
    INSPECTION_EXPIRED = "inspection-expired"
    ONSITE_INSPECTION_DUE = "onsite-inspection-due"
    WINDOW_NOT_OPEN = "window-not-open"
    INSURANCE_MISSING = "insurance-missing"
    INSURANCE_EXPIRED = "insurance-expired"
    INSURANCE_MISMATCH = "insurance-mismatch"
    TAX_UNPAID = "tax-unpaid"
