"""Every operation of the API: the one list that the OpenAPI document is made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation as callers see it."""

    method: str
    path: str
    summary: str
    answers: dict[int, str | None]
    """Status → name of the answer's schema; `page` for HTML, `document` for JSON of another kind, None for no
    body."""
    problems: tuple[int, ...] = ()
    """Statuses of problem details."""
    scope: str | None = None
    body: str | None = None
    parameters: tuple[dict[str, Any], ...] = field(default=())

    @property
    def route(self) -> str:
        """The gateway's route key."""
        return f"{self.method} {self.path}"


def _query(name: str, schema: dict[str, Any], *, required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": required, "schema": schema}


_PAGING = (
    _query("limit", {"type": "integer", "minimum": 1, "maximum": 100}),
    _query("next", {"type": "string", "description": "The `next` of the page before."}),
)
_LANG = _query("lang", {"enum": ["zh-CN", "en"]})
_APP_VERSION = {
    "name": "X-App-Version",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "Required where the token's client is an app.",
}
_IF_NONE_MATCH = {"name": "If-None-Match", "in": "header", "required": False, "schema": {"type": "string"}}
_FORMAT = _query("format", {"enum": ["pdf", "png", "svg"]})
_READ = (403, 404, 426)

CITIZEN, POLICE = "jianbiao/citizen", "jianbiao/police"

OPERATIONS: tuple[Operation, ...] = (
    Operation("POST", "/v1/verify", "Verify a code", {200: "Finding"}, (400, 413, 422), body="VerifyRequest"),
    Operation(
        "GET",
        "/V/{code}",
        "The page behind a scanned code",
        {200: "page", 400: "page", 503: "page"},
        parameters=(_LANG,),
    ),
    Operation(
        "GET",
        "/v/{code}",
        "The same, for scanners that change the case",
        {200: "page", 400: "page", 503: "page"},
        parameters=(_LANG,),
    ),
    Operation("GET", "/", "Start page", {200: "page"}, parameters=(_LANG,)),
    Operation(
        "GET",
        "/.well-known/jwks.json",
        "The published key set",
        {200: "document", 304: None},
        parameters=(_IF_NONE_MATCH,),
    ),
    Operation(
        "GET", "/openapi.json", "This document", {200: "document", 304: None}, parameters=(_IF_NONE_MATCH,)
    ),
    Operation(
        "POST",
        "/v1/police/verify",
        "Verify a code, with the vehicle's state",
        {200: "PoliceFinding"},
        (400, 413, 422),
        POLICE,
        "PoliceVerifyRequest",
    ),
    Operation(
        "GET",
        "/v1/me/vehicles",
        "Own vehicles, and what can be done for them now",
        {200: "VehicleList"},
        (403, 422, 426),
        CITIZEN,
        parameters=(*_PAGING, _APP_VERSION),
    ),
    Operation(
        "GET",
        "/v1/me/certificates",
        "Certificates of own vehicles",
        {200: "CertificateList"},
        (403, 422, 426),
        CITIZEN,
        parameters=(*_PAGING, _APP_VERSION),
    ),
    Operation(
        "GET",
        "/v1/certificates/{id}",
        "A certificate with its state as of now",
        {200: "Certificate"},
        _READ,
        CITIZEN,
        parameters=(_APP_VERSION,),
    ),
    Operation(
        "POST",
        "/v1/certificates",
        "Get the certificate for the period the vehicle is in",
        {200: "Certificate", 201: "Certificate"},
        (400, 403, 404, 409, 413, 422, 426),
        CITIZEN,
        "ApplyRequest",
        (_APP_VERSION,),
    ),
    Operation(
        "GET",
        "/v1/certificates/{id}/file",
        "The certificate as a file: redirects to a signed URL",
        {303: None},
        (403, 404, 409, 422, 426),
        CITIZEN,
        parameters=(_FORMAT, _APP_VERSION),
    ),
    Operation(
        "POST",
        "/v1/certificates/{id}/shares",
        "Make a share link",
        {201: "NewShare"},
        (400, 403, 404, 409, 413, 422, 426),
        CITIZEN,
        "ShareRequest",
        (_APP_VERSION,),
    ),
    Operation(
        "GET",
        "/v1/certificates/{id}/shares",
        "List share links",
        {200: "ShareList"},
        _READ,
        CITIZEN,
        parameters=(_APP_VERSION,),
    ),
    Operation(
        "DELETE",
        "/v1/certificates/{id}/shares/{share_id}",
        "Withdraw a share link",
        {204: None},
        _READ,
        CITIZEN,
        parameters=(_APP_VERSION,),
    ),
    Operation(
        "GET",
        "/s/{token}",
        "A shared certificate",
        {200: "page", 303: None, 404: "page", 409: "page", 410: "page"},
        (422,),
        parameters=(_query("format", {"enum": ["pdf", "png", "svg"]}), _LANG),
    ),
)
