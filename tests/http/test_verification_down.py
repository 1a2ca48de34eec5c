"""Verification while something it leans on is down, through the handlers of public and police and the real caches.

What is down here is the AWS client, so that the whole way from its error to the answer is in the test. The handlers
are put together as functions/verify/ does it.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from jianbiao.aws.audit import DynamoAudit
from jianbiao.aws.certificates import DynamoCertificates
from jianbiao.aws.config import TTL, DynamoKeys, DynamoPolicies
from jianbiao.aws.issuances import DynamoIssuances
from jianbiao.aws.tables import Tables
from jianbiao.aws.vehicles import DynamoVehicles
from jianbiao.domain.policy import COMPILED
from jianbiao.domain.times import parse_rfc3339, rfc3339
from jianbiao.errors import Unavailable
from jianbiao.http import police, public
from jianbiao.http.edge import Handler, make_handler
from jianbiao.http.status_lists import StatusListShelf
from jianbiao.services.cached_lists import CachedLists
from jianbiao.services.police import PoliceDesk
from jianbiao.services.verify import Verifier
from jianbiao.wire.code_text import code_text
from jianbiao.wire.keys import STATUS_LIST, base64url
from jianbiao.wire.status_list import REVOKED, SUSPENDED, VALID
from jianbiao_render import pages
from tests.http.events import Quiet, event, problem
from tests.support.local_key import CERTIFICATE_KEY, CLAIMS, LIST_KEY, document
from tests.support.memory_lists import ListWorld

CLAIMED = dataclasses.replace(CLAIMS, status_uri="urn:jianbiao:test:0")
CODE = code_text("https://mark.example", CERTIFICATE_KEY.certificate(CLAIMED))
NOW = CLAIMED.iat + 86_400
HOUR = 3_600
WHO = {"officer_ref": "o-7", "terminal_id": "t-9"}
SCANS = {
    "POST /v1/verify": {"code": CODE},
    "POST /v1/police/verify": {"code": CODE} | WHO,
    "POST /v1/police/verify/batch": {"scans": [{"code": CODE, "scanned_at": rfc3339(NOW - 60)}]} | WHO,
}
LOOKUP = {"plate_class": "02", "plate": CLAIMED.plate} | WHO
CONFIG = {
    "keys": {
        "jwks": json.dumps(
            document(
                CERTIFICATE_KEY.jwk(exp=4_000_000_000),
                LIST_KEY.jwk(STATUS_LIST, (), exp=4_000_000_000),
                version=1,
            )
        ),
        "signing": "{}",
        "active_kid": base64url(CERTIFICATE_KEY.kid),
    },
    "policy": {"compiled": COMPILED.read_text(encoding="utf-8")},
}


@dataclass
class Client:
    """DynamoDB of which no more than the Config table answers; nothing does where it is `down`."""

    down: bool = False
    asked: list[str] = field(default_factory=list)

    def query(self, **request: Any) -> dict[str, Any]:
        self.asked.append("query")
        name = request["ExpressionAttributeValues"][":n"]["S"]
        if self.down or name not in CONFIG:
            raise EndpointConnectionError(endpoint_url="http://x")
        texts = {key: {"S": value} for key, value in CONFIG[name].items()}
        return {"Items": [{"name": {"S": name}, "version": {"N": "1"}} | texts]}

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**_: Any) -> Any:
            self.asked.append(name)
            raise EndpointConnectionError(endpoint_url="http://x")

        return call


@dataclass
class Scene:
    """Both handlers over one client, the published lists, a clock and a stop-watch."""

    client: Client = field(default_factory=Client)
    lists: ListWorld = field(default_factory=lambda: ListWorld(now=NOW - 120))
    lists_down: bool = False
    now: int = NOW
    passed: float = 0.0
    logger: Quiet = field(default_factory=Quiet)
    counts: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        tables = Tables(vehicles="v", plates="p", certificates="c")
        keys = DynamoKeys(self.client, "k", self.elapsed)
        policies = DynamoPolicies(self.client, "k", self.elapsed)
        certificates = DynamoCertificates(self.client, tables)
        verifier = Verifier(
            keys, certificates, lambda: self.now, CachedLists("test", self.fetch, keys, self.elapsed)
        )
        desk = PoliceDesk(
            verifier, DynamoVehicles(self.client, tables), certificates, DynamoIssuances(self.client, "i")
        )
        common: dict[str, Any] = {
            "policies": policies,
            "count": lambda metric, outcome: self.counts.append((metric, outcome)),
        }
        self.public = make_handler(
            public.routes(
                verifier=verifier,
                key_document=keys.document,
                status_lists=StatusListShelf(self.lists.lists, "test", self.elapsed),
                openapi=str,
                pages=pages,
                start_page=str,
                notice=None,
                **common,
            ),
            logger=self.logger,
            policy=policies.current,
            page=public.error_page(pages, None),
        )
        self.police = make_handler(
            police.routes(
                desk=desk,
                audit=DynamoAudit(self.client, "a", bytes),
                clock=lambda: self.now,
                logger=self.logger,
                **common,
            ),
            logger=self.logger,
            policy=policies.current,
        )

    def elapsed(self) -> float:
        return self.passed

    def fetch(self, number: int) -> bytes | None:
        if self.lists_down:
            raise Unavailable("lists")
        stored = self.lists.lists.get(number)
        return stored.token if stored else None

    def publish(self, status: int) -> int:
        """Publish a list with this state of the certificate; returns its `iat`."""
        self.lists.statuses.rows[0, CLAIMED.status_idx] = status
        self.lists.publisher.publish(0)
        return self.lists.read().iat

    def called(self, route: str, body: dict[str, Any]) -> dict[str, Any]:
        handler: Handler = self.police if "police" in route else self.public
        return handler(event(route, json.dumps(body)), None)

    def found(self, route: str) -> dict[str, Any]:
        """The finding in the answer on a scan, of the batch's one scan the one as of now."""
        answer = self.called(route, SCANS[route])
        assert answer["statusCode"] == 200, answer
        body: dict[str, Any] = json.loads(answer["body"])
        if "results" in body:
            (result,) = body["results"]
            body = result["as_of_now"]
        return body


