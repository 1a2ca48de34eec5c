"""The OpenAPI 3.1 document, made from the operations and schemas: `python -m jianbiao.http.openapi` writes it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from jianbiao.http.operations import OPERATIONS, Operation
from jianbiao.http.problems import JSON as PROBLEM
from jianbiao.http.schemas import BODIES, COMPONENTS
from jianbiao.wire.status_list import MEDIA_TYPE

COMMITTED = Path(__file__).parent / "data" / "openapi.json"
"""What is served, and committed; a test compares it with `document()`."""

_ALWAYS = (503,)
"""Problems that any operation may answer with."""


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
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "OIDC access token; the scope is named at each operation.",
                }
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
        shown["security"] = [{"token": []}]
        shown["description"] = f"Scope `{operation.scope}`."
    return shown


def _responses(operation: Operation) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, shape in operation.answers.items():
        responses[str(status)] = {"description": _DESCRIPTIONS.get(status, "Answer")} | _content(shape)
    problem = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    gateway = {"application/json": {"schema": {"$ref": "#/components/schemas/GatewayMessage"}}}
    for status in {*operation.problems, *_ALWAYS} - operation.answers.keys():
        both = problem | (gateway if status in _OF_GATEWAY else {})
        responses[str(status)] = {"description": _DESCRIPTIONS.get(status, "Problem"), "content": both}
    if operation.scope:
        responses["401"] = {"description": "No valid access token", "content": gateway}
        responses.setdefault("403", {"description": _DESCRIPTIONS[403], "content": problem | gateway})
    return dict(sorted(responses.items()))


def _content(shape: str | None) -> dict[str, Any]:
    if shape is None:
        return {}
    if shape == "page":
        return {"content": {"text/html": {"schema": {"type": "string"}}}}
    if shape == "statuslist":
        return {"content": {MEDIA_TYPE: {"schema": {"type": "string", "contentEncoding": "binary"}}}}
    if shape == "script":
        kinds = ("text/javascript", "application/wasm")
        return {"content": {kind: {"schema": {"type": "string"}} for kind in kinds}}
    if shape == "document":
        kinds = ("application/json", "application/jwk-set+json")
        return {"content": {kind: {"schema": {"type": "object"}} for kind in kinds}}
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{shape}"}}}}


def _id(operation: Operation) -> str:
    words = re.findall(r"\w+", operation.path)
    return "_".join([operation.method.lower(), *words]) if words else f"{operation.method.lower()}_start"


_OF_GATEWAY = {403, 404, 413, 429, 503}
_DESCRIPTIONS = {
    200: "OK",
    201: "Made",
    202: "Accepted, not done yet",
    204: "Done",
    303: "Go to the signed URL",
    304: "Not modified",
    400: "Bad request",
    403: "Not allowed",
    404: "Not found",
    409: "Not in the present state",
    410: "Gone",
    413: "Too long",
    422: "Invalid input",
    426: "App too old",
    429: "Too many requests",
    503: "Try again later",
}


if __name__ == "__main__":
    COMMITTED.parent.mkdir(exist_ok=True)
    COMMITTED.write_text(text(), encoding="utf-8")
