"""A vehicle as the register describes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Vehicle:
    """Facts about one vehicle, identified by its VIN. Codes are those of domain.codes (GA/T 16)."""

    vin: str
    """17 characters (GB 16735)."""
    plate_class: str
    """号牌种类, two digits (GA/T 16.7)."""
    plate: str
    """号牌号码, normalised: upper case, no separators, suffix 挂/学/警 included."""
    vehicle_type: str
    """车辆类型, three characters (GA/T 16.4), e.g. K33."""
    use: str
    """使用性质, one letter (GA/T 16.3)."""
    division: str
    """The vehicle's division, GB/T 2260, six digits, e.g. 230100."""
    owner_ref: str
    """Pseudonym of the owner, at most 64 ASCII characters."""
    registered_on: date
    """初次登记日期."""
    valid_until: date | None
    """检验有效期止: last valid day, a month end; None where the register has none."""
    manufactured_on: date | None = None
    """出厂日期."""
    last_inspected_on: date | None = None
    """最近定检日期."""
    insured_until: date | None = None
    """The ledger's bxzzrq: 交强险 end, last day inclusive."""
    colour: str = ""
    """颜色, one or more letters (first is the main colour), empty if unknown."""
    seats: int | None = None
    """核定载客, the driver included; None if unknown."""
    is_van: bool = False
    """面包车."""
    casualty_accident: bool = False
    illegal_modification: bool = False
    state: str = "A"
    """机动车状态: a set of letters, e.g. "GQ"."""
    paper_mark_number: str = ""
    """检验合格标志编号 of the paper mark, for police and admin only."""
    insurance_plate: str = ""
    """Plate on the newest compulsory insurance policy (交强险) that was reported; empty if none was. The four
    fields of a policy always come together: `domain.insurance` reads them."""
    insurance_vin: str = ""
    insurance_from: date | None = None
    insurance_to: date | None = None
    """Last day covered."""
    tax_paid_until: date | None = None
    """车船税 paid until, last day inclusive; None if no tax record was reported."""
