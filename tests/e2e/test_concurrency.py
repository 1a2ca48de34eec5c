"""Applications at once for one vehicle: one certificate, one payload, and answers that agree."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from jianbiao.domain.ledger import parse_row
from jianbiao.domain.policy import default_policy
from jianbiao.domain.register import first_report
from jianbiao.records import VehicleRecord
from local.sample_life import stores
from tests.e2e.deployment import ROOT, Stack
from tests.e2e.ledgers import Row, line, new_row

pytestmark = pytest.mark.local

OWNER = "p-portal-1"
"""Person of the token `citizen_portal`, which needs no app version."""
AT_ONCE = 32
ROUNDS = 3


def registered(stack: Stack) -> Row:
    """A vehicle of OWNER's in its inspection period, stored without any certificate."""
    row = new_row(stack, owner_ref=OWNER)
    vehicle = parse_row(line(row), default_policy()).vehicle
    vehicles, _ = stores(stack, stack.outputs)  # type: ignore[arg-type]
    assert vehicles.insert_many([VehicleRecord(first_report(vehicle, (int(time.time()), "")))]) == {
        vehicle.vin
    }
    return row


def application(row: Row) -> dict[str, str]:
    return {"plate_class": row["hpzl"], "plate": row["hphm"], "purpose": "current"}


def of_vin(stack: Stack, table: str, vin: str) -> list[dict[str, Any]]:
    """All items of a table about a vehicle."""
    pages = stack.client("dynamodb").get_paginator("scan")
    found = pages.paginate(
        TableName=stack.outputs[f"{table}TableName"],
        FilterExpression="vin = :vin",
        ExpressionAttributeValues={":vin": {"S": vin}},
    )
    return [item for page in found for item in page["Items"]]


def in_one_process(stack: Stack, row: Row) -> dict[str, Any]:
    """AT_ONCE applications by the code of the function, on the deployment's tables and key."""
    functions = stack.client("lambda")
    names = [
        f["FunctionName"] for f in functions.list_functions()["Functions"] if "-Apply-" in f["FunctionName"]
    ]
    settings = functions.get_function_configuration(FunctionName=names[0])["Environment"]["Variables"]
    paths = (ROOT / "layers" / "core", ROOT / "functions" / "issue", ROOT)
    environment = settings | {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "AWS_ACCESS_KEY_ID": stack.account,
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": stack.document["region"],
        "AWS_ENDPOINT_URL": stack.document["aws_endpoint_url"],
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    claims = {"person_ref": OWNER, "division": "230100", "client_id": "tests", "scope": "jianbiao/citizen"}
    event = {
        "routeKey": "POST /v1/certificates",
        "body": json.dumps(application(row)),
        "headers": {"content-type": "application/json"},
        "requestContext": {"authorizer": {"jwt": {"claims": claims}}},
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.e2e.at_once"],
        cwd=ROOT,
        env=environment,
        input=json.dumps({"event": event, "count": AT_ONCE}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_32_applications_at_once_make_one_certificate(stack: Stack, round_: int) -> None:
    row = registered(stack)
    result = in_one_process(stack, row)
    answers = result["answers"]
    assert len(answers) == AT_ONCE
    assert sorted({status for status, _ in answers}) in ([200, 201], [201]), answers
    # One application made it, and all the others were answered with the very same.
    assert [status for status, _ in answers].count(201) == 1
    told = [{k: v for k, v in body.items() if k != "status_as_of"} for _, body in answers]
    assert told == [told[0]] * AT_ONCE
    assert told[0]["status"] == "active"
    # One payload, however often it was signed; one intent; one certificate.
    assert len(set(result["signed"])) == 1
    (certificate,) = of_vin(stack, "Certificates", row["clsbdh"])
    assert certificate["certificate_id"]["S"] == told[0]["certificate_id"]
    (issuance,) = of_vin(stack, "Issuances", row["clsbdh"])
    assert issuance["certificate_id"] == certificate["certificate_id"]
    assert stack.call("POST", "/v1/verify", json_body={"code": told[0]["code"]}).json["verdict"] == "valid"


def test_applications_at_once_over_http_agree(stack: Stack) -> None:
    """Through the gateway, by as many processes of the function as the emulator makes."""
    row = registered(stack)

    def apply(_: int) -> tuple[int, str]:
        reply = stack.call("POST", "/v1/certificates", token="citizen_portal", json_body=application(row))
        return reply.status, reply.json.get("code")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(apply, range(16)))
    assert sorted(status for status, _ in answers) == [200] * 15 + [201]
    assert len({code for _, code in answers}) == 1
    assert len(of_vin(stack, "Certificates", row["clsbdh"])) == 1
