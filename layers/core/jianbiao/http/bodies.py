"""Validation of request bodies against the schemas that the OpenAPI document shows."""

from __future__ import annotations

from functools import cache
from typing import Any

import jsonschema_rs

from jianbiao.errors import FieldError, MalformedJson
from jianbiao.http.schemas import BODIES, COMPONENTS

MAX_ERRORS = 20
"""Errors named in one answer."""


@cache
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    document = {**BODIES[schema], "components": {"schemas": COMPONENTS}}
    return jsonschema_rs.Draft202012Validator(document, validate_formats=True)


def validate(schema: str, value: dict[str, Any]) -> list[FieldError]:
    """What is wrong with `value` by the named schema; nothing where it is valid.

    Raises MalformedJson where it is nested deeper than the validator follows (255 levels; ours have three).
    """
    wrong = []
    try:
        errors = _validator(schema).iter_errors(value)
    except ValueError as error:
        raise MalformedJson("nested too deep") from error
    for found in errors:
        pointer = "".join(
            f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in found.instance_path
        )
        wrong.append(FieldError(pointer, found.message[:200]))
        if len(wrong) == MAX_ERRORS:
            break
    return wrong
