"""Whatever is sent to `POST /v1/verify`, it is refused as forged or as no code; nothing is a 5xx.

Inputs from one seed against the handler, in process, with the doubles of tests/support: 10,000 in every run, 100,000
in `make test-all`. 2,000 of the same making go over HTTP in tests/e2e/test_hostile.py.
"""

from __future__ import annotations

import base64
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from typing import Any

import pytest

from jianbiao.domain.eligibility import Entitlement, entitle_current
from jianbiao.http import public
from jianbiao.http.edge import MAX_BODY, Handler, make_handler
from jianbiao.http.status_lists import StatusListShelf
from jianbiao.records import Cause, VehicleRecord
from jianbiao.services.verify import Verifier
from jianbiao.wire.jb1 import code_text
from jianbiao_render import pages
from tests.support.hostile_bodies import HostileBodies
from tests.support.world import OWNER, World

REFUSALS = {
    (400, "malformed-json"),
    (400, "not-a-code"),
    (413, "too-long"),
    (422, "invalid-input"),
}
GATES = {
    "malformed-json",
    "not-a-code",
    "invalid-input",
    "wrong-header",
    "not-canonical",
    "malformed",
    "bad-claims",
    "unknown-key",
    "bad-signature",
}
AS_A_GOOD_ONE = 4
"""CPU time of a hostile input, made, sent and judged, against that of a good code, at most: it is about the same, so
what parses without a bound shows. A ratio, because machines are shared: time itself may be three times as long."""
EVERY = 50
"""Hostile inputs for each good one."""


@dataclass
class Quiet:
    """A logger that keeps what it is told."""

    lines: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def info(self, msg: object, *, extra: Any = None) -> None:
        pass

    def exception(self, msg: object, *, extra: Any = None) -> None:
        self.lines.append((str(msg), dict(extra or {})))


class NoLists:
    """A store before the first publication: this handler verifies, and serves no lists here."""

    def published(self) -> list[int]:
        return []

    def read(self, number: int) -> None:
        return None


@pytest.fixture(scope="module")
def world() -> World:
    """A world with one certificate that is valid."""
    world = World()

    def decide(record: VehicleRecord) -> Entitlement:
        vehicle = record.registered.vehicle
        return entitle_current(world.policies.current(), vehicle, person=OWNER, held=False, on=world.today)

    world.issuer.issue(world.add(), decide, Cause(4, "application:r-1", OWNER.person_ref))
    return world


@pytest.fixture(scope="module")
def logger() -> Quiet:
    return Quiet()


@pytest.fixture(scope="module")
def handler(world: World, logger: Quiet) -> Handler:
    """The handler of public verification, put together as functions/verify/public.py does."""
    policies = world.policies
    routes = public.routes(
        verifier=Verifier(keys=world.keys, certificates=world.certificates, clock=world.clock),
        policies=policies,
        key_document=lambda: b"{}",
        status_lists=StatusListShelf(NoLists(), "test", lambda: 0.0),
        openapi=lambda: "{}",
        pages=pages,
        start_page=lambda lang: "",
        notice=None,
        count=lambda _name, _outcome: None,
    )
    return make_handler(routes, logger=logger, policy=policies.current, page=public.error_page(pages, None))


def post(handler: Handler, body: bytes) -> tuple[int, dict[str, Any]]:
    """Status and document of the answer to a body, handed over as the gateway does."""
    event = {
        "routeKey": "POST /v1/verify",
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
        "headers": {"content-type": "application/json"},
        "requestContext": {"requestId": "r"},
    }
    answer = handler(event, None)
    return answer["statusCode"], json.loads(answer["body"])


def refused(status: int, answer: dict[str, Any]) -> str:
    """How a body was refused: the reason of a forged code, or the problem's code. Fails where it was not."""
    if status == 200:
        assert answer["verdict"] == "forged"
        assert answer["certificate"] is None
        return str(answer["reason"])
    assert (status, answer["code"]) in REFUSALS
    return str(answer["code"])


def good_body(world: World) -> bytes:
    """The one code of this world that is valid, to be verified."""
    (certificate,) = world.active()
    return json.dumps({"code": code_text("https://v.example", certificate.data)}).encode()


def test_the_one_good_code_is_valid(world: World, handler: Handler) -> None:
    status, answer = post(handler, good_body(world))
    assert (status, answer["verdict"]) == (200, "valid")


@pytest.mark.parametrize("count", [10_000, pytest.param(100_000, marks=pytest.mark.full)])
@pytest.mark.timeout(900)
def test_hostile_inputs_are_refused(world: World, handler: Handler, logger: Quiet, count: int) -> None:
    good, valid = [certificate.data for certificate in world.active()], good_body(world)
    counts: Counter[str] = Counter()
    bodies = HostileBodies(Random(count), good).bodies(count)  # noqa: S311 - must repeat
    hostile, ordinary = 0.0, 0.0
    while True:
        begun = time.process_time()
        some = list(islice(bodies, EVERY))
        for body in some:
            counts[refused(*post(handler, body))] += 1
        between = time.process_time()
        if not some:
            break
        assert post(handler, valid)[0] == 200
        hostile, ordinary = hostile + between - begun, ordinary + time.process_time() - between
    assert hostile / count < AS_A_GOOD_ONE * ordinary / (count / EVERY)
    assert not logger.lines
    # They came through to every gate that stands before the claims may be believed.
    assert counts.total() == count
    assert set(counts) >= GATES, GATES - set(counts)


def test_what_is_longer_than_the_cap_is_not_parsed(handler: Handler, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[int] = []

    def loads(text: str, **_: Any) -> Any:
        parsed.append(len(text))
        return {}

    monkeypatch.setattr("jianbiao.http.edge.json.loads", loads)
    answer = handler_status(handler, b" " * (MAX_BODY + 1))
    assert (answer, parsed) == (413, [])
    assert handler_status(handler, b" " * MAX_BODY) == 422
    assert parsed == [MAX_BODY]


@pytest.mark.parametrize("depth", [2, 100, 254, 255, 256, 400, 900, 30_000])
@pytest.mark.parametrize("brackets", [(b"[", b"]"), (b'{"a":', b"1}")])
def test_deep_nesting_is_a_bad_request(
    handler: Handler, logger: Quiet, depth: int, brackets: tuple[bytes, bytes]
) -> None:
    opening, closing = brackets
    logger.lines.clear()
    inner = opening * depth + (b"1" if closing == b"]" else b"") + closing[-1:] * depth
    body = b'{"code":' + inner + b"}"
    if len(body) > MAX_BODY:
        return
    status, answer = post(handler, body)
    assert (status, answer["code"]) in {(400, "malformed-json"), (422, "invalid-input")}
    assert not logger.lines


def handler_status(handler: Handler, body: bytes) -> int:
    """Status alone: json.loads is not what it was."""
    event = {"routeKey": "POST /v1/verify", "body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    return int(handler(event, None)["statusCode"])
