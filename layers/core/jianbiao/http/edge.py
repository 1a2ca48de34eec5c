"""From an API Gateway event (HTTP API, payload 2.0) to a route's function, and back.

Routing is a dictionary: the gateway has matched the route already and says which one it was. That leaves nothing
for a web framework to do that would be worth its import time at a cold start.
"""

from __future__ import annotations

import base64
import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol

from jianbiao import metrics
from jianbiao.domain.policy import Policy
from jianbiao.errors import (
    InvalidInput,
    JianbiaoError,
    MalformedJson,
    Refusal,
    TooLong,
    Unavailable,
    Untrusted,
)
from jianbiao.http import problems
from jianbiao.http.bodies import validate

MAX_BODY = 64 * 1024
"""Bytes of a request body; ten times what the largest honest request has."""

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


class Logger(Protocol):
    """What the edge needs of Powertools' Logger."""

    def info(self, msg: object, *, extra: Mapping[str, object] | None = None) -> None:
        """A line at INFO."""

    def exception(self, msg: object, *, extra: Mapping[str, object] | None = None) -> None:
        """A line at ERROR with the traceback."""


@dataclass(frozen=True, slots=True)
class Request:
    """One call, as a route's function sees it."""

    route: str
    """Route key, such as `GET /v1/certificates/{id}`."""
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Lower-case names."""
    claims: Mapping[str, Any]
    """Claims of the access token that the gateway has verified; empty on public routes."""
    request_id: str
    raw_body: bytes = b""

    def body(self, schema: str, max_bytes: int = MAX_BODY) -> dict[str, Any]:
        """The JSON body, valid by the named schema of http.schemas.

        Raises MalformedJson (also for a name that comes twice in an object), TooLong, InvalidInput.
        """
        if len(self.raw_body) > max_bytes:
            raise TooLong
        try:
            value = json.loads(
                self.raw_body.decode(),
                parse_constant=_refuse,
                parse_float=_number,
                object_pairs_hook=_without_duplicates,
            )
            json.dumps(value, ensure_ascii=False).encode()  # a lone surrogate is no text
        except (ValueError, RecursionError) as error:
            raise MalformedJson from error
        if not isinstance(value, dict):
            raise MalformedJson
        if wrong := validate(schema, value):
            raise InvalidInput(*wrong)
        return value


@dataclass(frozen=True, slots=True)
class Response:
    """An answer. `body`: a dict or list is sent as JSON, a str or bytes as they are."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


Route = Callable[[Request], Response]

SECURITY_HEADERS = {
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
"""On every answer; a route's own headers win."""

JSON_HEADERS = {
    "content-type": "application/json",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}
"""On JSON, too: opened in a browser it is a document like another. Pages and scripts have policies of their own."""


def make_handler(
    routes: Mapping[str, Route],
    *,
    logger: Logger,
    policy: Callable[[], Policy] | None = None,
    page: Callable[[JianbiaoError, Request], Response | None] = lambda _error, _request: None,
    on_refusal: Callable[[str], None] = lambda _reason: None,
    on_unforeseen: Callable[[], None] = metrics.unforeseen,
) -> Handler:
    """The Lambda handler for `routes` (route key → function).

    `policy` words the refusals. `page` may turn an error into an HTML answer where a person waits for one.
    `on_refusal` is told the reason code of what the rules refuse, `on_unforeseen` hears of each answer 500: to Lambda
    that is a call like another.
    """

    def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
        begun = time.perf_counter()
        request = request_of(event)
        try:
            answer, code = respond(request)
        except Exception as error:
            code = "internal"
            logger.exception(
                "unexpected",
                extra={
                    "route": request.route,
                    "request_id": request.request_id,
                    "error": type(error).__name__,
                },
            )
            on_unforeseen()
            answer = gateway_response(_answer(JianbiaoError(), None))
        logger.info(
            "answered",
            extra={
                "route": request.route,
                "status": answer["statusCode"],
                "code": code,
                "request_id": request.request_id,
                "ms": round((time.perf_counter() - begun) * 1000, 1),
            },
        )
        return answer

    def respond(request: Request) -> tuple[dict[str, Any], str]:
        """The answer, and the code of the problem where it is one. Raises what nobody has foreseen."""
        try:
            return gateway_response(routes[request.route](request)), ""
        except JianbiaoError as error:
            if isinstance(error, Unavailable | Untrusted):
                logger.exception(
                    error.code,
                    extra={"route": request.route, "request_id": request.request_id, "what": str(error)},
                )
            if isinstance(error, Refusal):
                on_refusal(error.reason)
            return gateway_response(page(error, request) or _answer(error, policy)), error.code

    return handler


def request_of(event: Mapping[str, Any]) -> Request:
    """A gateway event as a Request."""
    context = event.get("requestContext", {})
    body = event.get("body") or ""
    raw = body.encode("utf-8", "surrogatepass")
    if event.get("isBase64Encoded"):
        try:
            raw = base64.b64decode(body, validate=True)
        except ValueError:  # binascii.Error is one; another where the text is not ASCII
            raw = b""
    return Request(
        route=str(event.get("routeKey", "")),
        path=event.get("pathParameters") or {},
        query=event.get("queryStringParameters") or {},
        headers=event.get("headers") or {},
        claims=context.get("authorizer", {}).get("jwt", {}).get("claims", {}),
        request_id=str(context.get("requestId", "")),
        raw_body=raw,
    )


def gateway_response(response: Response) -> dict[str, Any]:
    """A Response in the form the gateway takes."""
    headers = {**SECURITY_HEADERS, **response.headers}
    body = response.body
    if isinstance(body, bytes):
        text = base64.b64encode(body).decode("ascii")
        return {"statusCode": response.status, "headers": headers, "body": text, "isBase64Encoded": True}
    if body is None:
        text = ""
    elif isinstance(body, str):
        text = body
    else:
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        headers = JSON_HEADERS | headers
    return {"statusCode": response.status, "headers": headers, "body": text}


def _answer(error: JianbiaoError, policy: Callable[[], Policy] | None) -> Response:
    try:
        words = policy() if policy else None
    except Unavailable:
        words = None
    problem = problems.problem_of(error, words)
    headers = {"content-type": problems.JSON}
    if problem.retry_after is not None:
        headers["retry-after"] = str(problem.retry_after)
    return Response(problem.status, problem.body, headers)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Readers differ on which of two members with one name counts (RFC 8259 section 4)."""
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a name comes twice")
    return dict(pairs)


def _number(text: str) -> int | float:
    """JSON has one kind of number, and JSON Schema takes 1.0 for an integer: so does whoever works with it."""
    value = float(text)
    if value in (math.inf, -math.inf):
        raise ValueError("a number too large")
    return int(value) if value.is_integer() else value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
