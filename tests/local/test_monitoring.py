"""Alarms: each has its section of the run book, each watches something that is there, and the file is as written."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from infra import monitoring
from infra.package import ROOT
from jianbiao import metrics
from local import template

MAIN: dict[str, dict[str, Any]] = template.load(monitoring.TEMPLATE)["Resources"]
FUNCTIONS = {name: r for name, r in MAIN.items() if r["Type"] == "AWS::Serverless::Function"}
ALARMS = monitoring.alarms(FUNCTIONS)
WRITTEN = template.load(monitoring.WRITTEN)


def slugs(markdown: str) -> set[str]:
    """The anchors that a page's headings have."""
    headings = re.findall(r"^#+ +(.+?) *$", markdown, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


def test_the_file_is_what_make_monitoring_writes() -> None:
    assert monitoring.WRITTEN.read_text(encoding="utf-8") == monitoring.text(), "make monitoring"


@pytest.mark.parametrize("alarm", ALARMS, ids=lambda alarm: alarm.name)
def test_an_alarm_leads_to_the_run_book(alarm: monitoring.Alarm) -> None:
    assert alarm.section in slugs((ROOT / "docs" / "runbook.md").read_text(encoding="utf-8"))
    said = alarm.resource()["Properties"]["AlarmDescription"]["Fn::Sub"]
    assert said.endswith(f" ${{RunbookUrl}}#{alarm.section}")
    assert len(said) < 1000  # CloudWatch takes 1,024 characters


def test_every_function_is_watched_for_failures_and_refusals() -> None:
    names = {alarm.name for alarm in ALARMS}
    assert {f"{f}-{what}" for f in FUNCTIONS for what in ("errors", "throttles")} <= names
    readers = {
        name
        for name, function in FUNCTIONS.items()
        for event in function["Properties"].get("Events", {}).values()
        if event["Type"] == "DynamoDB"
    }
    assert readers
    assert {f"{name}-stream-age" for name in readers} <= names


def test_every_metric_of_the_product_that_an_alarm_watches_is_written_by_the_code() -> None:
    constants = {
        value: name for name, value in vars(metrics).items() if name.isupper() and isinstance(value, str)
    }
    places = [*(ROOT / "functions").rglob("*.py"), *(ROOT / "layers" / "core" / "jianbiao").rglob("*.py")]
    code = "\n".join(p.read_text(encoding="utf-8") for p in places if p.name != "metrics.py")
    watched = {m.name for a in ALARMS for m in a.metrics.values() if m.namespace == metrics.NAMESPACE}
    assert len(watched) >= 6
    for name in watched:
        assert re.search(rf"\bmetrics\.{constants[name]}\b", code), name


def test_every_queue_is_watched() -> None:
    watched = {
        (m.dimensions["QueueName"], m.name)
        for a in ALARMS
        for m in a.metrics.values()
        if m.namespace == "AWS/SQS"
    }
    for name, resource in MAIN.items():
        if resource["Type"] == "AWS::SQS::Queue":
            dead = "RedrivePolicy" not in resource["Properties"]
            metric = "ApproximateNumberOfMessagesVisible" if dead else "ApproximateAgeOfOldestMessage"
            assert (name, metric) in watched


def test_what_matters_is_watched() -> None:
    assert {alarm.section for alarm in ALARMS} >= {
        "dlq-depth", "queue-age", "function-errors", "function-throttles", "kms-throttles", "status-list-age",
        "key-expiry", "issue-without-cause", "signature-without-certificate", "police-audit-failed",
    }  # fmt: skip


def test_names_are_told_apart_and_passed_on() -> None:
    assert len({alarm.name for alarm in ALARMS}) == len({alarm.logical_id for alarm in ALARMS}) == len(ALARMS)
    passed = MAIN["Monitoring"]["Properties"]["Parameters"]
    assert set(passed) == set(WRITTEN["Parameters"])
    for function in FUNCTIONS:
        assert json.dumps({"Ref": function}) in json.dumps(passed[function])
    assert MAIN["Monitoring"]["Condition"] == "Watched"


def test_an_alarm_rings_after_no_more_periods_than_it_looks_at() -> None:
    for alarm in ALARMS:
        assert 1 <= alarm.needed <= alarm.of
        assert alarm.period * alarm.of <= 86_400, "CloudWatch looks back a day"
        # Of what is written every minute silence is a fault; elsewhere no calls are no failures.
        assert alarm.silence == ("breaching" if alarm.name == "status-list-age" else "notBreaching")


def test_the_dashboard_draws_every_metric_of_the_product() -> None:
    body = json.loads(WRITTEN["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"])
    drawn = {
        metric[1]
        for widget in body["widgets"]
        for metric in widget["properties"].get("metrics", ())
        if metric[0] == metrics.NAMESPACE
    }
    assert drawn >= {"Issued", "Refused", "Verified", "StatusListAgeSeconds", "KeyDaysLeft", "KmsThrottles"}
    (state,) = [widget for widget in body["widgets"] if widget["type"] == "alarm"]
    assert len(state["properties"]["alarms"]) <= 100  # CloudWatch's limit
