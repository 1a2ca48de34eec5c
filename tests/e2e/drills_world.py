"""What the drills of the run book need around them: cars, keys made by the template, faults, a look at the books."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from jianbiao.aws.indices import DynamoIndices
from jianbiao.aws.issuances import DynamoIssuances, stored_issuance
from jianbiao.records import Certificate, Issuance
from jianbiao.wire.claims import Claims
from jianbiao.wire.code_text import code_text
from jianbiao.wire.keys import KeySet, base64url
from jianbiao.wire.status_list import get_entry, read_status_list
from jianbiao.wire.verify import verify
from local.clients import Operator
from local.deploy import STACK, describe
from local.ledger_plates import vin
from tests.e2e.citizens import stores
from tests.e2e.deployment import Stack
from tests.e2e.ledgers import Row, line, new_row

PATIENCE = 60.0


def cars(stack: Stack, series: str, count: int) -> list[Row]:
    """Cars that nothing else in the deployment knows; `series` is a letter of their plates."""
    common = new_row(stack)
    return [
        common | {"clsbdh": vin(f"LD{series}", number, 2023), "hphm": f"黑L{series}{number:04d}"}
        for number in range(count)
    ]


def lines(rows: Sequence[Row]) -> bytes:
    """The rows as a ledger file."""
    return b"".join(line(row) + b"\n" for row in rows)


def until(wanted: Callable[[], Any], within: float = PATIENCE, row: int = 1) -> float:
    """Seconds until `wanted` is so, `row` times one after the other: several processes answer."""
    begun, seen = time.monotonic(), 0
    while seen < row:
        seen = seen + 1 if wanted() else 0
        if time.monotonic() - begun > within:
            pytest.fail(f"not within {within:.0f} s")
        time.sleep(0.1)
    return time.monotonic() - begun


def certificates(stack: Stack, rows: Sequence[Row]) -> list[Certificate]:
    """The certificate of each vehicle. Fails where one is not stored."""
    vehicles, stored = stores(stack)
    records = vehicles.get_many([row["clsbdh"] for row in rows])
    ids = [records[row["clsbdh"]].current or "" for row in rows]
    found = stored.get_many(ids)
    return [found[id_] for id_ in ids]


def ids_of(stack: Stack, rows: Sequence[Row]) -> list[str]:
    """Their ids."""
    return [certificate.certificate_id for certificate in certificates(stack, rows)]


def codes_of(stack: Stack, rows: Sequence[Row]) -> list[str]:
    """Their codes."""
    base_url = stack.base_url
    return [code_text(base_url, certificate.data) for certificate in certificates(stack, rows)]


def verdict(stack: Stack, text: str) -> str:
    reply = stack.call("POST", "/v1/verify", json_body={"code": text})
    assert reply.status == 200, reply.text
    return str(reply.json["verdict"])


def listed(stack: Stack, text: str) -> int:
    """What the published status list says of a code."""
    keys = KeySet.from_jwks(stack.call("GET", "/.well-known/jwks.json").body)
    claims = verify(text, keys).claims
    token = stack.call("GET", f"/status-lists/{place_of(claims)[0]}").body
    entry = get_entry(read_status_list(token, keys, claims.status_uri).entries, claims.status_idx)
    assert entry is not None
    return entry


def issuance(stack: Stack, id_: str) -> Issuance:
    """What was recorded before a certificate was signed."""
    found = DynamoIssuances(stack.client("dynamodb"), stack.outputs["IssuancesTableName"]).get(id_)
    assert found
    return found


# --- Keys ---------------------------------------------------------------------------------------------------


def more_keys(stack: Stack, *names: str) -> dict[str, str]:
    """docs/keys.md, rotation, step 1: keys in the template beside the standby, for the same roles, deployed; the ARN of
    each."""
    cloudformation = stack.client("cloudformation")
    body = cloudformation.get_template(StackName=STACK, TemplateStage="Original")["TemplateBody"]
    template = json.loads(body) if isinstance(body, str) else body
    resources, standby = template["Resources"], {"Fn::GetAtt": ["StandbyKey", "Arn"]}
    for resource in resources.values():
        for statement in resource["Properties"].get("PolicyDocument", {}).get("Statement", ()):
            if isinstance(statement.get("Resource"), list) and standby in statement["Resource"]:
                statement["Resource"] += [{"Fn::GetAtt": [name, "Arn"]} for name in names]
    for name in names:
        resources[name] = copy.deepcopy(resources["StandbyKey"])
        template["Outputs"][f"{name}Arn"] = {"Value": {"Fn::GetAtt": [name, "Arn"]}}
    bucket = f"local-artifacts-{stack.account}"
    stack.client("s3").put_object(Bucket=bucket, Key="more-keys.template", Body=json.dumps(template).encode())
    given = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["Parameters"]
    cloudformation.update_stack(
        StackName=STACK,
        TemplateURL=f"{stack.document['aws_endpoint_url']}/{bucket}/more-keys.template",
        Parameters=[{"ParameterKey": p["ParameterKey"], "UsePreviousValue": True} for p in given],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    cloudformation.get_waiter("stack_update_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
    values = {p["ParameterKey"]: p["ParameterValue"] for p in given}
    operator = Operator(stack.document["aws_endpoint_url"], stack.document["region"], stack.account)
    outputs = describe(operator, values).outputs  # and the API's routes again, as behind each deployment here
    return {name: outputs[f"{name}Arn"] for name in names}


def kid_with(book: str, **facts: str) -> str:
    """The kid of the one key that a keys command shows with these facts."""
    (found,) = [k["kid"] for k in json.loads(book)["keys"] if facts.items() <= k.items()]
    return str(found)


def arn_of(book: str, kid_: str) -> str:
    """The KMS key of a kid, as a keys command shows it."""
    return str(next(key["arn"] for key in json.loads(book)["keys"] if key["kid"] == kid_))


def kids_of(stack: Stack, rows: Sequence[Row]) -> set[str]:
    """The keys that signed the vehicles' certificates."""
    return {base64url(certificate.issuance.kid) for certificate in certificates(stack, rows)}


