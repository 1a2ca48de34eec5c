"""Police verification cannot be starved: its own function, its own part of Lambda's concurrency and of the gateway's
rate. Arithmetic on the template and on the production parameters; local runs prove nothing about throttling.
"""

from __future__ import annotations

from typing import Any

from jianbiao.aws import clients, wiring
from tests.support import packaged

DOCUMENT = packaged.template()
FUNCTIONS = {
    name: resource["Properties"]
    for name, resource in DOCUMENT["Resources"].items()
    if resource["Type"] == "AWS::Serverless::Function"
}
GIVEN = {name: rule.get("Default") for name, rule in DOCUMENT["Parameters"].items()} | dict(
    pair.split("=", 1) for pair in (packaged.ROOT / "infra" / "parameters" / "prod.txt").read_text().split()
)
ACCOUNT_RATE, ACCOUNT_BURST = 10_000, 5_000
"""Requests a second of an account and region, and its bucket (quotas of API Gateway)."""
ACCOUNT_CONCURRENCY, UNRESERVED = 1_000, 100
"""Lambda's default, and what it does not let anybody reserve."""
POLICE_SECONDS = 0.1
"""A police answer while the store is well: at most five requests, one after the other, of 10 to 20 ms (planned)."""


def routes(name: str) -> dict[str, Any]:
    """Route key → authorizer of a function's routes."""
    return {
        f"{event['Properties']['Method']} {event['Properties']['Path']}": event["Properties"].get("Auth")
        for event in FUNCTIONS[name].get("Events", {}).values()
        if event["Type"] == "HttpApi"
    }


def limit(route: str, of: str) -> int:
    """The limit of a route: its own, or the one of all that have none."""
    api = DOCUMENT["Resources"]["Api"]["Properties"]
    settings = api["RouteSettings"].get(route, api["DefaultRouteSettings"])
    return int(GIVEN[settings[of]["Ref"]])


def test_the_routes_of_the_police_have_a_function_of_their_own() -> None:
    police = {route for name in FUNCTIONS for route in routes(name) if "/v1/police/" in route}
    assert len(police) == 3
    assert set(routes("VerifyPolice")) == police
    # Nothing else calls it: no queue, no stream, no schedule.
    assert all(event["Type"] == "HttpApi" for event in FUNCTIONS["VerifyPolice"]["Events"].values())


def test_it_has_a_part_of_the_concurrency_that_nobody_else_can_take() -> None:
    reserved = {}
    for name, function in FUNCTIONS.items():
        if "ReservedConcurrentExecutions" in function:
            _, own, none = function["ReservedConcurrentExecutions"]["Fn::If"]
            assert none == {"Ref": "AWS::NoValue"}
            reserved[name] = own["Ref"]
    # One parameter each, and the public, who scans in masses, and what signs or loads are kept within theirs.
    assert len(set(reserved.values())) == len(reserved)
    assert {"VerifyPolice", "VerifyPublic", "Apply", "Citizen", "Backfill", "Share"} <= set(reserved)
    assert all(int(GIVEN[parameter]) > 0 for parameter in reserved.values())
    assert sum(int(GIVEN[parameter]) for parameter in reserved.values()) <= ACCOUNT_CONCURRENCY - UNRESERVED


def test_the_gateway_leaves_the_police_their_rate() -> None:
    police = routes("VerifyPolice")
    public = [route for name in FUNCTIONS for route, auth in routes(name).items() if not auth]
    assert len(public) >= 10
    for of, quota in (("ThrottlingRateLimit", ACCOUNT_RATE), ("ThrottlingBurstLimit", ACCOUNT_BURST)):
        # All that anybody may call without a token, each route at its limit, beside all of the police's.
        assert sum(limit(route, of) for route in [*public, *police]) <= quota, of


def test_the_reservation_carries_the_rate() -> None:
    rate = sum(limit(route, "ThrottlingRateLimit") for route in routes("VerifyPolice"))
    assert rate * POLICE_SECONDS <= int(GIVEN["ReserveVerifyPolice"])


def test_while_nothing_answers_the_answer_comes_before_the_function_s_time_is_over() -> None:
    attempts, wait = wiring.IMPATIENT["attempts"], wiring.IMPATIENT["read_timeout"]
    back_off = 1.0
    """Seconds between two attempts, at most (botocore's standard mode)."""
    one = attempts * max(wait, clients.CONNECT_SECONDS) + (attempts - 1) * back_off
    # Key set, certificate, list, policy and the audit record, one after the other.
    slowest = 5 * one
    timeout = FUNCTIONS["VerifyPolice"].get("Timeout", DOCUMENT["Globals"]["Function"]["Timeout"])
    assert slowest <= timeout < 30
