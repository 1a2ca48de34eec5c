"""What SAM makes of the template, with its real transform: versions, and the canary that the local AWS lacks."""

from __future__ import annotations

import hashlib
import json
import subprocess
from functools import cache
from typing import Any

import pytest

from local import envs, template
from local.deploy import DEFINITIONS, TEMPLATE

TRANSFORM = """
import json, sys
from samtranslator.translator.transform import transform
given = json.load(sys.stdin)
class Loader:
    def load(self):
        return {}
print(json.dumps(transform(given["template"], given["parameters"], Loader())))
"""


@cache
def transformed(canary: str, release: str = "0123456789abcdef") -> dict[str, dict[str, Any]]:
    """The resources."""
    envs.ensure("emulator")
    document = template.load(TEMPLATE)
    properties = [r["Properties"] for r in document["Resources"].values()]
    sources = {
        p[field] for p in properties for field in template.SOURCES.values() if isinstance(p.get(field), str)
    }
    keys = {source: hashlib.sha256(source.encode()).hexdigest() for source in sources}
    keys |= {definition.name: definition.name for definition in DEFINITIONS}
    given = {"PublicUrl": "https://jb.example.cn", "Canary": canary, "Release": release}
    done = subprocess.run(
        [envs.python_of("emulator"), "-c", TRANSFORM],
        input=json.dumps(
            {"template": json.loads(template.package(document, "bucket", keys, given)), "parameters": given}
        ),
        env={"AWS_DEFAULT_REGION": "ap-east-1", "PATH": "/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    resources: dict[str, dict[str, Any]] = json.loads(done.stdout)["Resources"]
    return resources


def of_type(resources: dict[str, dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    return {name: r for name, r in resources.items() if r["Type"] == kind}


FUNCTIONS = [
    n for n, r in template.load(TEMPLATE)["Resources"].items() if r["Type"] == "AWS::Serverless::Function"
]


def test_without_a_canary_there_is_no_codedeploy() -> None:
    assert not [r for r in transformed("false").values() if r["Type"].startswith("AWS::CodeDeploy")]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_with_a_canary_each_alias_moves_by_codedeploy_and_alarms_take_it_back(name: str) -> None:
    resources = transformed("true")
    alias = resources[f"{name}Aliaslive"]
    assert alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]["DeploymentGroupName"] == {
        "Ref": f"{name}DeploymentGroup"
    }
    group = resources[f"{name}DeploymentGroup"]["Properties"]
    assert group["AutoRollbackConfiguration"]["Enabled"] is True
    assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
    preferred = template.load(TEMPLATE)["Globals"]["Function"]["DeploymentPreference"]["Alarms"]
    assert [alarm["Name"] for alarm in group["AlarmConfiguration"]["Alarms"]] == preferred
    assert "Canary10Percent10Minutes" in json.dumps(group["DeploymentConfigName"])
    # What is there on a condition only has its canary on the same.
    condition = resources[name].get("Condition")
    assert {resources[f"{name}{part}"].get("Condition") for part in ("Aliaslive", "DeploymentGroup")} == {
        condition
    }


def test_nothing_goes_round_in_a_circle() -> None:
    """CloudFormation refuses circles; the alarms' stack, the API, aliases and deployment groups could make one."""
    resources = transformed("true")
    uses = {
        name: {other for other in resources if refers(r, other)} | set(listed(r.get("DependsOn", [])))
        for name, r in resources.items()
    }
    while done := [name for name, needed in uses.items() if not needed & set(uses)]:
        for name in done:
            del uses[name]
    assert not uses


def test_another_release_is_another_version_of_every_function() -> None:
    first, second = transformed("false"), transformed("false", release="fedcba9876543210")
    before, after = (of_type(found, "AWS::Lambda::Version") for found in (first, second))
    assert len(before) == len(after) == len(FUNCTIONS)
    assert not before.keys() & after.keys()
    # Lambda makes no version of a function that has not changed itself; SAM writes the digest into its description.
    for name in FUNCTIONS:
        assert first[name]["Properties"]["Description"] != second[name]["Properties"]["Description"]


def test_the_same_template_gives_the_same_versions() -> None:
    before = of_type(transformed("false"), "AWS::Lambda::Version")
    assert before.keys() == of_type(transformed("true"), "AWS::Lambda::Version").keys()


def test_it_is_within_cloudformation_s_limits() -> None:
    resources = transformed("true")
    assert len(resources) <= 480, "CloudFormation takes 500"
    assert len(json.dumps(resources)) < 900_000, "CloudFormation takes a megabyte"


def listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def refers(node: Any, name: str) -> bool:
    """Whether a resource refers to another."""
    text = json.dumps(node)
    return any(
        form in text
        for form in (f'{{"Ref": "{name}"}}', f'"Fn::GetAtt": ["{name}"', f"${{{name}}}", f"${{{name}.")
    )
