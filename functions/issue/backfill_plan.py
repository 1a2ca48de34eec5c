"""Launches begin and end here: notices of ledgers that have arrived, the plan of an attempt, its sum. Cannot sign.

The queue brings S3's notices; the engine invokes it for the plan and the sum.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote_plus

from jianbiao import metrics
from jianbiao.aws import wiring
from jianbiao.aws.clients import client
from jianbiao.aws.inbox import S3Inbox
from jianbiao.aws.launches import DynamoLaunches, StepFunctions
from jianbiao.domain.policy import default_policy
from jianbiao.errors import Unavailable
from jianbiao.http.launch_page import launch_page
from jianbiao.log import logger as make_logger
from jianbiao.services.launches import LaunchDesk, Planner
from jianbiao.settings import setting

logger = make_logger("backfill-plan")
launches = DynamoLaunches(client("dynamodb", attempts=8), setting("BACKFILLS_TABLE"))
inbox = S3Inbox(client("s3", read_timeout=20.0), setting("INBOX_BUCKET"))
desk = LaunchDesk(
    launches,
    StepFunctions(client("stepfunctions", read_timeout=10.0), setting("BACKFILL_ENGINE")),
    wiring.now,
)
policy = default_policy()
planner = Planner(
    launches, inbox, wiring.now, page=lambda launch, report: launch_page(launch, report, policy.reason_text)
)


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """An SQS batch (failed messages are named and come again), or a step of the engine."""
    if "step" in event:
        return step(event)
    failures = []
    for record in event["Records"]:
        try:
            arrived(json.loads(record["body"]))
        except Exception as error:
            logger.exception(
                "notice failed", extra={"message_id": record["messageId"], "error": type(error).__name__}
            )
            if not isinstance(error, Unavailable):
                metrics.unforeseen()
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def step(event: dict[str, Any]) -> dict[str, Any]:
    """`plan` or `sum-up` of an attempt."""
    does = {"plan": planner.plan, "sum-up": planner.sum_up}[event["step"]]
    try:
        answer = does(event["backfill_id"], int(event["attempt"]))
    except Exception as error:
        logger.exception("step failed", extra={"step": event["step"], "error": type(error).__name__})
        raise
    logger.info(event["step"], extra=answer)
    return answer


def arrived(message: dict[str, Any]) -> None:
    """S3's notices; its test notice has none and is dropped."""
    for notice in message.get("Records", ()):
        stored = notice["s3"]["object"]
        ledger = inbox.find(unquote_plus(stored["key"]), stored.get("versionId"))
        if ledger is None:
            logger.info("ledger", extra={"gone": True})
            continue
        launch = desk.arrived(ledger)
        logger.info("ledger", extra={"backfill_id": launch.launch_id, "state": launch.state})
