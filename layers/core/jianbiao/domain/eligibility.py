"""Who gets a certificate, until when, and why not: the reasons of refusal, in their fixed order.

=== ========================= ======= ===== ========= ==================================================
no  reason                    current claim no person where
=== ========================= ======= ===== ========= ==================================================
1   app-too-old               x       x               `check_app`
2   not-bound                 x       x               the service, which knows bindings
3   user-division             x       x               `check_reading`
4   plate-division            x       x     x         `check_reading`
5   division-not-enabled      x       x               `check_reading`
6   plate-class-not-eligible  x       x     x
7   hold                      x       x     x
8   state-blocked             x       x     x
9   unhandled-violation               x
10  record-inconsistent       x       x     x
11  inspection-expired        x             x
12  onsite-inspection-due             x
13  window-not-open                   x
14  insurance-missing                 x
15  insurance-expired                 x
16  insurance-mismatch                x
17  tax-unpaid                        x
=== ========================= ======= ===== ========= ==================================================

"No person" is a ledger row or a registry event. Everything here raises `errors.Refusal`; nothing returns a
flag. Days are Chinese calendar days.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from jianbiao.domain import cycles
from jianbiao.domain.certificate import CertificateFacts, needs_new
from jianbiao.domain.policy import Policy
from jianbiao.domain.reasons import Reason
from jianbiao.domain.vehicle import Vehicle
from jianbiao.errors import Refusal


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks, as the access token says."""

    person_ref: str
    """Pseudonym of the identity service, at most 64 ASCII characters."""
    division: str
    """Registered division, six digits."""
    client_id: str
    """Client of the token: the app, or a portal."""
    app_version: str | None = None
    """Header X-App-Version."""


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What a vehicle is entitled to, with what decided it."""

    valid_until: date
    rule_id: str
    policy_version: int
    transition: bool
    """The decision bridged two rule sets (a validity between two nodes of the deciding one)."""


@dataclass(frozen=True, slots=True)
class Insurance:
    """A compulsory insurance policy (交强险); it covers both its first and its last day."""

    plate: str
    vin: str
    from_day: date
    to_day: date


def check_app(policy: Policy, person: Person) -> None:
    """Reason 1: the app, unlike a portal, must come with a version that is new enough."""
    if policy.app_too_old(person.client_id, person.app_version):
        raise Refusal(Reason.APP_TOO_OLD, minimum_version=policy.minimum_version)


def check_reading(policy: Policy, vehicle: Vehicle, person: Person, on: date | None = None) -> None:
    """Reasons 3 to 5, with V the division of the plate and U that of the user. They also gate reading a
    certificate.

    Without a day, a division that starts later counts as enabled: it has no certificates to read.
    """
    plate = policy.division_of_plate(vehicle.plate)
    enabled = plate is not None and policy.enabled(plate, on)
    if person.division != plate:
        raise Refusal(Reason.USER_DIVISION if enabled else Reason.PLATE_DIVISION)
    if not enabled:
        raise Refusal(Reason.DIVISION_NOT_ENABLED)


def entitle_current(
    policy: Policy, vehicle: Vehicle, *, person: Person | None, held: bool, on: date
) -> Entitlement:
    """The period the vehicle is in (`purpose: current`, ledger row, event); raises Refusal.

    With a person reasons 3 to 8, 10 and 11; without one (ledger, event) 4, 6 to 8, 10 and 11. `held`: an
    operator's hold is on the vehicle.
    """
    _check_division(policy, vehicle, person, on)
    _check_issue(policy, vehicle, held=held)
    valid_until = _check_record(policy, vehicle, on)
    if valid_until < on:
        raise Refusal(Reason.INSPECTION_EXPIRED, expired_on=valid_until.isoformat())
    rule, _ = cycles.deciding_rule(policy, vehicle, on)
    return Entitlement(valid_until, rule.id, policy.version, cycles.is_transition(rule, vehicle))


def entitle_claim(
    policy: Policy,
    vehicle: Vehicle,
    *,
    person: Person,
    held: bool,
    insurance: Insurance | None,
    tax_paid_until: date | None,
    on: date,
) -> Entitlement:
    """The next period of an exempt vehicle (`purpose: claim`): reasons 3 to 10 and 12 to 17; raises Refusal.

    `insurance` is the policy on record if it is newer than the ledger's `insured_until`, which counts where
    there is none. `tax_paid_until` None: no tax record, which with a valid insurance counts as paid.
    """
    _check_division(policy, vehicle, person, on)
    _check_issue(policy, vehicle, held=held)
    if policy.blocks_claim(vehicle.state):
        raise Refusal(Reason.UNHANDLED_VIOLATION)
    _check_record(policy, vehicle, on)
    period = cycles.next_period(policy, vehicle, on)
    if period.why is not None:
        raise Refusal(Reason.ONSITE_INSPECTION_DUE, why=period.why)
    if on < period.opens_on:
        raise Refusal(Reason.WINDOW_NOT_OPEN, opens_on=period.opens_on.isoformat())
    _check_insurance(vehicle, insurance, on)
    if tax_paid_until is not None and tax_paid_until < on:
        raise Refusal(Reason.TAX_UNPAID)
    return Entitlement(period.valid_until, period.rule_id, policy.version, period.transition)


def _check_division(policy: Policy, vehicle: Vehicle, person: Person | None, on: date) -> None:
    if person is not None:
        check_reading(policy, vehicle, person, on)
        return
    plate = policy.division_of_plate(vehicle.plate)
    if plate is None or not policy.enabled(plate, on):
        raise Refusal(Reason.PLATE_DIVISION)


def _check_issue(policy: Policy, vehicle: Vehicle, *, held: bool) -> None:
    if not policy.eligible(vehicle.plate_class):
        raise Refusal(Reason.PLATE_CLASS_NOT_ELIGIBLE)
    if held:
        raise Refusal(Reason.HOLD)
    if policy.blocks_issue(vehicle.state):
        # Which state is the owner's business at the office, not that of a bound person's screen.
        raise Refusal(Reason.STATE_BLOCKED)


def _check_record(policy: Policy, vehicle: Vehicle, on: date) -> date:
    if policy.division_of_plate(vehicle.plate) != vehicle.division:
        raise Refusal(Reason.RECORD_INCONSISTENT, why="plate-and-division")
    if not policy.carries(vehicle.plate_class, vehicle.vehicle_type):
        raise Refusal(Reason.RECORD_INCONSISTENT, why="class-and-type")
    if vehicle.valid_until is None or not cycles.on_grid(policy, vehicle, on):
        raise Refusal(Reason.RECORD_INCONSISTENT, why="valid-until")
    return vehicle.valid_until


def _check_insurance(vehicle: Vehicle, insurance: Insurance | None, on: date) -> None:
    if insurance is None:
        if vehicle.insured_until is None:
            raise Refusal(Reason.INSURANCE_MISSING)
        if vehicle.insured_until < on:
            raise Refusal(Reason.INSURANCE_EXPIRED)
        return
    if on < insurance.from_day:
        raise Refusal(Reason.INSURANCE_MISSING)
    if insurance.to_day < on:
        raise Refusal(Reason.INSURANCE_EXPIRED)
    if (insurance.plate, insurance.vin) != (vehicle.plate, vehicle.vin):
        raise Refusal(Reason.INSURANCE_MISMATCH)


@dataclass(frozen=True, slots=True)
class Possibility:
    """Whether one thing can be done now: an entitlement or a refusal, never both."""

    entitlement: Entitlement | None
    refusal: Refusal | None
    issues: bool
    """Whether doing it would issue a certificate; False where refused, or where the active one already says
    it."""


@dataclass(frozen=True, slots=True)
class Possibilities:
    """What a person can do for a vehicle now."""

    current: Possibility
    claim: Possibility


def what_can_be_done(
    policy: Policy,
    vehicle: Vehicle,
    *,
    person: Person,
    held: bool,
    insurance: Insurance | None,
    tax_paid_until: date | None,
    active: CertificateFacts | None,
    on: date,
) -> Possibilities:
    """Both purposes judged without trying, for whom the vehicle belongs or is bound to. Raises nothing.

    Claims are the owner's: anybody else is refused one as `not-bound`.
    """

    def current() -> Entitlement:
        return entitle_current(policy, vehicle, person=person, held=held, on=on)

    def claim() -> Entitlement:
        if person.person_ref != vehicle.owner_ref:
            raise Refusal(Reason.NOT_BOUND)
        return entitle_claim(
            policy,
            vehicle,
            person=person,
            held=held,
            insurance=insurance,
            tax_paid_until=tax_paid_until,
            on=on,
        )

    def judge(purpose: Callable[[], Entitlement]) -> Possibility:
        try:
            check_app(policy, person)
            entitled = purpose()
        except Refusal as refusal:
            return Possibility(None, refusal, issues=False)
        return Possibility(entitled, None, issues=needs_new(active, facts(vehicle, entitled)))

    return Possibilities(judge(current), judge(claim))


def facts(vehicle: Vehicle, entitled: Entitlement) -> CertificateFacts:
    """What a certificate for this entitlement says."""
    return CertificateFacts(
        plate=vehicle.plate,
        plate_class=vehicle.plate_class,
        vehicle_type=vehicle.vehicle_type,
        use=vehicle.use,
        valid_until=entitled.valid_until,
    )
