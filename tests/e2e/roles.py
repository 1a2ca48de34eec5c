"""What each function's role may do, found out by doing it: harmless calls with the role's own credentials."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from local.deploy import STACK
from tests.e2e import service_probes
from tests.e2e.deployment import Stack

PROBE = "iam-probe"
DENIED = {"AccessDenied", "AccessDeniedException", "403", "Forbidden", "UnauthorizedOperation"}
SIGN = "kms:Sign"


@dataclass(frozen=True)
class Probe:
    """A call: which action on which resource it is, by the template's name of the resource."""

    action: str
    resource: str
    arn: str
    call: Callable[[Callable[[str], Any]], Any] = field(repr=False, compare=False)
    prefix: str = ""
    """Of keys, where a listing asks for some only."""


@dataclass(frozen=True)
class Permission:
    """What a policy allows: an action on an ARN or pattern, for listings perhaps below some prefixes only."""

    action: str
    resource: str
    prefixes: tuple[str, ...] | None

    def covers(self, probe: Probe) -> bool:
        """Whether the probe is what is allowed here."""
        return (
            self.action == probe.action
            and fnmatchcase(probe.arn, self.resource)
            and (self.prefixes is None or probe.prefix in self.prefixes)
        )


@dataclass
class Roles:
    """The roles of the deployment. (The emulator lets the account's root take any role; on AWS only Lambda may.)"""

    stack: Stack

    @cached_property
    def physical(self) -> dict[str, tuple[str, str]]:
        """Logical name → (type, physical id) of everything in the stack."""
        pages = self.stack.client("cloudformation").get_paginator("list_stack_resources")
        found = [r for page in pages.paginate(StackName=STACK) for r in page["StackResourceSummaries"]]
        return {r["LogicalResourceId"]: (r["ResourceType"], r["PhysicalResourceId"]) for r in found}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Functions that have a role, by the template's name."""
        roles = [
            n for n, (kind, _) in self.physical.items() if kind == "AWS::IAM::Role" and n.endswith("Role")
        ]
        return tuple(sorted(name.removesuffix("Role") for name in roles))

    def described(self, name: str) -> dict[str, Any]:
        """The role of a function."""
        role = self.stack.client("iam").get_role(RoleName=self.physical[f"{name}Role"][1])["Role"]
        return dict(role)

    def policy(self, name: str) -> list[Permission]:
        """What the deployed policies of a function's role allow."""
        iam, role = self.stack.client("iam"), self.physical[f"{name}Role"][1]
        allowed = []
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
            for statement in _listed(document["Statement"]):
                assert statement["Effect"] == "Allow"
                prefixes = _prefixes(statement.get("Condition", {}))
                allowed += [
                    Permission(action, resource, prefixes)
                    for action in _listed(statement["Action"])
                    for resource in _listed(statement["Resource"])
                ]
        return allowed

    def as_role(self, name: str, *, endpoint: str = "") -> Callable[[str], Any]:
        """Makes clients that act as a function's role."""
        sts = self.stack.client("sts")
        given = sts.assume_role(RoleArn=self.described(name)["Arn"], RoleSessionName="tests")["Credentials"]
        document = self.stack.document
        session = boto3.Session(
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
            region_name=document["region"],
        )
        config = Config(
            retries={"total_max_attempts": 1},
            proxies={},
            s3={"addressing_style": "path"},
            signature_version="s3v4" if endpoint else None,
        )
        made: dict[str, Any] = {}

        def client(service: str) -> Any:
            if service not in made:
                address = endpoint or document["aws_endpoint_url"]
                made[service] = session.client(service, endpoint_url=address, config=config)
            return made[service]

        return client

    # --- probes

    def probes(self) -> list[Probe]:
        """All calls to try."""
        return [*self._of_tables(), *self._of_keys(), *self._of_buckets(), *self._of_others()]

    def _of_tables(self) -> Iterator[Probe]:
        dynamodb = self.stack.client("dynamodb")
        for name, (kind, table) in self.physical.items():
            if kind == "AWS::DynamoDB::Table":
                described = dynamodb.describe_table(TableName=table)["Table"]
                yield from _of_table(name, table, described)

    def _of_keys(self) -> Iterator[Probe]:
        for name, (kind, key) in self.physical.items():
            if kind != "AWS::KMS::Key":
                continue
            described = self.stack.client("kms").describe_key(KeyId=key)["KeyMetadata"]
            if described["KeyUsage"] == "SIGN_VERIFY":
                yield Probe(SIGN, name, described["Arn"], _sign(described["Arn"]))

    def _of_buckets(self) -> Iterator[Probe]:
        for name, prefixes in (
            ("FilesBucket", ("certificates/", "status-lists/", "")),
            ("InboxBucket", ("ledger/", "results/", "")),
        ):
            bucket = self.physical[name][1]
            arn = f"arn:aws:s3:::{bucket}"
            for prefix in prefixes:
                listing = {"Bucket": bucket, "Prefix": prefix}
                yield Probe(
                    "s3:ListBucket",
                    f"{name}/{prefix}",
                    arn,
                    lambda c, w=listing: c("s3").list_objects_v2(**w),
                    prefix,
                )
                key = f"{prefix}{PROBE}"
                self.stack.client("s3").put_object(Bucket=bucket, Key=key, Body=b"\n")
                where: dict[str, Any] = {"Bucket": bucket, "Key": key}
                resource = f"{name}/{prefix}"
                yield Probe(
                    "s3:GetObject", resource, f"{arn}/{key}", lambda c, w=where: c("s3").get_object(**w)
                )
                yield Probe(
                    "s3:PutObject",
                    resource,
                    f"{arn}/{key}",
                    lambda c, w=where: c("s3").put_object(Body=b"\n", **w),
                )
                yield Probe(
                    "s3:DeleteObject",
                    resource,
                    f"{arn}/{key}-none",
                    lambda c, w=where: c("s3").delete_object(**w | {"Key": w["Key"] + "-none"}),
                )

    def _of_others(self) -> Iterator[Probe]:
        role = self.described("Token")
        pool = self.stack.outputs["UserPoolId"]
        yield Probe(
            "iam:GetRole", "TokenRole", role["Arn"], lambda c: c("iam").get_role(RoleName=role["RoleName"])
        )
        yield Probe("lambda:ListFunctions", "*", "*", lambda c: c("lambda").list_functions())
        yield Probe(
            "cognito-idp:ListUsers", "UserPool", "*", lambda c: c("cognito-idp").list_users(UserPoolId=pool)
        )
        for action, resource, arn, call in service_probes.probes(self):
            yield Probe(action, resource, arn, call)

    def clean(self) -> None:
        """Remove the objects that the probes look for."""
        s3 = self.stack.client("s3")
        for name in ("FilesBucket", "InboxBucket"):
            bucket = self.physical[name][1]
            pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
            for version in [v for page in pages for v in page.get("Versions", ())]:
                if version["Key"].endswith(PROBE):
                    s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])


