"""Ledger files become vehicles and certificates. May sign certificates.

The queue brings two kinds of messages: S3's notice that a ledger has arrived, and the chunks that it was cut into.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote_plus

from jianbiao.aws import wiring
from jianbiao.aws.clients import client
from jianbiao.aws.config import DynamoPolicies
from jianbiao.aws.inbox import S3Inbox
from jianbiao.log import logger as make_logger
from jianbiao.services.backfill import ChunkWorker
from jianbiao.services.ledger_run import LedgerRun
from jianbiao.settings import setting

SIGNERS = 8
"""Signatures in flight: KMS answers in 10 to 30 ms, so that eight are some 400 a second."""
MARGIN_MS = 30_000
"""Time kept before the function's timeout: the longest batch, retries included."""

logger = make_logger("backfill")
dynamodb = client("dynamodb", read_timeout=10.0, attempts=8)
queue_url = setting("INBOX_QUEUE_URL")
sqs = client("sqs", read_timeout=10.0)
run = LedgerRun(
    inbox=S3Inbox(client("s3", read_timeout=20.0), setting("INBOX_BUCKET")),
    worker=ChunkWorker(
        wiring.issuer(dynamodb, client("kms", attempts=8)),
        DynamoPolicies(dynamodb, setting("CONFIG_TABLE")),
        ThreadPoolExecutor(SIGNERS).map,
    ),
    send=lambda message: sqs.send_message(QueueUrl=queue_url, MessageBody=json.dumps(message)),
)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """SQS batch: failed messages are named by their ids and come again."""
    failures = []
    for record in event["Records"]:
        try:
            take(json.loads(record["body"]), context)
        except Exception as error:
            logger.exception("message failed", extra={"error": type(error).__name__})
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def take(message: dict[str, Any], context: Any) -> None:
    """One message: plan a ledger, or work off a chunk. S3's test notice has neither and is dropped."""
    if "start" in message:
        result = run.work(message, lambda: context.get_remaining_time_in_millis() < MARGIN_MS)
        logger.info("chunk", extra={"counts": result["counts"]} if result else {"gone": True})
        return
    for notice in message.get("Records", ()):
        stored = notice["s3"]["object"]
        file_id = run.plan(unquote_plus(stored["key"]), stored.get("versionId"))
        logger.info("ledger", extra={"file_id": file_id})