def checked(found: dict[str, Any]) -> tuple[str, str, int | None]:
    """Verdict, what it rests on, and of when that is."""
    as_of = found["status_as_of"]
    return found["verdict"], found["status_checked"], parse_rfc3339(as_of) if as_of else None


@pytest.mark.parametrize("route", [*SCANS, "POST /v1/police/lookup", "GET /.well-known/jwks.json"])
def test_a_cold_start_without_a_key_set_is_a_clear_503(route: str) -> None:
    scene = Scene(Client(down=True))
    scene.publish(VALID)
    answer = scene.called(route, SCANS.get(route, LOOKUP))
    assert answer["statusCode"] == 503
    assert int(answer["headers"]["retry-after"]) > 0
    assert problem(answer)["code"] == "unavailable"
    assert problem(answer)["next_step"]["en"]
    assert [message for message, _ in scene.logger.errors] == ["unavailable"]
    # The next call asks again, and there the keys are.
    scene.client.down = False
    if route in SCANS:
        assert scene.found(route)["verdict"] == "valid"


def test_a_cold_start_without_a_key_set_is_a_page_for_who_has_scanned() -> None:
    scene = Scene(Client(down=True))
    answer = scene.public(event("GET /V/{code}", pathParameters={"code": CODE.rpartition("/")[2]}), None)
    assert answer["statusCode"] == 503
    assert answer["headers"]["content-type"].startswith("text/html")
    assert CLAIMED.plate not in answer["body"]


@pytest.mark.parametrize(
    ("status", "verdict"), [(VALID, "valid"), (REVOKED, "revoked"), (SUSPENDED, "suspended")]
)
@pytest.mark.parametrize("route", SCANS)
def test_with_the_store_down_the_list_answers_and_says_so(route: str, status: int, verdict: str) -> None:
    scene = Scene()
    iat = scene.publish(status)
    assert iat < scene.now
    assert checked(scene.found(route)) == (verdict, "list", iat)
    # All of DynamoDB, for an hour: keys, policy and list are those of before.
    scene.client.down, scene.lists_down = True, True
    scene.passed, scene.now = float(HOUR), scene.now + HOUR
    assert checked(scene.found(route)) == (verdict, "list", iat)


