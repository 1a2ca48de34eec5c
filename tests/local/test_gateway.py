"""From the transform's API description to routes: intrinsic functions, and the calls that are made."""

from __future__ import annotations

from typing import Any
from unittest.mock import MagicMock

import pytest

from local import gateway, template
from local.deploy import TEMPLATE
from local.intrinsics import Resolver, Unresolved

RESOLVER = Resolver(
    names={"Region": "r-1", "Empty": "", "List": ["a", "b"], "AWS::Partition": "aws"},
    arns={"Apply": "arn:apply"},
    conditions={
        "Own": {"Fn::Equals": [{"Ref": "Empty"}, ""]},
        "Other": {"Fn::Not": [{"Condition": "Own"}]},
        "Both": {"Fn::And": [{"Condition": "Own"}, {"Condition": "Other"}]},
        "Either": {"Fn::Or": [{"Condition": "Own"}, {"Condition": "Other"}]},
    },
)


@pytest.mark.parametrize(
    ("node", "value"),
    [
        ({"Ref": "Region"}, "r-1"),
        ({"Fn::Sub": "x:${AWS::Partition}:${Region}:${Apply.Arn}/y"}, "x:aws:r-1:arn:apply/y"),
        ({"Fn::GetAtt": ["Apply", "Arn"]}, "arn:apply"),
        ({"Fn::If": ["Own", {"Ref": "List"}, "no"]}, ["a", "b"]),
        ({"Fn::If": ["Other", {"Ref": "Nobody"}, "no"]}, "no"),
        ({"Fn::If": ["Both", 1, 2]}, 2),
        ({"Fn::If": ["Either", 1, 2]}, 1),
        ([1, {"Ref": "AWS::NoValue"}, {"a": {"Ref": "Region"}}], [1, {"a": "r-1"}]),
    ],
)
def test_values(node: Any, value: Any) -> None:
    assert RESOLVER.value(node) == value


@pytest.mark.parametrize(
    "node",
    [
        {"Ref": "Nobody"},
        {"Fn::Join": ["", []]},
        {"Fn::Sub": ["${x}", {"x": 1}]},
        {"Fn::Sub": "${Nobody.Arn}"},
    ],
)
def test_what_is_not_understood_is_not_guessed(node: Any) -> None:
    with pytest.raises(Unresolved):
        RESOLVER.value(node)


def test_the_calls() -> None:
    body = {
        "paths": {
            "/v1/x/{id}": {
                "parameters": [],
                "get": {
                    "x-amazon-apigateway-integration": {"uri": "one"},
                    "security": [{"Tokens": ["jianbiao/citizen"]}],
                },
                "x-amazon-apigateway-any-method": {"x-amazon-apigateway-integration": {"uri": "two"}},
            },
            "/": {"get": {"x-amazon-apigateway-integration": {"uri": "two"}}},
        },
        "components": {
            "securitySchemes": {
                "Tokens": {
                    "x-amazon-apigateway-authorizer": {
                        "identitySource": "$request.header.Authorization",
                        "jwtConfiguration": {"issuer": "https://i", "audience": ["a"]},
                    }
                }
            }
        },
        "x-amazon-apigateway-cors": {"allowOrigins": ["*"], "maxAge": 600},
    }
    client = MagicMock()
    client.get_routes.return_value = {"Items": [{"RouteId": "old"}]}
    client.get_integrations.return_value = {"Items": []}
    client.get_authorizers.return_value = {"Items": []}
    client.create_authorizer.return_value = {"AuthorizerId": "auth"}
    client.create_integration.side_effect = [{"IntegrationId": "i1"}, {"IntegrationId": "i2"}]
    made = gateway.apply(client, "api", body)
    assert [route.key for route in made] == ["GET /v1/x/{id}", "ANY /v1/x/{id}", "GET /"]
    client.delete_route.assert_called_once_with(ApiId="api", RouteId="old")
    client.update_api.assert_called_once_with(
        ApiId="api", CorsConfiguration={"AllowOrigins": ["*"], "MaxAge": 600}
    )
    assert client.create_integration.call_count == 2
    first, second, third = (call.kwargs for call in client.create_route.call_args_list)
    assert first == {
        "ApiId": "api",
        "RouteKey": "GET /v1/x/{id}",
        "Target": "integrations/i1",
        "AuthorizationType": "JWT",
        "AuthorizerId": "auth",
        "AuthorizationScopes": ["jianbiao/citizen"],
    }
    assert (second["AuthorizationType"], second["Target"]) == ("NONE", "integrations/i2")
    assert (third["AuthorizationType"], third["Target"]) == ("NONE", "integrations/i2")


def test_the_template_as_it_is_packaged() -> None:
    document = template.load(TEMPLATE)
    sources = {
        r["Properties"][template.SOURCES[r["Type"]]]
        for r in document["Resources"].values()
        if r["Type"] in template.SOURCES
    }
    text = template.package(document, "bucket", dict.fromkeys(sources, "key"), {"EventsConcurrency": "3"})
    assert "../" not in text
    assert '"MaximumConcurrency": 3' in text
    with pytest.raises(KeyError):
        template.package(template.load(TEMPLATE), "bucket", {}, {})
