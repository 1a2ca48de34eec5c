"""docs/deployment.md, pasted: build, deploy, set up, upgrade, a failing update, deletion, by the real SAM CLI.

The steps go on from one another, so they are one test each in the order of this file, against one local AWS.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.package import ROOT
from local.envs import ensure
from tests.deployment.local_aws import LocalAws
from tests.deployment.page import BUILD, DELETE, DEPLOY, PASTED, SEE, SET_UP, UPGRADE, YOURS, blocks
from tests.e2e.deployment import Reply, request

pytestmark = [pytest.mark.local, pytest.mark.full, pytest.mark.timeout(1200)]

STACK = "jianbiao-dev"
EDGE = "layers/core/jianbiao/http/edge.py"
HANDS = """
  Broken:
    Type: AWS::CloudWatch::Alarm
    DependsOn: VerifyPublic
    Properties:
      ComparisonOperator: GreaterThanThreshold
      EvaluationPeriods: 1
      Threshold: 1
      Metrics: [{Id: nothing, Expression: "1"}]
"""
"""What the local AWS refuses to make, after the functions have been updated."""


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    for name in ("emulator", "local", "sam"):
        ensure(name)
    made = LocalAws(tmp_path_factory.mktemp("sam"))
    try:
        yield made
    finally:
        made.stop()


def step(aws: LocalAws, heading: str, more: str = "") -> subprocess.CompletedProcess[str]:
    """The blocks of a section, behind those of the first step with this deployment's own values in them;
    `more` are further parameters."""
    yours, helper = blocks(YOURS)
    values = {
        "AWS_DEFAULT_REGION": "$AWS_DEFAULT_REGION",
        "PUBLIC_URL": aws.public_url,
        "CERTIFICATE_ARN": "",
        # The local AWS has no TLS, and no alarms on more than one metric.
        "PARAMETERS": f"RequireTls=false Alarms=false SnapStart=false PresignEndpoint={aws.public_url} {more}",
    }
    for name, value in values.items():
        yours, found = re.subn(rf"\b{name}=.*$", f'{name}="{value}"', yours, flags=re.MULTILINE)
        assert found == 1, name
    assert heading in PASTED
    return aws.paste("\n".join([yours, helper, *blocks(heading)]))


def succeeded(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stdout[-6000:]
    return done.stdout


def physical(aws: LocalAws, name: str) -> str:
    """The physical id of a resource of the stack."""
    described = aws.operator.client("cloudformation").describe_stack_resources(StackName=STACK)
    return next(
        str(r["PhysicalResourceId"]) for r in described["StackResources"] if r["LogicalResourceId"] == name
    )


def versions(aws: LocalAws, function: str = "VerifyPublic") -> tuple[str, int]:
    """The version that a function's alias points to, and how many there are."""
    name = physical(aws, function)
    client = aws.operator.client("lambda")
    known = [v["Version"] for v in client.list_versions_by_function(FunctionName=name)["Versions"]]
    alias = client.get_alias(FunctionName=name, Name="live")
    return alias["FunctionVersion"], len([v for v in known if v != "$LATEST"])


def release(aws: LocalAws) -> Reply:
    """What the running product answers; a change of code shows in a header."""
    return request("GET", f"{aws.public_url}/openapi.json")


def published_set(aws: LocalAws) -> list[dict[str, Any]]:
    """Every version of the published keys and of the policy that there is."""
    table = physical(aws, "ConfigTable")
    return list(aws.operator.client("dynamodb").scan(TableName=table)["Items"])


def change(aws: LocalAws, number: int) -> None:
    """Another release: its code says its number on every answer."""
    file = aws.repository / EDGE
    text = (ROOT / EDGE).read_text(encoding="utf-8")
    file.write_text(f'{text}\nSECURITY_HEADERS["x-release"] = "{number}"\n', encoding="utf-8")


