"""The OpenAPI 3.1 document, made from the operations and schemas: `python -m jianbiao.http.openapi` writes it."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

from jianbiao.http.operations import ADMIN, CITIZEN, OFFICE, OPERATIONS, POLICE, REGISTRY, Operation
from jianbiao.http.problems import JSON as PROBLEM
from jianbiao.http.schemas import BODIES, COMPONENTS
from jianbiao.wire.status_list import MEDIA_TYPE

COMMITTED = Path(__file__).parent / "data" / "openapi.json"
"""What is served, and committed; a test compares it with `document()`."""

_ALWAYS = (500, 503)
"""Problems that any operation may answer with."""

_OF_GATEWAY = (404, 413, 429, 503)
"""Answers that the gateway gives by itself, in its own form, before or instead of a function: no such route, a body of
more than 10 MB, too many calls, no function to answer. They cannot be changed."""

_ROLES = {
    CITIZEN: "a citizen's, with `person_ref` and `division`",
    POLICE: "a police system's",
    REGISTRY: "a registry's or an inspection station's",
    OFFICE: "the vehicle office's",
    ADMIN: "the operators'",
}


def document() -> dict[str, Any]:
    """The whole document."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Jianbiao",
            "version": "1",
            "description": "Electronic motor-vehicle inspection marks (机动车检验标志电子凭证): issue, show, "
            "share, verify. Times are RFC 3339 with offset +08:00, dates YYYY-MM-DD (Asia/Shanghai).",
        },
        "paths": paths,
        "components": {
            "schemas": COMPONENTS | BODIES,
            "securitySchemes": {
                _role(scope): {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": f"OIDC access token with the scope `{scope}`: {whose}.",
                }
                for scope, whose in _ROLES.items()
            },
        },
    }


def text() -> str:
    """The document as it is committed and served."""
    return json.dumps(document(), ensure_ascii=False, indent=1) + "\n"


def _operation(operation: Operation) -> dict[str, Any]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", operation.path)
    ]
    shown: dict[str, Any] = {
        "summary": operation.summary,
        "operationId": _id(operation),
        "parameters": [*in_path, *operation.parameters],
        "responses": _responses(operation),
    }
    if operation.body:
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{operation.body}"}}}
        shown["requestBody"] = {"required": True, "content": content}
    if operation.scope:
        shown["security"] = [{_role(operation.scope): []}]
        shown["description"] = f"Scope `{operation.scope}`."
    return shown


def _responses(operation: Operation) -> dict[str, Any]:
    responses: dict[int, dict[str, Any]] = {}
    for status, shape in operation.answers.items():
        responses[status] = _answer(status, _content(shape))
    for status in {*operation.problems, *_ALWAYS} - operation.answers.keys():
        responses[status] = _answer(status, {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}})
    for status in (*_OF_GATEWAY, *((401, 403) if operation.scope else ())):
        there = responses.setdefault(status, _answer(status, {}))
        of_gateway = {"schema": {"$ref": "#/components/schemas/GatewayMessage"}}
        there["content"] = there.get("content", {}) | {"application/json": of_gateway}
    return {str(status): responses[status] for status in sorted(responses)}


def _answer(status: int, content: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {"description": _DESCRIPTIONS.get(status, "Answer")}
    if headers := _HEADERS.get(status):
        shown["headers"] = headers
    return shown | ({"content": content} if content else {})


def _content(shape: str | None) -> dict[str, Any]:
    """Media type → schema."""
    if shape is None:
        return {}
    if shape == "page":
        return {"text/html": {"schema": {"type": "string"}}}
    if shape == "statuslist":
        return {MEDIA_TYPE: {"schema": {"type": "string", "contentEncoding": "binary"}}}
    if shape == "script":
        return {kind: {"schema": {"type": "string"}} for kind in ("text/javascript", "application/wasm")}
    if shape == "document":
        kinds = ("application/json", "application/jwk-set+json")
        return {kind: {"schema": {"type": "object"}} for kind in kinds}
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{shape}"}}}


def _role(scope: str) -> str:
    return scope.rpartition("/")[2]


def _id(operation: Operation) -> str:
    words = re.findall(r"\w+", operation.path)
    return "_".join([operation.method.lower(), *words]) if words else f"{operation.method.lower()}_start"


_RETRY_AFTER = {
    "Retry-After": {
        "schema": {"type": "integer", "minimum": 0},
        "description": "Seconds. Not on the gateway's own.",
    }
}
_LOCATION = {"schema": {"type": "string", "minLength": 1}}
_HEADERS: dict[int, dict[str, Any]] = {
    303: {"Location": _LOCATION | {"required": True}},
    304: {"ETag": {"schema": {"type": "string"}, "required": True}},
    429: _RETRY_AFTER,
    503: _RETRY_AFTER,
}
"""Headers by status."""

_DESCRIPTIONS = {
    200: "OK",
    201: "Made",
    202: "Accepted, not done yet",
    204: "Done",
    303: "Go to the signed URL",
    304: "Not modified",
    400: "Bad request",
    401: "No valid access token",
    403: "Not allowed",
    404: "Not found",
    409: "Not in the present state",
    410: "Gone",
    413: "Too long",
    422: "Invalid input",
    426: "App too old",
    429: "Too many requests",
    500: "A fault on our side",
    503: "Try again later",
}


if __name__ == "__main__":
    argparse.ArgumentParser(prog="make openapi", description=f"Write {COMMITTED.name} anew.").parse_args()
    COMMITTED.parent.mkdir(exist_ok=True)
    COMMITTED.write_text(text(), encoding="utf-8")