# --- Faults -------------------------------------------------------------------------------------------------


@contextmanager
def unread(stack: Stack, *queues: str) -> Iterator[None]:
    """Queues that no function reads meanwhile, by the names of their outputs."""
    functions = stack.client("lambda")
    names = {stack.outputs[f"{queue}Url"].rpartition("/")[2] for queue in queues}
    mappings = functions.list_event_source_mappings()["EventSourceMappings"]
    ids = [m["UUID"] for m in mappings if m["EventSourceArn"].rpartition(":")[2] in names]
    assert len(ids) == len(queues)
    for id_ in ids:
        functions.update_event_source_mapping(UUID=id_, Enabled=False)
    try:
        yield
    finally:
        for id_ in ids:
            functions.update_event_source_mapping(UUID=id_, Enabled=True)


def heeded(stack: Stack, *names: str) -> None:
    """Point the aliases of functions to their newest code: the local AWS keeps a function's concurrency with that, and
    lets the numbered versions run without bounds."""
    functions, cloudformation = stack.client("lambda"), stack.client("cloudformation")
    for name in names:
        found = cloudformation.describe_stack_resource(StackName=STACK, LogicalResourceId=name)
        function = found["StackResourceDetail"]["PhysicalResourceId"]
        for alias in functions.list_aliases(FunctionName=function)["Aliases"]:
            functions.update_alias(FunctionName=function, Name=alias["Name"], FunctionVersion="$LATEST")


def taken(stack: Stack, queue: str, *, to: str = "") -> None:
    """Take the next message out of a queue that nobody reads; put it into another one, or lose it."""
    sqs, out = stack.client("sqs"), stack.outputs
    (message,) = sqs.receive_message(QueueUrl=out[f"{queue}Url"], WaitTimeSeconds=20)["Messages"]
    if to:
        sqs.send_message(QueueUrl=out[f"{to}Url"], MessageBody=message["Body"])
    sqs.delete_message(QueueUrl=out[f"{queue}Url"], ReceiptHandle=message["ReceiptHandle"])


def emptied(stack: Stack, table: str) -> int:
    """Lose all items of a table; how many there were."""
    dynamodb, name = stack.client("dynamodb"), stack.outputs[f"{table}TableName"]
    keys = [part["AttributeName"] for part in dynamodb.describe_table(TableName=name)["Table"]["KeySchema"]]
    lost = items(stack, table)
    for item in lost:
        dynamodb.delete_item(TableName=name, Key={key: item[key] for key in keys})
    return len(lost)


# --- The books ----------------------------------------------------------------------------------------------


def items(stack: Stack, table: str) -> list[dict[str, Any]]:
    """Everything in a table."""
    pages = stack.client("dynamodb").get_paginator("scan")
    found = pages.paginate(TableName=stack.outputs[f"{table}TableName"], ConsistentRead=True)
    return [item for page in found for item in page["Items"]]


def places(stack: Stack) -> list[tuple[int, int]]:
    """(number of the status list, index) of every issuance record."""
    return [place_of(stored_issuance(item).claims) for item in items(stack, "Issuances")]


def place_of(claims: Claims) -> tuple[int, int]:
    return int(claims.status_uri.rpartition(":")[2]), claims.status_idx


def drawn(stack: Stack, shard: int, count: int) -> Sequence[tuple[int, int]]:
    """The next indices of a shard, as the functions would get them; nobody uses them then."""
    table = stack.outputs["AllocationsTableName"]
    return DynamoIndices(stack.client("dynamodb"), table, lambda size: bytes([shard] * size)).take(count)


def findings(guard: dict[str, Any]) -> set[tuple[str, ...]]:
    """What the guard found in a look over everything."""
    assert guard["certificates"] > 100
    assert guard["issuances"] > 100
    return {tuple(found) for found in guard["findings"]}
