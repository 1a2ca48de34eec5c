"""Citizen routes that only read: vehicles and certificates, own and bound."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jianbiao.domain.eligibility import Person, Possibility
from jianbiao.domain.policy import Policy
from jianbiao.domain.times import rfc3339
from jianbiao.http.answers import VIN_TAIL, own_certificate
from jianbiao.http.auth import citizen
from jianbiao.http.edge import Request, Response, Route
from jianbiao.http.pages import Cursor, page_of
from jianbiao.ports import Clock, Policies
from jianbiao.records import Certificate
from jianbiao.services.access import Access
from jianbiao.services.citizen import CitizenDesk, ListedVehicle
from jianbiao.wire.code_text import code_text


def routes(
    *, desk: CitizenDesk, access: Access, policies: Policies, clock: Clock, base_url: str
) -> Mapping[str, Route]:
    """Route key → function."""

    def my_vehicles(request: Request) -> Response:
        person, policy = who(request)
        page = page_of(request, person)
        vehicles, following = desk.my_vehicles(person, policy, limit=page.limit, after=page.after)
        shown = [listed_vehicle(vehicle, policy) for vehicle in vehicles]
        return Response(200, {"vehicles": shown, "next": Cursor.after(following, person)})

    def my_certificates(request: Request) -> Response:
        person, policy = who(request)
        page = page_of(request, person)
        found, following = desk.my_certificates(person, policy, limit=page.limit, after=page.after)
        shown = [shown_certificate(certificate, policy) for certificate in found]
        return Response(200, {"certificates": shown, "next": Cursor.after(following, person)})

    def certificate(request: Request) -> Response:
        person, policy = who(request)
        found, _ = access.certificate(person, policy, request.path["id"])
        return Response(200, shown_certificate(found, policy))

    def who(request: Request) -> tuple[Person, Policy]:
        policy = policies.current()
        return citizen(request, policy), policy

    def shown_certificate(found: Certificate, policy: Policy) -> dict[str, Any]:
        return own_certificate(found, code_text(base_url, found.data), policy, clock())

    return {
        "GET /v1/me/vehicles": my_vehicles,
        "GET /v1/me/certificates": my_certificates,
        "GET /v1/certificates/{id}": certificate,
    }


def listed_vehicle(own: ListedVehicle, policy: Policy) -> dict[str, Any]:
    """A vehicle in the list of its owner or of somebody it is bound to."""
    v = own.record.registered.vehicle
    return {
        "plate": v.plate,
        "plate_class": policy.coded("plate_classes", v.plate_class).as_json(),
        "vehicle_type": policy.coded("vehicle_types", v.vehicle_type).as_json(),
        "use": policy.coded("uses", v.use).as_json(),
        "vin_tail": v.vin[-VIN_TAIL:],
        "relation": str(own.relation),
        "inspection_valid_until": v.valid_until.isoformat() if v.valid_until else None,
        "state_as_of": rfc3339(own.record.registered.as_of),
        "certificate_id": own.certificate.certificate_id if own.certificate else None,
        "can": {
            "current": _possibility(own.possibilities.current, policy),
            "claim": _possibility(own.possibilities.claim, policy),
        },
    }


def _possibility(possibility: Possibility, policy: Policy) -> dict[str, Any]:
    entitlement, refusal = possibility.entitlement, possibility.refusal
    texts = policy.reason_text(refusal.reason) if refusal else None
    return {
        "possible": refusal is None,
        "issues": possibility.issues,
        "valid_until": entitlement.valid_until.isoformat() if entitlement else None,
        "reason": str(refusal.reason) if refusal else None,
        "message": {"zh": texts["zh"], "en": texts["en"]} if texts else None,
        "next_step": texts["next_step"] if texts else None,
        "extras": dict(refusal.extras) if refusal else {},
    }
