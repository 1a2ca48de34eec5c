"""The dashboard: first what people notice, then what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from infra.metric import of_api, of_function, of_queue, own
from jianbiao import metrics

PERIOD = 60
NAME = "${Deployment}-${Stage}-"
"""What the names of the alarms begin with."""


def widgets(functions: Sequence[str], alarms: Sequence[str]) -> list[dict[str, Any]]:
    """Graphs three in a row, below the state of the alarms of these names (without what they begin with)."""
    own_place = "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:" + NAME
    graphs: list[tuple[str, list[list[Any]]]] = [
        (
            "Certificates",
            [own(metrics.ISSUED).drawn(), own(metrics.REFUSED).drawn(), own(metrics.VERIFIED).drawn()],
        ),
        ("Requests", [of_api("Count").drawn(), of_api("4xx").drawn(), of_api("5xx").drawn()]),
        ("Answer time, ms", [of_api("Latency", s).drawn() for s in ("p50", "p99")]),
        (
            "Failed calls",
            [
                own(metrics.UNFORESEEN).drawn(label="answered 500, or come again"),
                *(of_function(f, "Errors").drawn(label=f) for f in functions),
            ],
        ),
        ("Refused calls", [of_function(f, "Throttles").drawn(label=f) for f in functions]),
        ("At a time", [of_function(f, "ConcurrentExecutions", "Maximum").drawn(label=f) for f in functions]),
        (
            "Waiting, s",
            [
                of_queue(q, "ApproximateAgeOfOldestMessage").drawn(label=q)
                for q in ("EventsQueue", "InboxQueue")
            ],
        ),
        ("Status lists, s", [own(metrics.STATUS_LIST_AGE, "Maximum").drawn()]),
        (
            "Signing",
            [own(metrics.KMS_THROTTLES).drawn(), own(metrics.KEY_DAYS_LEFT, "Minimum").drawn(yAxis="right")],
        ),
    ]
    state = {
        "type": "alarm",
        "x": 0,
        "y": 0,
        "width": 24,
        "height": 6,
        "properties": {
            "title": "Alarms",
            "alarms": [own_place + alarm for alarm in alarms],
        },
    }
    return [state] + [
        {
            "type": "metric",
            "x": 8 * (number % 3),
            "y": 6 + 6 * (number // 3),
            "width": 8,
            "height": 6,
            "properties": {"title": title, "region": "${AWS::Region}", "period": PERIOD, "metrics": drawn},
        }
        for number, (title, drawn) in enumerate(graphs)
    ]
