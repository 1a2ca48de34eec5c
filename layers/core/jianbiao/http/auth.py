"""Who is calling, from the claims of the access token."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jianbiao.domain.policy import Policy
from jianbiao.errors import FieldError, InvalidInput, TokenIncomplete
from jianbiao.http.edge import Request

if TYPE_CHECKING:
    from jianbiao.domain.eligibility import Person

_PERSON = re.compile(r"[\x21-\x7e]{1,64}")
_DIVISION = re.compile(r"[0-9]{6}")


def citizen(request: Request, policy: Policy) -> Person:
    """The person behind a citizen's token, with an app that is new enough.

    Raises TokenIncomplete, Refusal(app-too-old).
    """
    # Here, because the functions for machines (police among them) load no rules of eligibility.
    from jianbiao.domain.eligibility import Person, check_app

    claims = request.claims
    person_ref, division = str(claims.get("person_ref", "")), str(claims.get("division", ""))
    if not _PERSON.fullmatch(person_ref) or not _DIVISION.fullmatch(division):
        raise TokenIncomplete
    person = Person(
        person_ref=person_ref,
        division=division,
        client_id=client_id(request),
        app_version=request.headers.get("x-app-version"),
    )
    check_app(policy, person)
    return person


def client_id(request: Request) -> str:
    """The client that the token was issued to."""
    return str(request.claims.get("client_id", ""))


def actor(request: Request) -> str:
    """The person behind an administrator's read, from the header `X-Actor`. Raises InvalidInput."""
    name = request.headers.get("x-actor", "")
    if not _PERSON.fullmatch(name):
        raise InvalidInput(
            FieldError("", "the header X-Actor names who asks: 1 to 64 printable ASCII characters")
        )
    return name
