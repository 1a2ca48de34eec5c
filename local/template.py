"""The SAM template, read and written with its intrinsic functions in the long form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    """Reads ``!Ref`` and its kin."""


def _intrinsic(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    else:
        raise TypeError(f"!{suffix} of {type(node).__name__}")
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _intrinsic)


def load(file: Path) -> dict[str, Any]:
    """The template as plain data."""
    loaded: dict[str, Any] = yaml.load(file.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a SafeLoader
    return loaded


SOURCES = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
    "AWS::Serverless::StateMachine": "DefinitionUri",
}
"""Property that names a local source, by type of resource."""


def package(template: dict[str, Any], bucket: str, keys: dict[str, str], given: dict[str, str]) -> str:
    """The template with its local code replaced by objects of `bucket`, as ``sam package`` does it, in JSON.

    `keys` maps a source as the template names it to an object key; raises KeyError where one is missing. `given`
    are the parameters: AWS makes a number of a Number parameter where a property is one, the emulator leaves the
    text, so they are put in here.
    """
    numbers = {
        name: int(given.get(name, rule["Default"]))
        for name, rule in template["Parameters"].items()
        if rule["Type"] == "Number"
    }
    # The emulator transforms a template by the defaults of its parameters; versions of functions hang on this one.
    if "Release" in given:
        template["Parameters"]["Release"]["Default"] = given["Release"]
    template["Resources"] = _with_numbers(template["Resources"], numbers)
    for resource in template["Resources"].values():
        field = SOURCES.get(resource["Type"])
        if field:
            key = keys[resource["Properties"][field]]
            resource["Properties"][field] = {"Bucket": bucket, "Key": key}
    return json.dumps(template)


def _with_numbers(node: Any, numbers: dict[str, int]) -> Any:
    if isinstance(node, list):
        return [_with_numbers(item, numbers) for item in node]
    if not isinstance(node, dict):
        return node
    if len(node) == 1 and node.get("Ref") in numbers:
        return numbers[node["Ref"]]
    return {key: _with_numbers(item, numbers) for key, item in node.items()}
