"""Launches over HTTP and by command: uploaded, slowed, paused, resumed, aborted, redriven, and their accounts."""

from __future__ import annotations

import gzip
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from jianbiao.domain.times import rfc3339
from jianbiao.services.launches import prefix_of, report_key
from local import ledger_plates
from tests.e2e.deployment import ROOT, Stack, request
from tests.e2e.ledgers import line, new_row

pytestmark = pytest.mark.local

ACTOR = "e2e-operator"
ROWS = 1_600
PATIENCE = 120.0


def until(look: Callable[[], dict[str, Any]], wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Look until it is as wanted."""
    deadline = time.monotonic() + PATIENCE
    while not wanted(seen := look()):
        assert time.monotonic() < deadline, seen
        time.sleep(0.2)
    return seen


def ledger(stack: Stack) -> bytes:
    """Cars that nothing else in the deployment knows: every 20th is blocked, and every 50th line is broken."""
    common, lines = new_row(stack), []
    for number in range(ROWS):
        if number % 50 == 1:
            lines.append(b"{")
            continue
        own = {"clsbdh": ledger_plates.vin("LZW", 70_000 + number, 2023), "hphm": f"黑LQ{number:04d}"}
        lines.append(line(common | own | ({"zt": "C"} if number % 20 == 0 else {})))
    return b"\n".join(lines) + b"\n"


def test_a_launch_is_steered_while_it_runs_and_ends_with_the_ledger_s_accounts(stack: Stack) -> None:
    data = ledger(stack)

    def call(method: str, path: str, **body: Any) -> Any:
        answer = stack.call(
            method,
            f"/v1/admin/backfills{path}",
            token="admin",
            json_body=body or None,
            headers={"X-Actor": ACTOR},
        )
        assert answer.status in (200, 201), answer.text
        return answer.json

    given = call("POST", "", actor=ACTOR, as_of=rfc3339(int(time.time()) - 60))
    assert request("PUT", given["upload_url"], data, given["headers"]).status == 200

    def listed() -> dict[str, Any]:
        found = call("GET", "?limit=100")["backfills"]
        return next((b for b in found if b["key"] == given["key"]), {})

    launch = f"/{until(listed, bool)['backfill_id']}"

    def look() -> dict[str, Any]:
        return call("GET", launch)

    # Slowed: a few signatures a second, so that everything that follows finds it at work.
    assert call("PATCH", launch, actor=ACTOR, rate=60)["rate"] == 60
    until(look, lambda b: b["progress"]["bytes"] > 0 or b["state"] != "running")
    assert look()["state"] == "running"

    call("PATCH", launch, actor=ACTOR, paused=True)
    paused = until(look, lambda b: b["state"] == "paused")
    assert 0 < paused["progress"]["rows"] < ROWS
    time.sleep(1)
    assert look()["progress"] == {
        **paused["progress"],
        "rows_per_second": look()["progress"]["rows_per_second"],
    }

    assert call("PATCH", launch, actor=ACTOR, paused=False, rate=60)["attempt"] == 2
    call("PATCH", launch, actor=ACTOR, aborted=True)
    until(look, lambda b: b["state"] == "aborted")
    conflict = stack.call(
        "PATCH", f"/v1/admin/backfills{launch}", token="admin", json_body={"actor": ACTOR, "paused": False}
    )
    assert conflict.status == 409

    assert call("POST", f"{launch}/redrive", actor=ACTOR)["attempt"] == 3
    call("PATCH", launch, actor=ACTOR, rate=1000)
    done = until(look, lambda b: b["state"] != "running")
    assert done["state"] == "done"

    counts = done["report"]["counts"]
    assert {name: n for name, n in counts.items() if n} == {
        "rows": ROWS,
        "issued": ROWS - ROWS // 20 - ROWS // 50,
        "refused": ROWS // 20,
        "invalid": ROWS // 50,
    }
    assert done["report"]["by_reason"] == {"state-blocked": ROWS // 20, "bad-json": ROWS // 50}
    assert {name: done["progress"][name] for name in counts} == counts
    assert {change["by"] for change in done["changes"]} == {ACTOR}
    assert [c["what"] for c in done["changes"]][-2:] == ["redriven", "rate 1000"]
    again = stack.call(
        "POST", f"/v1/admin/backfills{launch}/redrive", token="admin", json_body={"actor": ACTOR}
    )
    assert again.status == 409

    # The same by command, and the report as a page.
    watched = command(stack, "watch", done["backfill_id"])
    assert "100% done" in watched.stdout
    told = command(stack, "report", done["backfill_id"], "--bucket", stack.outputs["InboxBucketName"])
    assert f"{ROWS:,} rows = {counts['issued']:,} issued + 0 already" in told.stdout
    assert "state-blocked" in told.stdout
    refused = command(stack, "pause", done["backfill_id"], "--engine", stack.outputs["BackfillEngineArn"])
    assert (refused.returncode, "the launch is done" in refused.stderr) == (1, True)
    s3, bucket = stack.client("s3"), stack.outputs["InboxBucketName"]
    key = f"{prefix_of(done['backfill_id'])}reasons-003-00001.jsonl"
    named = [json.loads(text) for text in s3.get_object(Bucket=bucket, Key=key)["Body"].iter_lines()]
    assert {(entry["line"] - 1, entry["outcome"], *entry["reasons"]) for entry in named} == {
        *((number, "invalid", "bad-json") for number in range(1, ROWS, 50)),
        *((number, "refused", "state-blocked") for number in range(0, ROWS, 20)),
    }
    page = s3.get_object(Bucket=bucket, Key=report_key(done["backfill_id"], 3, "html"))
    assert page["ContentType"].startswith("text/html")
    assert f"{ROWS:,} rows = ".encode() in page["Body"].read()


def command(stack: Stack, *words: str) -> subprocess.CompletedProcess[str]:
    """`python -m jianbiao.ops launches …` with the operator's credentials."""
    document = stack.document
    credentials = {
        "AWS_ACCESS_KEY_ID": stack.account,
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": document["region"],
        "PYTHONPATH": str(ROOT / "layers" / "core"),
        "PATH": os.environ["PATH"],
    }
    line = [sys.executable, "-m", "jianbiao.ops", "launches", "--endpoint-url", document["aws_endpoint_url"]]
    line += ["--table", stack.outputs["BackfillsTableName"], *words]
    return subprocess.run(line, env=credentials, capture_output=True, text=True, timeout=60, check=False)


def test_many_files_at_once_and_one_that_is_packed(stack: Stack) -> None:
    s3, bucket = stack.client("s3"), stack.outputs["InboxBucketName"]
    name, rows = secrets.token_hex(4), 5
    files = {
        f"ledger/{name}-{n}.jsonl": b"".join(line(new_row(stack)) + b"\n" for _ in range(rows))
        for n in range(4)
    }
    packed = f"ledger/{name}-packed.jsonl"
    for key, data in {**files, packed: gzip.compress(files[f"ledger/{name}-0.jsonl"])}.items():
        s3.put_object(Bucket=bucket, Key=key, Body=data)

    def listed() -> dict[str, Any]:
        found: list[Any] = []
        following: str | None = ""
        while following is not None:
            answer = stack.call(
                "GET",
                f"/v1/admin/backfills?limit=100{following and f'&next={following}'}",
                token="admin",
                headers={"X-Actor": ACTOR},
            )
            found += answer.json["backfills"]
            following = answer.json["next"]
        # Whatever is written under results/ begins no launch.
        assert all(b["key"].startswith("ledger/") for b in found)
        return {b["key"]: b for b in found if b["key"].startswith(f"ledger/{name}")}

    ended = until(listed, lambda b: len(b) == 5 and all(x["state"] != "running" for x in b.values()))
    assert {key: (ended[key]["state"], ended[key]["progress"]["issued"]) for key in files} == dict.fromkeys(
        files, ("done", rows)
    )
    assert (ended[packed]["state"], ended[packed]["error"]) == ("refused", "gzip")


def test_what_is_not_there_is_not_found(stack: Stack) -> None:
    for method, path, body in (
        ("GET", "/none", None),
        ("PATCH", "/none", {"actor": ACTOR, "paused": True}),
        ("POST", "/none/redrive", {"actor": ACTOR}),
    ):
        answer = stack.call(
            method, f"/v1/admin/backfills{path}", token="admin", json_body=body, headers={"X-Actor": ACTOR}
        )
        assert answer.status == 404, answer.text
    assert stack.call("GET", "/v1/admin/backfills", token="citizen").status == 403
