"""Metrics of CloudWatch, as alarms and the dashboard name them: the product's own, Lambda's, SQS's, Step
Functions', the API's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jianbiao import metrics


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of CloudWatch: `dimensions` maps a name to a parameter of the stack."""

    namespace: str
    name: str
    statistic: str
    dimensions: Mapping[str, str]

    def named(self) -> dict[str, Any]:
        """As CloudFormation wants it."""
        listed = [{"Name": k, "Value": {"Ref": v}} for k, v in self.dimensions.items()]
        return {"Namespace": self.namespace, "MetricName": self.name, "Dimensions": listed}

    def drawn(self, **options: Any) -> list[Any]:
        """As a dashboard wants it."""
        pairs = [part for k, v in self.dimensions.items() for part in (k, f"${{{v}}}")]
        return [self.namespace, self.name, *pairs, {"stat": self.statistic} | options]


def own(name: str, statistic: str = "Sum") -> Metric:
    """A metric of the product, written into the functions' logs (jianbiao.metrics)."""
    return Metric(metrics.NAMESPACE, name, statistic, {"deployment": "Deployment"})


def of_function(function: str, name: str, statistic: str = "Sum") -> Metric:
    """A metric of a Lambda function, all versions together."""
    return Metric("AWS/Lambda", name, statistic, {"FunctionName": function})


def of_queue(queue: str, name: str) -> Metric:
    """A metric of a queue."""
    return Metric("AWS/SQS", name, "Maximum", {"QueueName": queue})


def of_engine(engine: str, name: str) -> Metric:
    """A metric of a state machine."""
    return Metric("AWS/States", name, "Sum", {"StateMachineArn": engine})


def of_api(name: str, statistic: str = "Sum") -> Metric:
    """A metric of the HTTP API."""
    return Metric("AWS/ApiGateway", name, statistic, {"ApiId": "Api"})
