"""From a gateway event to an answer: whatever comes in, a documented answer goes out, and nothing leaks."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from jianbiao.errors import Conflict, InvalidInput, JianbiaoError, Unavailable, Untrusted
from jianbiao.http.edge import (
    JSON_HEADERS,
    MAX_BODY,
    SECURITY_HEADERS,
    Request,
    Response,
    make_handler,
    request_of,
)
from tests.http.events import Quiet, event, problem

ROUTE = "POST /v1/verify"
SECRET = "黑A12345 LSJA24U62JG269225"


def echo(request: Request) -> Response:
    return Response(200, request.body("VerifyRequest"))


def answered(
    body: str | None = '{"code":"x"}',
    *,
    route: Callable[[Request], Response] = echo,
    logger: Quiet | None = None,
    page: Any = None,
    **changes: Any,
) -> dict[str, Any]:
    """The handler's answer to one event."""
    given = {"page": page} if page else {}
    handler = make_handler({ROUTE: route}, logger=logger or Quiet(), **given)
    return handler(event(ROUTE, body, **changes), None)


def failing(error: Exception) -> Callable[[Request], Response]:
    def route(_request: Request) -> Response:
        raise error

    return route


def test_an_answer_is_json_with_security_headers() -> None:
    answer = answered()
    assert (answer["statusCode"], json.loads(answer["body"])) == (200, {"code": "x"})
    assert answer["headers"] == SECURITY_HEADERS | JSON_HEADERS


def test_a_route_s_own_headers_win() -> None:
    answer = answered(
        route=lambda _: Response(200, "x", {"cache-control": "public", "content-type": "text/html"})
    )
    assert answer["headers"]["cache-control"] == "public"
    assert answer["body"] == "x"
    assert answer["headers"]["x-content-type-options"] == "nosniff"


def test_bytes_are_sent_in_base64_and_nothing_as_nothing() -> None:
    answer = answered(route=lambda _: Response(200, b"\x00\xff"))
    assert (base64.b64decode(answer["body"]), answer["isBase64Encoded"]) == (b"\x00\xff", True)
    assert answered(route=lambda _: Response(204))["body"] == ""


@pytest.mark.parametrize(
    "body",
    [
        None,
        "",
        " ",
        "{",
        "[]",
        '"code"',
        "null",
        "1",
        "NaN",
        '{"code": NaN}',
        '{"code": Infinity}',
        '{"code": "x"} x',
        '{"code": "\\ud800"}',
        '{"code": "\\udc00\\ud800"}',
        '{"\\ud800": "x"}',
        '{"code": "\ud800"}',
        '{"code": "x", "code": "y"}',
        "[" * 100_000,
        '{"code":' * 10_000,
        '{"code": ' + "1" * 5000 + "}",
        "\ufeff{}",
    ],
    ids=lambda body: repr(body)[:24],
)
def test_what_is_no_json_object_is_malformed(body: str | None) -> None:
    if body is not None and len(body) > MAX_BODY:
        body = body[:MAX_BODY]
    assert problem(answered(body))["code"] == "malformed-json"


@pytest.mark.parametrize(
    "data", [b"\xff", b'{"code": "\xff"}', '{"code": "x"}'.encode("utf-16"), b"\xed\xa0\x80"]
)
def test_what_is_not_utf8_is_malformed(data: bytes) -> None:
    answer = answered(base64.b64encode(data).decode(), isBase64Encoded=True)
    assert problem(answer)["code"] == "malformed-json"


def test_a_body_in_base64_is_read() -> None:
    answer = answered(base64.b64encode('{"code": "黑"}'.encode()).decode(), isBase64Encoded=True)
    assert json.loads(answer["body"]) == {"code": "黑"}


@pytest.mark.parametrize("body", ["=", "a", "黑", "{}", "e3 0="])
def test_a_body_that_is_no_base64_is_malformed(body: str) -> None:
    assert problem(answered(body, isBase64Encoded=True))["code"] == "malformed-json"


@pytest.mark.parametrize(("spare", "status"), [(0, 200), (1, 413)])
def test_the_size_of_a_body_is_capped_in_bytes(spare: int, status: int) -> None:
    room = MAX_BODY - len('{"code":""}') + spare
    body = json.dumps(
        {"code": "黑" * (room // 3) + "x" * (room % 3)}, ensure_ascii=False, separators=(",", ":")
    )
    assert len(body.encode()) == MAX_BODY + spare
    assert answered(body)["statusCode"] == status
    encoded = base64.b64encode(body.encode()).decode()
    assert answered(encoded, isBase64Encoded=True)["statusCode"] == status


@pytest.mark.parametrize("text", ["1", "1.0", "1e0", "10e-1"])
def test_a_number_without_a_fraction_is_an_integer_however_it_is_written(text: str) -> None:
    hours = request_of({"body": f'{{"expires_in_hours": {text}}}'}).body("ShareRequest")["expires_in_hours"]
    assert (hours, type(hours)) == (1, int)
    rate = request_of({"body": f'{{"actor": "op", "rate": {text}}}'}).body("BackfillControl")["rate"]
    assert (rate, type(rate)) == (1, int)


def test_a_number_with_a_fraction_is_no_integer() -> None:
    with pytest.raises(InvalidInput):
        request_of({"body": '{"expires_in_hours": 1.5}'}).body("ShareRequest")
    assert request_of({"body": '{"actor": "op", "rate": 1.5}'}).body("BackfillControl")["rate"] == 1.5


def test_a_number_without_end_is_malformed() -> None:
    assert problem(answered('{"code": 1e999}'))["code"] == "malformed-json"


def test_a_body_that_is_too_long_is_not_parsed() -> None:
    assert problem(answered("{" * (MAX_BODY + 1)))["code"] == "too-long"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, ""),
        ({"code": 1}, "/code"),
        ({"code": True}, "/code"),
        ({"code": None}, "/code"),
        ({"code": ["x"]}, "/code"),
        ({"code": "x", "more": 1}, ""),
    ],
)
def test_wrong_fields_are_named(body: dict[str, Any], pointer: str) -> None:
    found = problem(answered(json.dumps(body)))
    assert (found["code"], found["status"]) == ("invalid-input", 422)
    assert [error["pointer"] for error in found["errors"]] == [pointer]