def test_it_builds_and_says_how_large_it_is(aws: LocalAws) -> None:
    said = succeeded(step(aws, BUILD))
    assert "Build Succeeded" in said
    for layer in ("deps", "core", "render"):
        size = re.search(rf"layer {layer} +([0-9.]+) MB of +[0-9]+, +([0-9.]+) MB bytecode", said)
        assert size, said[-2000:]
        assert float(size[1]) > float(size[2]) > 0, "no bytecode"
    assert "of Lambda's 250 (unpacked)" in said


def test_it_deploys(aws: LocalAws) -> None:
    succeeded(step(aws, DEPLOY))
    assert aws.stack(STACK)["StackStatus"] == "CREATE_COMPLETE"
    aws.open_front(STACK)
    assert versions(aws) == ("1", 1)


def test_it_is_set_up_and_answers(aws: LocalAws) -> None:
    assert "keys" in succeeded(step(aws, SET_UP))
    published = published_set(aws)
    succeeded(step(aws, SET_UP))
    assert published_set(aws) == published, "run again it changes nothing"
    said = succeeded(step(aws, SEE))
    assert '"code":"not-a-code"' in said
    assert "without a token: 401" in said
    assert "x-release" not in release(aws).headers


def test_an_upgrade_of_a_layer_alone_reaches_the_alias(aws: LocalAws) -> None:
    change(aws, 2)
    succeeded(step(aws, UPGRADE))
    assert aws.stack(STACK)["StackStatus"] == "UPDATE_COMPLETE"
    aws.open_front(STACK)
    assert release(aws).headers["x-release"] == "2"
    assert versions(aws) == ("2", 2)


def test_a_failing_update_is_taken_back(aws: LocalAws) -> None:
    change(aws, 3)
    template = aws.repository / "infra" / "template.yaml"
    whole = template.read_text(encoding="utf-8")
    template.write_text(whole.replace("\nOutputs:\n", f"{HANDS}\nOutputs:\n"), encoding="utf-8")
    done = step(aws, UPGRADE)
    template.write_text(whole, encoding="utf-8")
    assert done.returncode != 0
    assert "UPDATE_ROLLBACK" in done.stdout or "UPDATE_FAILED" in done.stdout, done.stdout[-3000:]
    assert aws.stack(STACK)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    aws.open_front(STACK)
    assert release(aws).headers["x-release"] == "2"


def test_repaired_it_deploys_again_and_settings_reach_the_alias(aws: LocalAws) -> None:
    succeeded(step(aws, UPGRADE, more="LogLevel=WARNING"))
    aws.open_front(STACK)
    assert release(aws).headers["x-release"] == "3"
    live = aws.operator.client("lambda").get_function_configuration(
        FunctionName=physical(aws, "VerifyPublic"), Qualifier="live"
    )
    assert live["Environment"]["Variables"]["LOG_LEVEL"] == "WARNING"


def test_deleted_it_leaves_what_holds_data(aws: LocalAws) -> None:
    outputs = {o["OutputKey"]: o["OutputValue"] for o in aws.stack(STACK)["Outputs"]}
    aws.name_s3_as_aws_does(STACK)
    functions = len(aws.operator.client("lambda").list_functions()["Functions"])
    assert functions > 10
    succeeded(step(aws, DELETE))
    stacks = aws.operator.client("cloudformation").list_stacks()["StackSummaries"]
    assert {s["StackStatus"] for s in stacks if s["StackName"] == STACK} == {"DELETE_COMPLETE"}
    assert not aws.operator.client("lambda").list_functions()["Functions"]
    tables = set(aws.operator.client("dynamodb").list_tables()["TableNames"])
    assert {value for name, value in outputs.items() if name.endswith("TableName")} <= tables
    keys = {value for name, value in outputs.items() if name.endswith("KeyArn")}
    states = {aws.operator.client("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"] for key in keys}
    assert states == {"Enabled"}
    aws.operator.client("s3").head_bucket(Bucket=outputs["InboxBucketName"])


def test_the_build_is_not_left_in_the_repository(aws: LocalAws) -> None:
    """The copy is what was built in; the sources of this one are untouched."""
    assert "x-release" not in (ROOT / EDGE).read_text(encoding="utf-8")
    assert Path(aws.repository / "infra" / ".aws-sam").is_dir()
