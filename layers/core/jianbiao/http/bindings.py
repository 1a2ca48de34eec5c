"""The routes of bindings: asking, consenting, refusing, ending."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jianbiao.domain.bindings import BindingState
from jianbiao.domain.eligibility import Person
from jianbiao.domain.policy import Policy
from jianbiao.domain.times import rfc3339
from jianbiao.http.auth import citizen
from jianbiao.http.edge import Request, Response, Route
from jianbiao.http.pages import Cursor, page_of
from jianbiao.http.plates import plate_in
from jianbiao.ports import Policies
from jianbiao.services.bindings import BindingDesk, Relation, Seen


def routes(*, desk: BindingDesk, policies: Policies) -> Mapping[str, Route]:
    """Route key → function."""

    def who(request: Request) -> tuple[Person, Policy]:
        policy = policies.current()
        return citizen(request, policy), policy

    def bind(request: Request) -> Response:
        person, policy = who(request)
        body = request.body("BindRequest")
        plate_class, plate = body["plate_class"], plate_in(body)
        seen = desk.bind(person, policy, plate_class, plate, body["vin_tail"])
        if seen is None:
            return Response(200, own_vehicle(plate_class, plate, policy))
        return Response(202 if seen.state is BindingState.PENDING else 200, shown_binding(seen, policy))

    def mine(request: Request) -> Response:
        person, policy = who(request)
        page = page_of(request, person)
        found, following = desk.of(person, limit=page.limit, after=page.after)
        shown = [shown_binding(seen, policy) for seen in found]
        return Response(200, {"bindings": shown, "next": Cursor.after(following, person)})

    def answering(answer: Callable[[Person, str], Seen]) -> Route:
        def route(request: Request) -> Response:
            person, policy = who(request)
            return Response(200, shown_binding(answer(person, request.path["id"]), policy))

        return route

    def end(request: Request) -> Response:
        person, _ = who(request)
        desk.end(person, request.path["id"])
        return Response(204)

    return {
        "POST /v1/me/bindings": bind,
        "GET /v1/me/bindings": mine,
        "POST /v1/me/bindings/{id}/approval": answering(desk.approve),
        "POST /v1/me/bindings/{id}/refusal": answering(desk.refuse),
        "DELETE /v1/me/bindings/{id}": end,
    }


def shown_binding(seen: Seen, policy: Policy) -> dict[str, Any]:
    """A binding as one of its parties sees it. Only the owner sees who asks."""
    binding = seen.binding
    owner = seen.relation is Relation.OWNER
    return {
        "binding_id": binding.binding_id,
        "relation": str(seen.relation),
        "status": str(seen.state),
        "plate_class": policy.coded("plate_classes", binding.plate_class).as_json(),
        "plate": binding.plate,
        "person_ref": binding.person_ref if owner else None,
        "created_at": rfc3339(binding.created_at),
        "expires_at": rfc3339(binding.expires_at) if seen.state is BindingState.PENDING else None,
    }


def own_vehicle(plate_class: str, plate: str, policy: Policy) -> dict[str, Any]:
    """The answer to somebody who binds what she owns: there is nothing to consent to."""
    return {
        "binding_id": None,
        "relation": str(Relation.OWNER),
        "status": str(BindingState.APPROVED),
        "plate_class": policy.coded("plate_classes", plate_class).as_json(),
        "plate": plate,
        "person_ref": None,
        "created_at": None,
        "expires_at": None,
    }
