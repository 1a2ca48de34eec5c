"""Routes, authorizer and CORS of the HTTP API.

On AWS the API is made from the ``Body`` that the SAM transform writes. The emulator ignores it, so the same body
(of the processed template) is carried out here through the public apigatewayv2 calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "x-amazon-apigateway-any-method")


@dataclass(frozen=True, slots=True)
class Route:
    """One route: its key, the integration's URI, and who may call it (None: anyone)."""

    key: str
    uri: str
    authorizer: str | None
    scopes: tuple[str, ...]


def routes(body: Mapping[str, Any]) -> list[Route]:
    """The routes of an API body without intrinsic functions."""
    found = []
    for path, item in body["paths"].items():
        for method, operation in item.items():
            if method not in METHODS:
                continue
            verb = "ANY" if method.startswith("x-") else method.upper()
            # One requirement of one authorizer is all that an HTTP API knows.
            authorizer, scopes = next(
                (
                    (name, tuple(wanted))
                    for rule in operation.get("security", ())
                    for name, wanted in rule.items()
                ),
                (None, ()),
            )
            uri = operation["x-amazon-apigateway-integration"]["uri"]
            found.append(Route(f"{verb} {path}", uri, authorizer, scopes))
    return found


def authorizers(body: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Name → issuer, audience and where the token is."""
    schemes = body.get("components", {}).get("securitySchemes", {})
    return {
        name: scheme["x-amazon-apigateway-authorizer"]
        for name, scheme in schemes.items()
        if "x-amazon-apigateway-authorizer" in scheme
    }


def apply(client: Any, api_id: str, body: Mapping[str, Any]) -> list[Route]:
    """Make the API `api_id` what `body` describes; returns its routes. What was there before is replaced."""
    for route in client.get_routes(ApiId=api_id)["Items"]:
        client.delete_route(ApiId=api_id, RouteId=route["RouteId"])
    for integration in client.get_integrations(ApiId=api_id)["Items"]:
        client.delete_integration(ApiId=api_id, IntegrationId=integration["IntegrationId"])
    for authorizer in client.get_authorizers(ApiId=api_id)["Items"]:
        client.delete_authorizer(ApiId=api_id, AuthorizerId=authorizer["AuthorizerId"])

    cors = body.get("x-amazon-apigateway-cors")
    if cors:
        client.update_api(
            ApiId=api_id,
            CorsConfiguration={key[0].upper() + key[1:]: value for key, value in cors.items()},
        )
    ids = {
        name: client.create_authorizer(
            ApiId=api_id,
            Name=name,
            AuthorizerType="JWT",
            IdentitySource=[rule["identitySource"]],
            JwtConfiguration={
                "Issuer": rule["jwtConfiguration"]["issuer"],
                "Audience": rule["jwtConfiguration"]["audience"],
            },
        )["AuthorizerId"]
        for name, rule in authorizers(body).items()
    }
    integrations: dict[str, str] = {}
    found = routes(body)
    for route in found:
        if route.uri not in integrations:
            integrations[route.uri] = client.create_integration(
                ApiId=api_id,
                IntegrationType="AWS_PROXY",
                IntegrationUri=route.uri,
                PayloadFormatVersion="2.0",
            )["IntegrationId"]
        access: dict[str, Any] = {"AuthorizationType": "NONE"}
        if route.authorizer:
            access = {
                "AuthorizationType": "JWT",
                "AuthorizerId": ids[route.authorizer],
                "AuthorizationScopes": list(route.scopes),
            }
        client.create_route(
            ApiId=api_id, RouteKey=route.key, Target=f"integrations/{integrations[route.uri]}", **access
        )
    return found
