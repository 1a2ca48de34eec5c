"""The application route."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from jianbiao.domain.policy import Policy
from jianbiao.errors import FieldError, InvalidInput
from jianbiao.http.answers import own_certificate
from jianbiao.http.auth import citizen
from jianbiao.http.edge import Request, Response, Route
from jianbiao.http.plates import plate_in
from jianbiao.ports import Clock, Policies
from jianbiao.services.apply import ApplicationDesk, attributed
from jianbiao.services.issue import Outcome
from jianbiao.services.replays import Once
from jianbiao.wire.code_text import code_text

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def routes(
    *, desk: ApplicationDesk, once: Once, policies: Policies, clock: Clock, base_url: str
) -> Mapping[str, Route]:
    """Route key → function."""

    def apply(request: Request) -> Response:
        policy = policies.current()
        person = citizen(request, policy)
        body = request.body("ApplyRequest")
        plate = plate_in(body)
        purpose = desk.claim if body["purpose"] == "claim" else desk.current

        def work(application_id: str) -> Outcome:
            return purpose(person, policy, body["plate_class"], plate, application_id)

        def work_again(application_id: str) -> str:
            return _as_text(answer(attributed(work(application_id), application_id), policy))

        key = idempotency_key(request)
        if key is None:
            return answer(work(request.request_id), policy)
        stored, replayed = once.run(
            person.person_ref,
            key,
            json.dumps(body, sort_keys=True),
            application_id=request.request_id,
            seconds=policy.keep("idempotency_keys"),
            work=work_again,
        )
        response = _from_text(stored)
        if replayed:
            return Response(
                response.status, response.body, {**response.headers, "idempotency-replayed": "true"}
            )
        return response

    def answer(outcome: Outcome, policy: Policy) -> Response:
        certificate = outcome.certificate
        shown = own_certificate(certificate, code_text(base_url, certificate.data), policy, clock())
        location = {"location": f"/v1/certificates/{certificate.certificate_id}"}
        return Response(201 if outcome.created else 200, shown, location)

    return {"POST /v1/certificates": apply}


def idempotency_key(request: Request) -> str | None:
    """The header Idempotency-Key; None where there is none. Raises InvalidInput."""
    key = request.headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise InvalidInput(
            FieldError("", "Idempotency-Key has 1 to 255 printable ASCII characters, no blanks")
        )
    return key


def _as_text(response: Response) -> str:
    kept = [response.status, response.body, dict(response.headers)]
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def _from_text(text: str) -> Response:
    return Response(*json.loads(text))
