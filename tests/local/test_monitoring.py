"""Alarms: each has its section of the run book, each watches something that is there, and the file is as written."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from infra import monitoring
from infra.metric import Metric
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
        written = "unforeseen" if name == metrics.UNFORESEEN else constants[name]
        assert re.search(rf"\bmetrics\.{written}\b", code), name


OTHERS = {
    "AWS/Lambda": ({"FunctionName"}, {"Errors", "Throttles", "Invocations", "IteratorAge"}),
    "AWS/SQS": ({"QueueName"}, {"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"}),
    "AWS/ApiGateway": ({"ApiId"}, {"Count", "5xx"}),
    "AWS/States": ({"StateMachineArn"}, {"ExecutionsFailed"}),
}
"""Dimensions and names of the metrics that AWS's services write, by namespace (their developer guides)."""


@pytest.mark.parametrize(
    ("alarm", "metric"),
    [(a, m) for a in ALARMS for m in a.metrics.values()],
    ids=lambda value: getattr(value, "name", ""),
)
def test_what_an_alarm_watches_is_what_is_written(alarm: monitoring.Alarm, metric: Metric) -> None:
    """A metric is another one under other dimensions: an alarm on that would be silent for ever."""
    if metric.namespace == metrics.NAMESPACE:
        for outcome in (None, "an outcome"):
            written = json.loads(metrics.line("jb", {metric.name: 1}, outcome, 0))
            (directive,) = written["_aws"]["CloudWatchMetrics"]
            assert directive["Namespace"] == metric.namespace
            assert [m["Name"] for m in directive["Metrics"]] == [metric.name]
            assert list(metric.dimensions) in directive["Dimensions"]
    else:
        dimensions, names = OTHERS[metric.namespace]
        assert set(metric.dimensions) == dimensions
        assert metric.name in names
    stated = json.dumps(alarm.resource())
    assert all(json.dumps({"Name": n, "Value": {"Ref": p}}) in stated for n, p in metric.dimensions.items())


def test_the_alarms_are_told_what_the_metrics_say_of_themselves() -> None:
    """The deployment's name as each function writes it; names of queues, id of the API, ARN of the engine."""
    passed = MAIN["Monitoring"]["Properties"]["Parameters"]
    shared = template.load(monitoring.TEMPLATE)["Globals"]["Function"]["Environment"]["Variables"]
    assert passed["Deployment"] == shared["DEPLOYMENT"] == {"Ref": "Deployment"}
    for name, resource in MAIN.items():
        if resource["Type"] == "AWS::SQS::Queue":
            assert passed[name] == {"Fn::GetAtt": [name, "QueueName"]}
    # What `Ref` gives of these is documented to be just that.
    assert (passed["Api"], passed["BackfillEngine"]) == ({"Ref": "Api"}, {"Ref": "BackfillEngine"})


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
        "guard-silent", "launch-failed", "verification-degraded", "published-unreadable",
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
        # Of what is written by a schedule silence is a fault; elsewhere no calls are no failures.
        silent = {"status-list-age", "guard-silent"}
        assert alarm.silence == ("breaching" if alarm.name in silent else "notBreaching")


def test_a_guard_that_looks_no_more_is_seen() -> None:
    (alarm,) = [alarm for alarm in ALARMS if alarm.name == "guard-silent"]
    (schedule,) = FUNCTIONS["Reconcile"]["Properties"]["Events"].values()
    assert schedule["Properties"]["Schedule"] == "rate(10 minutes)"
    assert alarm.period >= 6 * 600, "one look that fails is no silence"
    assert alarm.below


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