def allowed(probe: Probe, client: Callable[[str], Any]) -> bool:
    """Whether the role may: anything but a refusal of access means that it was let through."""
    try:
        probe.call(client)
    except ClientError as error:
        return error.response["Error"]["Code"] not in DENIED
    return True


def permits(policy: list[Permission], probe: Probe) -> bool:
    """Whether a policy says so."""
    return any(permission.covers(probe) for permission in policy)


def _prefixes(condition: dict[str, Any]) -> tuple[str, ...] | None:
    """The prefixes of keys that a statement is limited to, None where to none.

    The other condition that the template has, on `dynamodb:LeadingKeys`, cannot be tried here: the emulator does not
    know the leading key of a request, and ForAllValues holds of what is not there. On AWS it is known.
    """
    left = dict(condition)
    left.pop("ForAllValues:StringEquals", None)
    rule = left.pop("StringEquals", None)
    assert not left, condition
    assert rule is None or set(rule) == {"s3:prefix"}, condition
    return tuple(_listed(rule["s3:prefix"])) if rule else None


def _sign(arn: str) -> Callable[[Callable[[str], Any]], Any]:
    request = {"KeyId": arn, "Message": b"probe", "MessageType": "RAW", "SigningAlgorithm": "ECDSA_SHA_256"}
    return lambda client: client("kms").sign(**request)


