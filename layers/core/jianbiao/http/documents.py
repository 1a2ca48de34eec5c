"""Documents that are served as they are committed."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def openapi() -> str:
    """The OpenAPI document; `http.openapi` makes it, and is not imported to serve it."""
    return (Path(__file__).parent / "data" / "openapi.json").read_text(encoding="utf-8")
