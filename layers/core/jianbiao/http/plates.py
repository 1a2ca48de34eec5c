"""Plates in request bodies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jianbiao.domain import plates
from jianbiao.errors import FieldError, InvalidInput


def plate_in(body: Mapping[str, Any]) -> str:
    """The canonical plate of a body with `plate_class` and `plate`. Raises InvalidInput."""
    try:
        return plates.normalise(body["plate"], body["plate_class"])
    except ValueError as error:
        raise InvalidInput(FieldError("/plate", str(error))) from error
