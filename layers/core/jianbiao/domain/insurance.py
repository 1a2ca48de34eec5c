"""Compulsory insurance (交强险) and vehicle tax (车船税) as the register knows them."""

from __future__ import annotations

from datetime import date

from jianbiao.domain.eligibility import Insurance
from jianbiao.domain.register import Registered


def insurance_of(registered: Registered) -> tuple[Insurance | None, date | None]:
    """The policy that counts for a claim, and the last day that tax is paid for: what `entitle_claim` takes.

    No policy (None) where none was reported, or where a ledger row that has an end of insurance is newer: then
    that end counts (`Vehicle.insured_until`). A row without one says nothing against a policy.
    """
    v = registered.vehicle
    ledger_is_newer = v.insured_until is not None and registered.stamp_of(
        "insured_until"
    ) > registered.stamp_of("insurance_to")
    if v.insurance_from is None or v.insurance_to is None or ledger_is_newer:
        return None, v.tax_paid_until
    return Insurance(v.insurance_plate, v.insurance_vin, v.insurance_from, v.insurance_to), v.tax_paid_until
