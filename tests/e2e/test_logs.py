"""Runs last: nothing that the tests before have used is in any log of the deployment."""

from __future__ import annotations

import base64
import contextlib
from urllib.parse import quote

import pytest

from jianbiao.wire.code_text import code_text
from tests.e2e.deployment import SHARE_TOKENS, Stack
from tests.support.leaks import Secrets

pytestmark = pytest.mark.local

PLANTED = "/planted/by-a-test"


def secrets(stack: Stack) -> Secrets:
    """What is in the stores, in stack.json and in the addresses that the tests have called."""
    dynamodb = stack.client("dynamodb")

    def scan(table: str) -> list[dict[str, dict[str, object]]]:
        pages = dynamodb.get_paginator("scan").paginate(TableName=stack.outputs[table])
        return [item for page in pages for item in page["Items"]]

    vehicles = scan("VehiclesTableName")
    exact = {f"token of {name}": token for name, token in stack.document["tokens"].items()}
    exact |= {f"share token {n}": token for n, token in enumerate(sorted(SHARE_TOKENS))}
    for sample in stack.document["samples"]:
        if sample["code"]:
            exact[f"code of {sample['why']}"] = sample["code"].rpartition("/")[2]
    for item in scan("CertificatesTableName")[:200]:
        if "data" in item:
            code = code_text(stack.base_url, bytes(item["data"]["B"]))  # type: ignore[arg-type]
            exact[f"code of {item['certificate_id']['S']}"] = code.rpartition("/")[2]
    persons = {str(item["owner_ref"]["S"]) for item in vehicles if "owner_ref" in item}
    return Secrets(
        exact,
        plates=frozenset(str(item["plate"]["S"]).partition("#")[2] for item in scan("PlatesTableName")),
        vins=frozenset(str(item["vin"]["S"]) for item in vehicles),
        words=frozenset(person for person in persons if len(person) >= 6),
    )


def groups(stack: Stack) -> dict[str, str]:
    """Everything logged so far, by log group; equal lines once."""
    logs = stack.client("logs")
    return {
        group["logGroupName"]: "\n".join(
            {
                event["message"]
                for page in logs.get_paginator("filter_log_events").paginate(
                    logGroupName=group["logGroupName"]
                )
                for event in page["events"]
            }
        )
        for page in logs.get_paginator("describe_log_groups").paginate()
        for group in page["logGroups"]
    }


@pytest.mark.timeout(900)
def test_no_log_has_anything_of_a_vehicle_a_person_or_a_caller(stack: Stack) -> None:
    sample = stack.sample(owner="citizen", why="valid: an ordinary car")
    path = f"/v1/certificates/{sample['certificate_id']}/shares"
    shared = stack.call("POST", path, token="citizen", json_body={"expires_in_hours": 1})
    assert stack.call("GET", "/s/" + shared.json["url"].rpartition("/")[2]).status == 200
    # Odd requests, whose paths and bodies carry what they should not.
    stack.call("GET", f"/v1/certificates/{quote(sample['plate'])}", token="citizen")
    stack.call("POST", "/v1/verify", json_body={"code": sample["plate"], sample["vin"]: 1})
    stack.call("GET", f"/V/{sample['vin']}")
    known, logged = secrets(stack), groups(stack)
    assert len(known.plates) >= 100
    assert len(known.vins) >= 100
    assert known.words
    assert len(known.exact) >= 20
    written = {name for name, text in logged.items() if text}
    for function in ("VerifyPublic", "VerifyPolice", "Apply", "Citizen", "Share", "Backfill", "Status"):
        assert any(f"{function}Logs" in name for name in written), (function, sorted(written))
    assert {name: found for name, text in logged.items() if (found := known.found_in(text))} == {}


def test_the_search_finds_what_is_planted(stack: Stack) -> None:
    sample, logs = stack.sample(owner="citizen", why="valid: an ordinary car"), stack.client("logs")
    lines = [
        quote(sample["plate"]),
        base64.b64encode(sample["vin"].encode()).decode(),
        f"Authorization: Bearer {stack.token('citizen')}",
    ]
    logs.create_log_group(logGroupName=PLANTED)
    try:
        logs.create_log_stream(logGroupName=PLANTED, logStreamName="s")
        logs.put_log_events(
            logGroupName=PLANTED,
            logStreamName="s",
            logEvents=[{"timestamp": 1_790_000_000_000 + n, "message": line} for n, line in enumerate(lines)],
        )
        found = secrets(stack).found_in(groups(stack)[PLANTED])
    finally:
        with contextlib.suppress(Exception):
            logs.delete_log_group(logGroupName=PLANTED)
    assert {"plate", "vin", "token of citizen"} <= found
