"""The application route."""

from __future__ import annotations

from collections.abc import Mapping

from jianbiao.domain import plates
from jianbiao.errors import FieldError, InvalidInput
from jianbiao.http.answers import own_certificate
from jianbiao.http.auth import citizen
from jianbiao.http.edge import Request, Response, Route
from jianbiao.ports import Clock, Policies
from jianbiao.services.apply import ApplicationDesk
from jianbiao.wire.code_text import code_text


def routes(*, desk: ApplicationDesk, policies: Policies, clock: Clock, base_url: str) -> Mapping[str, Route]:
    """Route key → function."""

    def apply(request: Request) -> Response:
        policy = policies.current()
        person = citizen(request, policy)
        body = request.body("ApplyRequest")
        try:
            plate = plates.normalise(body["plate"], body["plate_class"])
        except ValueError as error:
            raise InvalidInput(FieldError("/plate", str(error))) from error
        outcome = desk.current(person, policy, body["plate_class"], plate, request.request_id)
        certificate = outcome.certificate
        answer = own_certificate(certificate, code_text(base_url, certificate.data), policy, clock())
        location = {"location": f"/v1/certificates/{certificate.certificate_id}"}
        return Response(201 if outcome.created else 200, answer, location)

    return {"POST /v1/certificates": apply}
