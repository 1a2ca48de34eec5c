"""Registry events are applied to vehicles and certificates. May sign certificates."""

from __future__ import annotations

import json
from typing import Any

from jianbiao import metrics
from jianbiao.aws import wiring
from jianbiao.aws.clients import client
from jianbiao.aws.config import DynamoPolicies
from jianbiao.aws.events import DynamoEvents
from jianbiao.errors import Unavailable
from jianbiao.log import logger as make_logger
from jianbiao.services.events import EventWorker
from jianbiao.settings import setting

logger = make_logger("events")
dynamodb = client("dynamodb", read_timeout=10.0, attempts=8)
worker = EventWorker(
    registrar=wiring.registrar(dynamodb, wiring.issuer(dynamodb, client("kms", attempts=8))),
    policies=DynamoPolicies(dynamodb, setting("CONFIG_TABLE")),
    events=DynamoEvents(dynamodb, setting("EVENTS_TABLE")),
)


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """SQS batch: failed messages are named by their ids and come again."""
    failures = []
    for record in event["Records"]:
        try:
            outcome = worker.apply(json.loads(record["body"])["event_id"])
        except Exception as error:
            logger.exception(
                "message failed", extra={"message_id": record["messageId"], "error": type(error).__name__}
            )
            if not isinstance(error, Unavailable):
                metrics.unforeseen()
            failures.append({"itemIdentifier": record["messageId"]})
        else:
            state = str(outcome.state) if outcome else "gone"
            reason = outcome and outcome.reason
            logger.info("event", extra={"message_id": record["messageId"], "state": state, "reason": reason})
            if outcome and outcome.reason:
                metrics.count(metrics.REFUSED, outcome.reason)
    return {"batchItemFailures": failures}