def _key(described: dict[str, Any]) -> dict[str, Any]:
    """A key of the table that nothing real has."""
    kinds = {a["AttributeName"]: a["AttributeType"] for a in described["AttributeDefinitions"]}
    values = {"S": {"S": PROBE}, "N": {"N": "987654321"}}
    return {k["AttributeName"]: values[kinds[k["AttributeName"]]] for k in described["KeySchema"]}


def _of_table(name: str, table: str, described: dict[str, Any]) -> Iterator[Probe]:
    """Writes that are let through fail all the same: a condition does not hold, or the item lacks its key."""
    key, arn = _key(described), described["TableArn"]
    hash_key = next(k["AttributeName"] for k in described["KeySchema"] if k["KeyType"] == "HASH")
    there = {"ExpressionAttributeNames": {"#k": hash_key}, "ConditionExpression": "attribute_exists(#k)"}
    equal: dict[str, Any] = {
        "KeyConditionExpression": "#k = :k",
        "ExpressionAttributeNames": {"#k": hash_key},
        "ExpressionAttributeValues": {":k": key[hash_key]},
    }
    matching = " AND ".join(f'"{n}" = ?' for n in key)
    statements = {  # names of our own tables and keys
        "PartiQLInsert": f"INSERT INTO \"{table}\" VALUE {{'probe': 'no key'}}",
        "PartiQLSelect": f'SELECT * FROM "{table}" WHERE {matching}',  # noqa: S608
        "PartiQLUpdate": f'UPDATE "{table}" SET probe = 1 WHERE {matching}',  # noqa: S608
        "PartiQLDelete": f'DELETE FROM "{table}" WHERE {matching}',  # noqa: S608
    }
    calls: dict[str, tuple[str, dict[str, Any]]] = {
        "GetItem": ("get_item", {"Key": key}),
        "PutItem": ("put_item", {"Item": key} | there),
        "DeleteItem": ("delete_item", {"Key": key} | there),
        "UpdateItem": (
            "update_item",
            {
                "Key": key,
                "UpdateExpression": "SET probe = :p",
                "ExpressionAttributeValues": {":p": {"S": "p"}},
            }
            | there,
        ),
        "Query": ("query", equal),
        "Scan": ("scan", {"Limit": 1}),
    }
    for action, (method, request) in calls.items():
        sent = {"TableName": table} | request
        yield Probe(f"dynamodb:{action}", name, arn, _calling(method, sent))
    for action, statement in statements.items():
        sent = {"Statement": statement}
        if "?" in statement:
            sent["Parameters"] = list(key.values())
        yield Probe(f"dynamodb:{action}", name, arn, _calling("execute_statement", sent))
    keys, puts = {table: {"Keys": [key]}}, {table: [{"PutRequest": {"Item": {"probe": {"S": "no key"}}}}]}
    for action, method, items in (
        ("BatchGetItem", "batch_get_item", keys),
        ("BatchWriteItem", "batch_write_item", puts),
    ):
        yield Probe(f"dynamodb:{action}", name, arn, _calling(method, {"RequestItems": items}))


def _calling(method: str, request: dict[str, Any]) -> Callable[[Callable[[str], Any]], Any]:
    return lambda client: getattr(client("dynamodb"), method)(**request)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def said(policy: list[Permission]) -> str:
    """A policy for a failure's message."""
    return "\n".join(map(str, policy))
