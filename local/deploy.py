"""The template, deployed by CloudFormation into the local AWS, and what it put there."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from infra.package import ROOT, digest_of
from local import gateway, template
from local.artifacts import Artifact
from local.clients import Operator
from local.intrinsics import Resolver
from local.state import State, read_json, write_json

TEMPLATE = ROOT / "infra" / "template.yaml"
DEFINITIONS = tuple(sorted(TEMPLATE.parent.glob("*.asl.json")))
"""Definitions of state machines, beside the template."""
STACK = "jianbiao"
TIMEOUT = 120.0


class DeployFailed(Exception):
    """CloudFormation refused the template; the message has its reasons."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """The deployed stack: its outputs, and the API's routes as ``GET /path``."""

    outputs: Mapping[str, str]
    routes: tuple[str, ...]


def parameters(public_url: str) -> dict[str, str]:
    """What differs from the defaults of the template on one machine."""
    return {
        "Deployment": "local",
        "Stage": "dev",
        "PublicUrl": public_url,
        "PresignEndpoint": public_url,
        "LogLevel": "INFO",
        "RequireTls": "false",
        # The local AWS has no alarms on more than one metric.
        "Alarms": "false",
        "BackfillConcurrency": "2",
        # The local KMS signs some 500 times a second: two workers, the share of the same quota.
        "SignQuota": "1000",
    }


def deploy(operator: Operator, state: State, artifacts: Sequence[Artifact], public_url: str) -> Deployed:
    """Bring the stack to the present template, code and parameters; what is there already stays as it is."""
    given = parameters(public_url)
    wanted = digest_of(
        [TEMPLATE, *DEFINITIONS, ROOT / "local"], *(a.sha256 for a in artifacts), *sorted(given.values())
    )
    recorded = read_json(state.deployed)
    if recorded and recorded["made_from"] == wanted:
        return Deployed(recorded["outputs"], tuple(recorded["routes"]))
    # Another version of each function: its alias would keep the settings of the last one.
    given["Release"] = wanted[:16]
    bucket = f"local-artifacts-{operator.account}"
    body = _upload(operator, bucket, artifacts, given)
    _deploy_stack(operator.client("cloudformation"), body, given)
    deployed = describe(operator, given)
    write_json(state.deployed, {"made_from": wanted, "outputs": deployed.outputs, "routes": deployed.routes})
    return deployed


def _upload(operator: Operator, bucket: str, artifacts: Sequence[Artifact], given: dict[str, str]) -> str:
    """Put the archives and the template into a bucket; returns the template's address."""
    s3 = operator.client("s3")
    try:
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": operator.region})
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
            raise
    keys = {}
    for artifact in artifacts:
        keys[artifact.source] = f"{artifact.sha256}.zip"
        s3.put_object(Bucket=bucket, Key=keys[artifact.source], Body=artifact.archive.read_bytes())
    for definition in DEFINITIONS:
        data = definition.read_bytes()
        keys[definition.name] = f"{hashlib.sha256(data).hexdigest()}.asl.json"
        s3.put_object(Bucket=bucket, Key=keys[definition.name], Body=data)
    text = template.package(template.load(TEMPLATE), bucket, keys, given)
    key = f"{hashlib.sha256(text.encode()).hexdigest()}.template"
    s3.put_object(Bucket=bucket, Key=key, Body=text.encode())
    return f"{operator.endpoint}/{bucket}/{key}"


def _deploy_stack(cloudformation: Any, template_url: str, given: Mapping[str, str]) -> None:
    arguments = {
        "StackName": STACK,
        "TemplateURL": template_url,
        "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in given.items()],
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    }
    try:
        cloudformation.describe_stacks(StackName=STACK)
        exists = True
    except ClientError:
        exists = False
    try:
        (cloudformation.update_stack if exists else cloudformation.create_stack)(**arguments)
    except ClientError as error:
        if "No updates are to be performed" in str(error):
            return
        raise DeployFailed(f"CloudFormation refused the template: {error}") from error
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        status = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]
        if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            return
        if not status.endswith("IN_PROGRESS"):
            raise DeployFailed(f"The stack ended as {status}:\n{_reasons(cloudformation)}")
        time.sleep(0.2)
    raise DeployFailed(f"The stack was not there after {TIMEOUT:.0f} s:\n{_reasons(cloudformation)}")


def _reasons(cloudformation: Any) -> str:
    events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    failed = [e for e in events if e["ResourceStatus"].endswith("FAILED")]
    return "\n".join(f"  {e['LogicalResourceId']}: {e.get('ResourceStatusReason', '')}" for e in failed[-8:])


def describe(operator: Operator, given: Mapping[str, str], name: str = STACK) -> Deployed:
    """Read the outputs of the stack `name`, deployed with the parameters `given`, and make the API's routes."""
    cloudformation = operator.client("cloudformation")
    stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    outputs = {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", ())}
    processed = cloudformation.get_template(StackName=name, TemplateStage="Processed")["TemplateBody"]
    resources = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    arn = f"arn:aws:lambda:{operator.region}:{operator.account}:function:"
    resolver = Resolver(
        names={
            "AWS::Partition": "aws",
            "AWS::Region": operator.region,
            "AWS::AccountId": operator.account,
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": name,
            **{name: rule.get("Default", "") for name, rule in processed["Parameters"].items()},
            **given,
            **{r["LogicalResourceId"]: r["PhysicalResourceId"] for r in resources},
        },
        arns={
            r["LogicalResourceId"]: arn + r["PhysicalResourceId"]
            for r in resources
            if r["ResourceType"] == "AWS::Lambda::Function"
        },
        conditions=processed.get("Conditions", {}),
    )
    body = resolver.value(processed["Resources"]["Api"]["Properties"]["Body"])
    made = gateway.apply(operator.client("apigatewayv2"), outputs["ApiId"], body)
    return Deployed(outputs, tuple(sorted(route.key for route in made)))
