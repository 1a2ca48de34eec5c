"""No token, and every kind of wrong one, on every route that wants one. (A neighbour's right one: test_neighbours.py.)

The tokens here come from the deployed pool, so signature and issuer are right where a case does not say otherwise.
The expired one is real, too: minted with the pool's shortest life (a minute), and used after it; because it waits,
`make test-all` has it alone.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from jianbiao.wire.ids import certificate_id
from tests.e2e.deployment import APP_VERSION, Reply, Stack

pytestmark = pytest.mark.local

SCOPES = ("citizen", "police", "registry", "office", "admin")
MACHINES = ("police", "registry", "office", "admin")
PASSWORD = f"Aa1!{secrets.token_urlsafe(24)}"
UNKNOWN_ID = certificate_id(bytes(16))


@dataclass(frozen=True)
class Route:
    """A route that wants a token."""

    method: str
    path: str
    scopes: tuple[str, ...]


def protected(stack: Stack) -> list[Route]:
    """All routes with an authorizer, as they are deployed, with something in the place of each parameter."""
    api = stack.client("apigatewayv2")
    found = []
    for route in api.get_routes(ApiId=stack.outputs["ApiId"])["Items"]:
        if route["AuthorizationType"] == "NONE":
            continue
        method, _, path = route["RouteKey"].partition(" ")
        found.append(Route(method, re.sub(r"\{\w+\}", UNKNOWN_ID, path), tuple(route["AuthorizationScopes"])))
    return found


def call(stack: Stack, route: Route, token: str | None, headers: dict[str, str] | None = None) -> Reply:
    """The route's answer to a token as text."""
    sent = dict(APP_VERSION) | (headers or {})
    if token is not None:
        sent["Authorization"] = f"Bearer {token}"
    body = None if route.method in {"GET", "DELETE"} else b"{}"
    return stack.call(route.method, route.path, headers=sent, body=body)


def claims_of(token: str) -> dict[str, Any]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


@dataclass
class Pool:
    """The deployment's user pool in the operator's hands."""

    stack: Stack
    user: str

    @property
    def cognito(self) -> Any:
        return self.stack.client("cognito-idp")

    @property
    def id(self) -> str:
        return self.stack.outputs["UserPoolId"]

    def sign_in(self, client_id: str, user: str | None = None) -> dict[str, str]:
        """AccessToken and IdToken of the tests' own citizen."""
        answer = self.cognito.admin_initiate_auth(
            UserPoolId=self.id,
            ClientId=client_id,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": user or self.user, "PASSWORD": PASSWORD},
        )
        return dict(answer["AuthenticationResult"])

    def add_user(self, **attributes: str) -> str:
        """A user who can sign in; the attributes are custom ones."""
        name = f"tests-{secrets.token_hex(6)}"
        self.cognito.admin_create_user(
            UserPoolId=self.id,
            Username=name,
            UserAttributes=[{"Name": f"custom:{key}", "Value": value} for key, value in attributes.items()],
            MessageAction="SUPPRESS",
            TemporaryPassword=PASSWORD,
        )
        self.cognito.admin_set_user_password(
            UserPoolId=self.id, Username=name, Password=PASSWORD, Permanent=True
        )
        return name

    def remove(self, user: str) -> None:
        self.cognito.admin_delete_user(UserPoolId=self.id, Username=user)

    def with_life(self, minutes: int) -> str:
        """An access token of the portal's client, minted while its tokens live this long."""
        portal = self.stack.outputs["PortalClientId"]
        described = self.cognito.describe_user_pool_client(UserPoolId=self.id, ClientId=portal)
        settings = {k: v for k, v in described["UserPoolClient"].items() if k in _SETTINGS}
        try:
            self.cognito.update_user_pool_client(**settings | {"AccessTokenValidity": minutes})
            return self.sign_in(portal)["AccessToken"]
        finally:
            self.cognito.update_user_pool_client(**settings)


