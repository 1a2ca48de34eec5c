"""Every operation of the API: the one list that the OpenAPI document is made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from jianbiao.http.schemas.parts import PAPER_STATES


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation as callers see it."""

    method: str
    path: str
    summary: str
    answers: dict[int, str | None]
    """Status → name of the answer's schema; `page` for HTML, `script` for a file of the web bundle, `statuslist` for a
    list's bytes, `document` for JSON of another kind, None for no body."""
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
_LANG = _query("lang", {"type": "string", "description": "`zh-CN` or `en`; anything else counts as absent."})
_APP_VERSION = {
    "name": "X-App-Version",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "Required where the token's client is an app.",
}
_IF_NONE_MATCH = {"name": "If-None-Match", "in": "header", "required": False, "schema": {"type": "string"}}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
    "description": "The same key with the same body is carried out once, and answered alike for a day.",
}
_FORMAT = _query("format", {"enum": ["pdf", "png", "svg"]})
_READ = (403, 404, 426)
_ADMIN_STEP = (400, 403, 404, 409, 413, 422)
_X_ACTOR = {
    "name": "X-Actor",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[!-~]+$"},
    "description": "The person who asks; on record.",
}

CITIZEN, POLICE, OFFICE = "jianbiao/citizen", "jianbiao/police", "jianbiao/office"
ADMIN, REGISTRY = "jianbiao/admin", "jianbiao/registry"

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
        "GET", "/verify", "Page that verifies in the browser, offline too", {200: "page"}, parameters=(_LANG,)
    ),
    Operation(
        "GET",
        "/app",
        "Citizen demo, on deployments that are not production",
        {200: "page"},
        (404,),
        parameters=(_LANG,),
    ),
    Operation("GET", "/assets/{file}", "Scripts of the two pages before", {200: "script"}, (404,)),
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
        "/status-lists",
        "The directory of status lists",
        {200: "StatusListDirectory", 304: None},
        parameters=(_IF_NONE_MATCH,),
    ),
    Operation(
        "GET",
        "/status-lists/{n}",
        "A status list (draft-ietf-oauth-status-list), signed",
        {200: "statuslist", 304: None},
        (404,),
        parameters=(_IF_NONE_MATCH,),
    ),
    Operation(
        "POST",
        "/v1/police/verify/batch",
        "Judge scans made before, as of then and as of now",
        {200: "PoliceBatch"},
        (400, 413, 422),
        POLICE,
        "PoliceBatchRequest",
    ),
    Operation(
        "POST",
        "/v1/police/lookup",
        "A vehicle by its plate",
        {200: "PoliceSight"},
        (400, 413, 422),
        POLICE,
        "PoliceLookupRequest",
    ),
    Operation(
        "GET",
        "/v1/admin/certificates/{id}",
        "A certificate with its whole history",
        {200: "AdminCertificate"},
        (403, 404, 422),
        ADMIN,
        parameters=(_X_ACTOR,),
    ),
    Operation(
        "POST",
        "/v1/admin/certificates/{id}/revocation",
        "Revoke or suspend for cause, and put a hold on the vehicle",
        {200: "AdminCertificate"},
        _ADMIN_STEP,
        ADMIN,
        "RevocationRequest",
    ),
    Operation(
        "POST",
        "/v1/admin/certificates/{id}/reinstatement",
        "Reinstate a suspended certificate, and lift the hold",
        {200: "AdminCertificate"},
        _ADMIN_STEP,
        ADMIN,
        "ReasonRequest",
    ),
    Operation(
        "POST",
        "/v1/admin/holds/lift",
        "Lift the hold on a vehicle",
        {200: "VehicleHolds"},
        _ADMIN_STEP,
        ADMIN,
        "LiftRequest",
    ),
    Operation(
        "POST",
        "/v1/admin/backfills",
        "Begin a launch: where to upload the ledger",
        {201: "BackfillUpload"},
        (400, 403, 413, 422),
        ADMIN,
        "BackfillRequest",
    ),
    Operation(
        "GET",
        "/v1/admin/backfills",
        "Launches, newest first within a page",
        {200: "Backfills"},
        (403, 422),
        ADMIN,
        parameters=(*_PAGING, _X_ACTOR),
    ),
    Operation(
        "GET",
        "/v1/admin/backfills/{id}",
        "A launch: progress, changes, and its report once it has ended",
        {200: "BackfillWhole"},
        (403, 404, 422),
        ADMIN,
        parameters=(_X_ACTOR,),
    ),
    Operation(
        "PATCH",
        "/v1/admin/backfills/{id}",
        "Pause, resume, change the rate, abort",
        {200: "BackfillWhole"},
        _ADMIN_STEP,
        ADMIN,
        "BackfillControl",
    ),
    Operation(
        "POST",
        "/v1/admin/backfills/{id}/redrive",
        "Another attempt over what failed, was paused or aborted",
        {200: "BackfillWhole"},
        _ADMIN_STEP,
        ADMIN,
        "BackfillRedrive",
    ),
    Operation(
        "PUT",
        "/v1/admin/policy",
        "Publish a policy: in effect within 60 seconds",
        {200: "PolicyVersion"},
        (400, 403, 409, 413, 422),
        ADMIN,
        "PolicyRequest",
    ),
    Operation(
        "POST",
        "/v1/admin/policy/preview",
        "What publishing a policy would change",
        {200: "PolicyPreview"},
        (400, 403, 413, 422),
        ADMIN,
        "PolicyPreviewRequest",
    ),
    Operation(
        "GET",
        "/v1/admin/policy",
        "The policy in force, or an earlier version",
        {200: "PolicyPublished"},
        (403, 404, 422),
        ADMIN,
        parameters=(
            _query("policy_version", {"type": "integer", "minimum": 1, "maximum": 2147483647}),
            _X_ACTOR,
        ),
    ),
    Operation(
        "POST",
        "/v1/admin/audit/query",
        "Search the audit trail; the search is on record, too",
        {200: "AuditEntries"},
        (400, 403, 413, 422),
        ADMIN,
        "AuditQuery",
    ),
    Operation(
        "POST",
        "/v1/registry/events",
        "Report registry events; each is answered by itself",
        {202: "RegistryResults"},
        (400, 413, 422),
        REGISTRY,
        "RegistryEvents",
    ),
    Operation(
        "GET",
        "/v1/registry/events/{id}",
        "What became of an event",
        {200: "RegistryEvent"},
        (404,),
        REGISTRY,
    ),
    Operation(
        "GET",
        "/v1/me/vehicles",
        "Own and bound vehicles, and what can be done for them now",
        {200: "VehicleList"},
        (403, 422, 426),
        CITIZEN,
        parameters=(*_PAGING, _APP_VERSION),
    ),
    Operation(
        "GET",
        "/v1/me/certificates",
        "Certificates of own and bound vehicles",
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
        "Get the certificate for the period the vehicle is in, or claim the next one",
        {200: "Certificate", 201: "Certificate"},
        (400, 403, 404, 409, 413, 422, 426),
        CITIZEN,
        "ApplyRequest",
        (_IDEMPOTENCY_KEY, _APP_VERSION),
    ),
    Operation(
        "POST",
        "/v1/me/bindings",
        "Bind a vehicle: another's waits for the owner's consent",
        {200: "Binding", 202: "Binding"},
        (400, 403, 404, 409, 413, 422, 426, 429),
        CITIZEN,
        "BindRequest",
        (_APP_VERSION,),
    ),
    Operation(
        "GET",
        "/v1/me/bindings",
        "Bindings to consent to, then those asked for",
        {200: "BindingList"},
        (403, 422, 426),
        CITIZEN,
        parameters=(*_PAGING, _APP_VERSION),
    ),
    Operation(
        "POST",
        "/v1/me/bindings/{id}/approval",
        "The owner consents",
        {200: "Binding"},
        (403, 404, 409, 426),
        CITIZEN,
        parameters=(_APP_VERSION,),
    ),
    Operation(
        "POST",
        "/v1/me/bindings/{id}/refusal",
        "The owner refuses",
        {200: "Binding"},
        (403, 404, 409, 426),
        CITIZEN,
        parameters=(_APP_VERSION,),
    ),
    Operation(
        "DELETE",
        "/v1/me/bindings/{id}",
        "Either party ends a binding",
        {204: None},
        _READ,
        CITIZEN,
        parameters=(_APP_VERSION,),
    ),
    Operation(
        "POST",
        "/v1/certificates/{id}/paper",
        "Ask for a paper mark",
        {201: "Paper"},
        (400, 403, 404, 409, 413, 422, 426),
        CITIZEN,
        "PaperRequest",
        (_APP_VERSION,),
    ),
    Operation(
        "GET",
        "/v1/certificates/{id}/paper",
        "The newest request for a paper mark",
        {200: "Paper"},
        _READ,
        CITIZEN,
        parameters=(_APP_VERSION,),
    ),
    Operation(
        "DELETE",
        "/v1/certificates/{id}/paper",
        "Cancel it, before it is printed",
        {204: None},
        (403, 404, 409, 426),
        CITIZEN,
        parameters=(_APP_VERSION,),
    ),
    Operation(
        "GET",
        "/v1/office/paper",
        "Paper marks in one state, oldest first",
        {200: "OfficePaperList"},
        (422,),
        OFFICE,
        parameters=(
            _query("status", {"enum": PAPER_STATES, "default": "requested"}),
            _query("office", {"type": "string", "minLength": 1, "maxLength": 64}),
            *_PAGING,
        ),
    ),
    Operation(
        "PATCH",
        "/v1/office/paper/{id}",
        "Take a paper mark one step on",
        {200: "OfficePaper"},
        (400, 404, 409, 413, 422),
        OFFICE,
        "PaperStep",
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
        {200: "page", 303: None, 404: "page", 409: "page", 410: "page", 422: "page", 503: "page"},
        parameters=(_query("format", {"enum": ["pdf", "png", "svg"]}), _LANG),
    ),
)
