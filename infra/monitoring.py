"""Alarms and the dashboard, written from the functions of infra/template.yaml into infra/monitoring.yaml.

Two alarms for each function differ in a name only; CloudFormation has no loop that every tool here can check. So the
file is written by this module and committed, and a test compares the two::

    make monitoring

Every alarm names the section of the run book that says what it means, what to do and what it cannot see.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from infra.dashboard import NAME, widgets
from infra.metric import Metric, of_api, of_engine, of_function, of_queue, own
from jianbiao import metrics
from local.template import load

INFRA = Path(__file__).resolve().parent
TEMPLATE = INFRA / "template.yaml"
WRITTEN = INFRA / "monitoring.yaml"
MINUTE, HOUR = 60, 3_600
HEAD = "# Written by infra/monitoring.py (make monitoring). Change that, not this.\n"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm. It rings when `needed` of the last `of` periods are at `threshold` or beyond.

    `metrics` is one metric, or several by id with `expression` over them. `silence` says what missing data mean.
    """

    name: str
    says: str
    metrics: Mapping[str, Metric]
    threshold: float
    expression: str = ""
    period: int = MINUTE
    needed: int = 1
    of: int = 1
    below: bool = False
    silence: str = "notBreaching"
    condition: str = ""
    among: str = ""
    """The section of the run book where several alarms share one."""

    @property
    def section(self) -> str:
        """Anchor of docs/runbook.md."""
        return self.among or self.name

    @property
    def logical_id(self) -> str:
        """Name of the resource."""
        return "".join(part[0].upper() + part[1:] for part in self.name.split("-")) + "Alarm"

    def resource(self) -> dict[str, Any]:
        """The resource."""
        told = {"Fn::If": ["Told", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
        properties: dict[str, Any] = {
            "AlarmName": {"Fn::Sub": NAME + self.name},
            "AlarmDescription": {"Fn::Sub": f"{self.says} ${{RunbookUrl}}#{self.section}"},
            "ComparisonOperator": ("LessThan" if self.below else "GreaterThanOrEqualTo") + "Threshold",
            "Threshold": self.threshold,
            "EvaluationPeriods": self.of,
            "DatapointsToAlarm": self.needed,
            "TreatMissingData": self.silence,
            "AlarmActions": told,
            "OKActions": told,
        }
        if self.expression:
            properties["Metrics"] = [
                {"Id": "share", "Expression": self.expression, "Label": self.name, "ReturnData": True},
                *(
                    {
                        "Id": name,
                        "ReturnData": False,
                        "MetricStat": {"Metric": m.named(), "Period": self.period, "Stat": m.statistic},
                    }
                    for name, m in self.metrics.items()
                ),
            ]
        else:
            (metric,) = self.metrics.values()
            properties |= metric.named() | {"Statistic": metric.statistic, "Period": self.period}
        made: dict[str, Any] = {"Type": "AWS::CloudWatch::Alarm"}
        if self.condition:
            made["Condition"] = self.condition
        return made | {"Properties": properties}


PRODUCT_ALARMS = (
    Alarm(
        "status-list-age",
        "The oldest published status list is ten minutes old or more: terminals offline judge by an old state.",
        {"age": own(metrics.STATUS_LIST_AGE, "Maximum")},
        threshold=600,
        needed=3,
        of=3,
        silence="breaching",
    ),
    Alarm(
        "key-expiry",
        "A signing key has less than 30 days left in which it may sign.",
        {"left": own(metrics.KEY_DAYS_LEFT, "Minimum")},
        threshold=30,
        period=HOUR,
        below=True,
    ),
    Alarm(
        "issue-without-cause",
        "A certificate has no event, application or ledger row that it came from.",
        {"found": own(metrics.WITHOUT_CAUSE)},
        threshold=1,
        period=5 * MINUTE,
    ),
    Alarm(
        "guard-silent",
        "The issue guard has not looked for an hour: nobody would see a certificate without a cause.",
        {"looks": own(metrics.WITHOUT_CAUSE, "SampleCount")},
        threshold=1,
        period=HOUR,
        below=True,
        silence="breaching",
    ),
    Alarm(
        "signature-without-certificate",
        "Issuance records and certificates disagree, or a code of our key was shown that the store does not know.",
        {"found": own(metrics.WITHOUT_CERTIFICATE)},
        threshold=1,
        period=5 * MINUTE,
    ),
    Alarm(
        "verification-degraded",
        "Codes are verified without the store: by the status list, or by the signature alone.",
        {"found": own(metrics.DEGRADED)},
        threshold=5,
        needed=2,
        of=3,
    ),
    Alarm(
        "published-unreadable",
        "A published key set or policy cannot be read: the version before goes on being used.",
        {"found": own(metrics.UNREADABLE)},
        threshold=1,
        period=5 * MINUTE,
    ),
    Alarm(
        "police-audit-failed",
        "A police query was answered and could not be put on record.",
        {"lost": own(metrics.AUDIT_FAILED)},
        threshold=1,
    ),
    Alarm(
        "kms-throttles",
        "KMS refuses signatures: the account's quota is used up.",
        {"refused": own(metrics.KMS_THROTTLES)},
        threshold=10,
        needed=3,
        of=5,
    ),
    # Such a call is answered and such a message comes again, so that Lambda sees no error in them.
    Alarm(
        "unforeseen",
        "Calls or messages end in an exception that nobody has foreseen.",
        {"found": own(metrics.UNFORESEEN)},
        threshold=3,
        period=5 * MINUTE,
        among="function-errors",
    ),
    Alarm(
        "launch-failed",
        "A launch has ended with chunks left, or its engine has failed.",
        {"failed": of_engine("BackfillEngine", "ExecutionsFailed")},
        threshold=1,
    ),
)


def queue_alarms() -> Iterable[Alarm]:
    """What waits, and what was set aside."""
    for queue, name, patience in (("EventsQueue", "events", 300), ("InboxQueue", "inbox", 900)):
        dead = queue.replace("Queue", "DeadLetters")
        yield Alarm(
            f"{name}-dead-letters",
            f"Messages that failed five times are set aside in {dead}.",
            {"waiting": of_queue(dead, "ApproximateNumberOfMessagesVisible")},
            threshold=1,
            among="dlq-depth",
        )
        yield Alarm(
            f"{name}-queue-age",
            f"The oldest message of {queue} has waited {patience} s or more.",
            {"age": of_queue(queue, "ApproximateAgeOfOldestMessage")},
            threshold=patience,
            needed=3,
            of=3,
            among="queue-age",
        )


def function_alarms(name: str, function: Mapping[str, Any]) -> Iterable[Alarm]:
    """A function's failures and refusals, as percentages of its calls, and the lag of a stream that it reads."""
    kinds = {event["Type"] for event in function["Properties"].get("Events", {}).values()}
    condition = "HasToken" if function.get("Condition") else ""
    calls = of_function(name, "Invocations")
    # Once a day is all that a schedule of its own gives; its first failure has to count.
    needed, of = (1, 1) if kinds == {"Schedule"} else (3, 5)
    yield Alarm(
        f"{name}-errors",
        f"{name} fails in 5 % of its calls or more.",
        {"errors": of_function(name, "Errors"), "calls": calls},
        threshold=5,
        expression="IF(calls > 0, 100 * errors / calls, 0)",
        needed=needed,
        of=of,
        condition=condition,
        among="function-errors",
    )
    yield Alarm(
        f"{name}-throttles",
        f"{name} is refused 1 % of its calls or more: its concurrency is used up.",
        {"throttles": of_function(name, "Throttles"), "calls": calls},
        threshold=1,
        expression="IF(throttles > 0, 100 * throttles / (FILL(calls, 0) + throttles), 0)",
        needed=needed,
        of=of,
        condition=condition,
        among="function-throttles",
    )
    if "DynamoDB" in kinds:
        yield Alarm(
            f"{name}-stream-age",
            f"{name} is a minute or more behind the stream that it reads.",
            {"age": of_function(name, "IteratorAge", "Maximum")},
            threshold=60_000,
            needed=3,
            of=3,
            among="queue-age",
        )


API_ALARM = Alarm(
    "api-5xx",
    "The API answers 1 % of its requests or more with a server error.",
    {"errors": of_api("5xx"), "calls": of_api("Count")},
    threshold=1,
    expression="IF(calls > 0, 100 * errors / calls, 0)",
    needed=3,
    of=5,
    among="function-errors",
)


def alarms(functions: Mapping[str, Mapping[str, Any]]) -> list[Alarm]:
    """All alarms, for the functions of the template by name."""
    of_functions = [
        alarm for name, function in functions.items() for alarm in function_alarms(name, function)
    ]
    return [API_ALARM, *PRODUCT_ALARMS, *queue_alarms(), *of_functions]


def document(functions: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The template of the monitoring stack."""
    made = alarms(functions)
    always = [name for name, function in functions.items() if not function.get("Condition")]
    body = json.dumps(
        {"widgets": widgets(always, [alarm.name for alarm in made if not alarm.condition])},
        separators=(",", ":"),
    )
    queues = ("InboxQueue", "InboxDeadLetters", "EventsQueue", "EventsDeadLetters")
    told = (
        "Deployment",
        "Stage",
        "AlarmTopicArn",
        "RunbookUrl",
        "Api",
        "BackfillEngine",
        *queues,
        *functions,
    )
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Jianbiao - alarms and dashboard",
        "Parameters": {name: {"Type": "String"} for name in told},
        "Conditions": {
            "Told": {"Fn::Not": [{"Fn::Equals": [{"Ref": "AlarmTopicArn"}, ""]}]},
            "HasToken": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Token"}, ""]}]},
        },
        "Resources": {alarm.logical_id: alarm.resource() for alarm in made}
        | {
            "Dashboard": {
                "Type": "AWS::CloudWatch::Dashboard",
                "Properties": {
                    "DashboardName": {"Fn::Sub": NAME.removesuffix("-")},
                    "DashboardBody": {"Fn::Sub": body},
                },
            }
        },
    }


class _Plain(yaml.SafeDumper):
    """Without the anchors that CloudFormation does not read."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - its signature
        return True


def text() -> str:
    """What infra/monitoring.yaml has to be."""
    resources = load(TEMPLATE)["Resources"]
    functions = {n: r for n, r in resources.items() if r["Type"] == "AWS::Serverless::Function"}
    return HEAD + yaml.dump(
        document(functions), Dumper=_Plain, sort_keys=False, width=110, default_flow_style=None
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Write infra/monitoring.yaml anew, from the functions of infra/template.yaml."""
    argparse.ArgumentParser(prog="make monitoring", description=main.__doc__).parse_args(arguments)
    WRITTEN.write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