_SETTINGS = {
    "UserPoolId",
    "ClientId",
    "ClientName",
    "ExplicitAuthFlows",
    "PreventUserExistenceErrors",
    "EnableTokenRevocation",
    "ReadAttributes",
    "WriteAttributes",
    "AccessTokenValidity",
    "IdTokenValidity",
    "TokenValidityUnits",
}
"""What UpdateUserPoolClient would reset if it were left out."""


@pytest.fixture(scope="module")
def pool(stack: Stack) -> Iterator[Pool]:
    """The pool, with a citizen of the tests' own: the same person as `citizen`."""
    pool = Pool(stack, "")
    pool.user = pool.add_user(person_ref="p-citizen-1", division="230100")
    yield pool
    pool.remove(pool.user)


@pytest.fixture(scope="module")
def portal_token(stack: Stack, pool: Pool) -> str:
    return pool.sign_in(stack.outputs["PortalClientId"])["AccessToken"]


# --- what a wrong token is


def forged_tokens(good: str) -> dict[str, str]:
    """Tokens that say what `good` says, or more, and were not signed by the pool."""
    header, claims = jwt.get_unverified_header(good), claims_of(good)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public_pem = "a secret of thirty-two bytes or more"
    parts = good.split(".")
    later = _b64(json.dumps(claims | {"exp": claims["exp"] + 86_400}).encode())
    more = _b64(json.dumps(claims | {"scope": " ".join(f"jianbiao/{name}" for name in SCOPES)}).encode())
    raw = bytearray(_unb64(parts[2]))
    raw[7] ^= 1
    return {
        "signed by another key under the pool's kid": jwt.encode(claims, key, "RS256", headers=header),
        "signed by another key, no kid": jwt.encode(claims, key, "RS256"),
        "HS256": jwt.encode(claims, public_pem, "HS256", headers=header | {"alg": "HS256"}),
        "no algorithm": jwt.encode(claims, None, "none"),
        "alg none over a good signature": ".".join([_b64(b'{"alg":"none","typ":"JWT"}'), *parts[1:]]),
        "no signature": ".".join([*parts[:2], ""]),
        "one bit of the signature": ".".join([*parts[:2], _b64(bytes(raw))]),
        "a later end under the good signature": ".".join([parts[0], later, parts[2]]),
        "more scopes under the good signature": ".".join([parts[0], more, parts[2]]),
        "key from the token's own header": jwt.encode(
            claims, key, "RS256", headers=header | {"jku": "http://127.0.0.1:1/jwks.json"}
        ),
    }


GARBAGE = ("", "x", "a.b", "a.b.c", "....", "null", "Bearer", "A" * 5000, "\xe9\xe9.\xe9.\xe9")


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_there_are_routes_to_try(stack: Stack) -> None:
    """Otherwise the tests below could not fail."""
    found = protected(stack)
    assert {("POST", "/v1/certificates"), ("POST", "/v1/police/verify"), ("GET", "/v1/me/vehicles")} <= {
        (route.method, route.path) for route in found
    }
    assert all(len(route.scopes) == 1 for route in found)


def test_everything_below_v1_but_public_verification_wants_a_token(stack: Stack) -> None:
    api = stack.client("apigatewayv2")
    open_routes = {
        route["RouteKey"]
        for route in api.get_routes(ApiId=stack.outputs["ApiId"])["Items"]
        if route["AuthorizationType"] == "NONE" and " /v1/" in route["RouteKey"]
    }
    assert open_routes == {"POST /v1/verify"}


def test_without_a_token_nothing_is_answered(stack: Stack) -> None:
    for route in protected(stack):
        reply = call(stack, route, None)
        assert (reply.status, reply.json) == (401, {"message": "Unauthorized"}), route


