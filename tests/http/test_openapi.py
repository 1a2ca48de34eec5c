"""The OpenAPI document: what is served is what the code says, it is valid, and the gateway has the same routes."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from jianbiao.http import documents, openapi
from jianbiao.http.bodies import validate
from jianbiao.http.operations import OPERATIONS, Operation
from jianbiao.http.schemas import BODIES, COMPONENTS
from tests.support.packaged import ROOT, template

DOCUMENT = openapi.document()
METHODS = {"get", "put", "post", "delete", "patch"}


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a document."""
    if isinstance(value, dict):
        yield value
        for child in value.values():
            yield from nodes(child)
    elif isinstance(value, list):
        for child in value:
            yield from nodes(child)


def events() -> dict[str, tuple[str, ...]]:
    """Route key → scopes, as the template has them."""
    found = {}
    for resource in template()["Resources"].values():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        for event in resource["Properties"].get("Events", {}).values():
            if event["Type"] == "HttpApi":
                given = event["Properties"]
                scopes = given.get("Auth", {}).get("AuthorizationScopes", ())
                found[f"{given['Method']} {given['Path']}"] = tuple(scopes)
    return found


def routes_in_code() -> set[str]:
    """Route keys that some `routes` of jianbiao.http maps to a function."""
    found = set()
    for file in (ROOT / "layers" / "core" / "jianbiao" / "http").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name == "routes":
                for inner in ast.walk(node):
                    if isinstance(inner, ast.Dict):
                        keys = [k.value for k in inner.keys if isinstance(k, ast.Constant)]
                        found |= {k for k in keys if isinstance(k, str) and re.match(r"[A-Z]+ /", k)}
    return found


def test_the_committed_document_is_the_code_s() -> None:
    assert openapi.COMMITTED.read_text(encoding="utf-8") == openapi.text(), (
        "rewrite it: PYTHONPATH=layers/core python -m jianbiao.http.openapi"
    )


def test_the_served_document_is_the_committed_one() -> None:
    assert documents.openapi() == openapi.COMMITTED.read_text(encoding="utf-8")
    assert json.loads(documents.openapi()) == DOCUMENT


def test_every_operation_is_a_route_of_the_gateway_with_its_scope_and_the_other_way_round() -> None:
    described = {o.route: (o.scope,) if o.scope else () for o in OPERATIONS}
    assert described == events()


def test_every_operation_has_a_function_in_the_code_and_the_other_way_round() -> None:
    assert {o.route for o in OPERATIONS} == routes_in_code()


def test_no_operation_is_listed_twice() -> None:
    assert len({o.route for o in OPERATIONS}) == len(OPERATIONS)
    ids = [node["operationId"] for node in nodes(DOCUMENT["paths"]) if "operationId" in node]
    assert len(set(ids)) == len(ids) == len(OPERATIONS)


def test_the_document_has_the_shape_of_openapi_3_1() -> None:
    assert re.fullmatch(r"3\.1\.\d+", DOCUMENT["openapi"])
    assert {"title", "version"} <= DOCUMENT["info"].keys()
    for path, item in DOCUMENT["paths"].items():
        assert path.startswith("/")
        assert item.keys() <= METHODS
        for operation in item.values():
            assert operation["responses"]
            in_path = [p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"]
            assert sorted(in_path) == sorted(re.findall(r"{(\w+)}", path))
            keys = [(p["in"], p["name"]) for p in operation.get("parameters", ())]
            assert len(set(keys)) == len(keys)
            for parameter in operation.get("parameters", ()):
                assert parameter["in"] in {"path", "query", "header"}
                assert ("schema" in parameter) != ("content" in parameter)
                assert parameter["in"] != "path" or parameter["required"] is True
            for status, response in operation["responses"].items():
                assert re.fullmatch(r"[1-5]\d\d", status)
                assert response["description"]


def test_every_reference_leads_somewhere() -> None:
    references = [node["$ref"] for node in nodes(DOCUMENT) if isinstance(node.get("$ref"), str)]
    names = {reference.removeprefix("#/components/schemas/") for reference in references}
    assert names
    assert names <= DOCUMENT["components"]["schemas"].keys()
    assert not COMPONENTS.keys() & BODIES.keys()


@pytest.mark.parametrize("name", sorted(COMPONENTS | BODIES))
def test_every_schema_is_valid_by_its_meta_schema(name: str) -> None:
    schema = (COMPONENTS | BODIES)[name]
    jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})
    # And it compiles, with everything that it refers to.
    jsonschema_rs.Draft202012Validator({**schema, "components": {"schemas": COMPONENTS | BODIES}})


@pytest.mark.parametrize("name", sorted(BODIES))
def test_every_body_refuses_unknown_fields(name: str) -> None:
    assert validate(name, {"unknown-field": 1})
    for node in nodes(BODIES[name]):
        if node.get("type") == "object" and "properties" in node:
            assert node.get("additionalProperties") is False


def _types(operation: Operation, status: str) -> set[str]:
    responses = DOCUMENT["paths"][operation.path][operation.method.lower()]["responses"]
    return set(responses.get(status, {}).get("content", {}))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: o.route)
def test_every_operation_says_how_it_fails(operation: Operation) -> None:
    responses = DOCUMENT["paths"][operation.path][operation.method.lower()]["responses"]
    assert "503" in responses
    if operation.body:
        assert {"400", "413", "422"} <= responses.keys()
    if operation.scope:
        assert {"401", "403"} <= responses.keys()
        assert "application/json" in _types(operation, "401")
    for status in operation.problems:
        assert {"application/problem+json", "text/html"} & _types(operation, str(status))
