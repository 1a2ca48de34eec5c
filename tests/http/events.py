"""Gateway events for handlers in process, and a logger that keeps what it is told."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Quiet:
    """A logger: (level, message, extras) of each line."""

    lines: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def info(self, msg: object, *, extra: Any = None) -> None:
        self.lines.append(("info", str(msg), dict(extra or {})))

    def exception(self, msg: object, *, extra: Any = None) -> None:
        self.lines.append(("error", str(msg), dict(extra or {})))

    @property
    def errors(self) -> list[tuple[str, dict[str, Any]]]:
        """What was logged as an error."""
        return [(message, extra) for level, message, extra in self.lines if level == "error"]


def event(route: str, body: str | None = None, **changes: Any) -> dict[str, Any]:
    """An event of an HTTP API, payload format 2.0."""
    return (
        {
            "version": "2.0",
            "routeKey": route,
            "headers": {},
            "requestContext": {"requestId": "r-1"},
            "isBase64Encoded": False,
        }
        | ({"body": body} if body is not None else {})
        | changes
    )


def problem(answer: dict[str, Any]) -> dict[str, Any]:
    """The problem in an answer; fails where it is none."""
    assert answer["headers"]["content-type"] == "application/problem+json"
    body: dict[str, Any] = json.loads(answer["body"])
    assert body["status"] == answer["statusCode"]
    assert body["type"] == f"urn:jianbiao:problem:{body['code']}"
    return body