@pytest.mark.parametrize("token", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_is_no_token(stack: Stack, token: str) -> None:
    for route in protected(stack):
        assert call(stack, route, token).status == 401, route


def test_forged_tokens_are_refused(stack: Stack) -> None:
    routes = protected(stack)
    for name in SCOPES:
        for why, token in forged_tokens(stack.token(name)).items():
            for route in routes:
                if route.scopes == (f"jianbiao/{name}",):
                    assert call(stack, route, token).status == 401, (route, why)


def test_tokens_in_other_places_do_not_count(stack: Stack) -> None:
    token = stack.token("citizen")
    for path, headers in (
        (f"/v1/me/vehicles?access_token={token}", {}),
        ("/v1/me/vehicles", {"Cookie": f"Authorization=Bearer {token}"}),
        ("/v1/me/vehicles", {"X-Forwarded-Authorization": f"Bearer {token}"}),
        ("/v1/me/vehicles", {"Authorization": f"Basic {token}"}),
    ):
        assert stack.call("GET", path, headers=dict(APP_VERSION) | headers).status == 401, headers


def test_each_family_of_routes_takes_its_own_scope_alone(stack: Stack) -> None:
    """Every protected route, with a right token of every other kind."""
    for route in protected(stack):
        for name in SCOPES:
            reply = call(stack, route, stack.token(name))
            if f"jianbiao/{name}" in route.scopes:
                assert reply.status not in {401, 403} or reply.json.get("code"), (route, name)
            else:
                assert (reply.status, reply.json) == (403, {"message": "Forbidden"}), (route, name)


def test_an_id_token_opens_nothing(stack: Stack, pool: Pool) -> None:
    token = pool.sign_in(stack.outputs["PortalClientId"])["IdToken"]
    assert claims_of(token)["token_use"] == "id"
    for route in protected(stack):
        assert call(stack, route, token).status in {401, 403}, route


def test_a_client_that_is_not_ours_opens_nothing(stack: Stack, pool: Pool) -> None:
    """Right issuer, right signature, right scope and claims by the trigger; only the audience is another."""
    made = pool.cognito.create_user_pool_client(
        UserPoolId=pool.id, ClientName="tests", ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    try:
        token = pool.sign_in(made)["AccessToken"]
        claims = claims_of(token)
        assert "jianbiao/citizen" in claims["scope"].split()
        assert (claims["person_ref"], claims["client_id"]) == ("p-citizen-1", made)
        for route in protected(stack):
            assert call(stack, route, token).status in {401, 403}, route
    finally:
        pool.cognito.delete_user_pool_client(UserPoolId=pool.id, ClientId=made)


@pytest.mark.parametrize(
    "attributes",
    [{}, {"person_ref": "p-citizen-1"}, {"division": "230100"}, {"person_ref": "p 1", "division": "230100"}],
)
def test_a_token_that_does_not_say_who_is_incomplete(
    stack: Stack, pool: Pool, attributes: dict[str, str]
) -> None:
    user = pool.add_user(**attributes)
    try:
        token = pool.sign_in(stack.outputs["PortalClientId"], user)["AccessToken"]
    finally:
        pool.remove(user)
    for route in protected(stack):
        if route.scopes == ("jianbiao/citizen",):
            reply = call(stack, route, token)
            assert (reply.status, reply.json["code"]) == (403, "token-incomplete"), route


def test_an_access_token_cannot_change_who_one_is(stack: Stack, pool: Pool, portal_token: str) -> None:
    """person_ref and division decide what one sees: not even a right token may write them."""
    assert "aws.cognito.signin.user.admin" not in claims_of(portal_token)["scope"].split()
    for name in ("PortalClientId", "AppClientId"):
        described = pool.cognito.describe_user_pool_client(UserPoolId=pool.id, ClientId=stack.outputs[name])
        assert described["UserPoolClient"]["WriteAttributes"] == ["locale"]


# --- time


@pytest.mark.full
def test_an_expired_token_opens_nothing(stack: Stack, pool: Pool) -> None:
    """A minute is the shortest life that the emulator's pool gives (on AWS it is five)."""
    (route,) = [r for r in protected(stack) if (r.method, r.path) == ("GET", "/v1/me/vehicles")]
    token = pool.with_life(1)
    claims = claims_of(token)
    assert claims["exp"] - claims["iat"] == 60
    assert call(stack, route, token).status == 200
    while time.time() < claims["exp"] + 1:
        time.sleep(0.5)
    for expected in protected(stack):
        if expected.scopes == ("jianbiao/citizen",):
            assert call(stack, expected, token).status == 401, expected