def test_the_errors_of_one_answer_are_few_and_short() -> None:
    body = json.dumps({f"a/~{n}": "y" * 1000 for n in range(40)})
    found = problem(answered(body))
    assert 1 <= len(found["errors"]) <= 20
    assert all(len(error["detail"]) <= 200 for error in found["errors"])


def test_an_unforeseen_error_is_a_500_without_what_it_says() -> None:
    logger = Quiet()
    answer = answered(route=failing(KeyError(SECRET)), logger=logger)
    found = problem(answer)
    assert (found["status"], found["code"]) == (500, "internal")
    assert SECRET not in str(answer)
    assert SECRET not in str(logger.lines)
    assert logger.errors == [("unexpected", {"route": ROUTE, "request_id": "r-1", "error": "KeyError"})]


def test_an_unforeseen_error_is_counted_and_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    """Lambda counts no error of a call that was answered: the alarm rests on this line."""
    for error in (Unavailable("table"), Untrusted("key"), Conflict("not-active")):
        answered(route=failing(error))
    assert capsys.readouterr().out == ""
    answered(route=failing(KeyError(SECRET)))
    (line,) = capsys.readouterr().out.splitlines()
    counted = json.loads(line)
    assert (counted["Unforeseen"], counted["outcome"]) == (1, "test-function")
    assert SECRET not in line


def test_a_route_that_the_function_does_not_have_is_a_500() -> None:
    handler = make_handler({}, logger=Quiet())
    assert problem(handler(event("GET /nowhere"), None))["status"] == 500
    assert problem(handler({}, None))["status"] == 500


def test_an_answer_that_is_no_json_is_a_500() -> None:
    assert problem(answered(route=lambda _: Response(200, {"day": date(2026, 1, 1)})))["status"] == 500


def test_a_page_that_cannot_be_drawn_is_a_500() -> None:
    def page(_error: JianbiaoError, _request: Request) -> Response:
        raise KeyError(SECRET)

    logger = Quiet()
    answer = answered(route=failing(Conflict("not-active")), page=page, logger=logger)
    assert problem(answer)["status"] == 500
    assert SECRET not in str(answer) + str(logger.lines)


def test_a_page_takes_the_place_of_a_problem() -> None:
    def page(error: JianbiaoError, _request: Request) -> Response | None:
        return Response(409, "<p>") if error.code == "not-active" else None

    assert answered(route=failing(Conflict("not-active")), page=page)["body"] == "<p>"
    assert problem(answered(route=failing(Conflict("in-flight")), page=page))["code"] == "in-flight"


@pytest.mark.parametrize("error", [Unavailable("table: Throttled"), Untrusted("malformed-set")])
def test_what_is_down_is_a_503_with_retry_after_and_an_error_in_the_log(error: JianbiaoError) -> None:
    logger = Quiet()
    answer = answered(route=failing(error), logger=logger)
    assert (problem(answer)["status"], answer["headers"]["retry-after"]) == (503, "5")
    assert str(error) not in answer["body"]
    assert [extra["what"] for _, extra in logger.errors] == [str(error)]


def test_a_refusal_is_answered_while_the_policy_cannot_be_read() -> None:
    from jianbiao.errors import Refusal

    def policy() -> Any:
        raise Unavailable("config")

    handler = make_handler({ROUTE: failing(Refusal("hold"))}, logger=Quiet(), policy=policy)
    assert problem(handler(event(ROUTE), None))["code"] == "hold"


def test_refusals_are_told_by_their_reason_and_nothing_else_is() -> None:
    from jianbiao.errors import NotFound, Refusal

    told: list[str] = []
    for error in (Refusal("hold"), NotFound(), Unavailable("x"), ValueError("x"), Refusal("not-bound")):
        handler = make_handler({ROUTE: failing(error)}, logger=Quiet(), on_refusal=told.append)
        handler(event(ROUTE), None)
    assert told == ["hold", "not-bound"]


@pytest.mark.parametrize("error", [Unavailable("table"), ValueError("x")])
def test_every_line_of_a_call_has_its_id(error: Exception) -> None:
    logger = Quiet()
    answered(route=failing(error), logger=logger)
    assert [extra["request_id"] for _, _, extra in logger.lines] == ["r-1", "r-1"]


def test_the_log_has_the_route_and_the_outcome_and_nothing_that_was_sent() -> None:
    logger = Quiet()
    answered(
        json.dumps({"code": SECRET}),
        logger=logger,
        headers={"x-app-version": SECRET},
        pathParameters={"id": SECRET},
        queryStringParameters={"q": SECRET},
        rawPath=SECRET,
    )
    ((_, message, extra),) = logger.lines
    assert message == "answered"
    assert {name: extra[name] for name in ("route", "status", "code", "request_id")} == {
        "route": ROUTE,
        "status": 200,
        "code": "",
        "request_id": "r-1",
    }
    assert SECRET not in str(logger.lines)