@pytest.mark.parametrize("route", SCANS)
def test_with_store_and_lists_down_the_signature_is_all_and_says_so(route: str) -> None:
    scene = Scene(lists_down=True)
    found = scene.found(route)
    assert checked(found) == ("valid", "none", None)
    assert "未核验" in found["message"]["zh"]
    assert found["certificate"]["plate"] == CLAIMED.plate


@pytest.mark.parametrize("route", SCANS)
def test_what_was_verified_without_the_store_is_counted(route: str) -> None:
    scene = Scene()
    scene.found(route)
    scene.publish(REVOKED)
    scene.passed = float(HOUR)
    scene.found(route)
    told = [(metric, outcome) for metric, outcome in scene.counts if metric != "AuditFailed"]
    assert told == [
        ("Verified", "valid"),
        ("VerifiedWithoutStore", "none"),
        ("Verified", "revoked"),
        ("VerifiedWithoutStore", "list"),
    ]


@pytest.mark.parametrize("route", SCANS)
def test_a_list_past_its_end_is_not_used(route: str) -> None:
    scene = Scene()
    iat = scene.publish(REVOKED)
    end = iat + scene.lists.publisher.lifetime
    scene.now = end - 1
    assert checked(scene.found(route)) == ("revoked", "list", iat)
    scene.now = end
    assert checked(scene.found(route)) == ("valid", "none", None)


def test_police_get_the_verdict_without_the_vehicle_and_the_alarm_of_the_audit_trail() -> None:
    scene = Scene()
    scene.publish(VALID)
    found = scene.found("POST /v1/police/verify")
    assert (found["vehicle"], found["inspection"]) == (None, "in_period")
    assert found["enforcement_note"]["zh"]
    assert ("audit record lost", {"alarm": "audit-lost", "request_id": "r-1"}) in scene.logger.errors


def test_about_a_plate_nothing_is_said_without_the_store() -> None:
    scene = Scene()
    assert problem(scene.called("POST /v1/police/lookup", LOOKUP))["status"] == 503


@pytest.mark.parametrize("route", SCANS)
def test_a_stale_key_set_goes_on_vouching_and_is_asked_for_again(route: str) -> None:
    scene = Scene()
    scene.publish(VALID)
    assert scene.found(route)["verdict"] == "valid"
    scene.client.down = True
    scene.passed = 7 * 86_400.0
    assert scene.found(route)["verdict"] == "valid"
    asked = scene.client.asked.count("query")
    scene.passed += TTL
    assert scene.found(route)["verdict"] == "valid"
    assert scene.client.asked.count("query") == asked + 2  # keys and policy


@pytest.mark.parametrize("off", [-HOUR, HOUR])
@pytest.mark.parametrize("route", SCANS)
def test_a_clock_that_is_an_hour_off_moves_the_borders_by_an_hour_and_no_more(route: str, off: int) -> None:
    scene = Scene()
    iat = scene.publish(VALID)

    def at(real: int) -> tuple[str, str, int | None]:
        scene.now = real + off
        return checked(scene.found(route))

    # In the middle of its life nothing changes, whatever the list's age seems to be: an `iat` ahead of a clock that
    # is behind is no reason to forget what is known.
    assert at(iat) == at(iat + HOUR) == ("valid", "list", iat)
    # Just issued: not yet, for who is behind.
    assert at(CLAIMED.iat)[0] == ("not_yet_valid" if off < 0 else "valid")
    assert at(CLAIMED.iat + HOUR)[0] == "valid"
    # At its end: an hour more, or an hour less.
    end = CLAIMED.exp
    assert at(end - off - 1)[0] == "valid"
    assert at(end - off)[0] == "expired"
    # A list at its end.
    scene.publish(REVOKED)
    scene.passed += HOUR
    iat = scene.lists.read().iat
    end = iat + scene.lists.publisher.lifetime
    assert at(end - off - 1) == ("revoked", "list", iat)
    assert at(end - off) == ("valid", "none", None)
