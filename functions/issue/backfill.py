"""A chunk of a ledger becomes vehicles and certificates. May sign certificates; invoked by the engine alone."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from jianbiao.aws import wiring
from jianbiao.aws.clients import client
from jianbiao.aws.config import DynamoPolicies
from jianbiao.aws.inbox import S3Inbox
from jianbiao.aws.launches import DynamoLaunches
from jianbiao.aws.pacing import Bucket, PacedSigner, part_of, share_of
from jianbiao.log import logger as make_logger
from jianbiao.services.backfill import ChunkWorker
from jianbiao.services.launches import ChunkRun
from jianbiao.settings import setting

SIGNERS = 8
"""Signatures in flight: KMS answers in 10 to 30 ms, so that eight are some 400 a second."""
MARGIN_MS = 30_000
"""Time kept before the function's timeout: the longest batch, retries included."""

logger = make_logger("backfill")
dynamodb = client("dynamodb", read_timeout=10.0, attempts=8)
workers = int(setting("SIGN_WORKERS"))
usual_rate = share_of(float(setting("SIGN_QUOTA")), float(setting("SIGN_SHARE")) / 100, workers)
bucket = Bucket(usual_rate, time.monotonic, time.sleep)
# One attempt: each call takes a token of the bucket, so the signer itself asks again.
issuer = wiring.issuer(dynamodb, client("kms", attempts=1))
run = ChunkRun(
    launches=DynamoLaunches(dynamodb, setting("BACKFILLS_TABLE")),
    inbox=S3Inbox(client("s3", read_timeout=20.0), setting("INBOX_BUCKET")),
    worker=ChunkWorker(
        wiring.registrar(dynamodb, replace(issuer, signer=PacedSigner(issuer.signer, bucket))),
        DynamoPolicies(dynamodb, setting("CONFIG_TABLE")),
        ThreadPoolExecutor(SIGNERS).map,
    ),
    set_rate=lambda rate: bucket.limit(usual_rate if rate is None else part_of(rate, workers)),
)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """One chunk: {backfill_id, start, end}; the answer says whether there is more of it."""
    try:
        answer = run.work(
            event["backfill_id"],
            int(event["start"]),
            int(event["end"]),
            lambda: context.get_remaining_time_in_millis() < MARGIN_MS,
        )
    except Exception as error:
        logger.exception("chunk failed", extra={"error": type(error).__name__})
        raise
    logger.info("chunk", extra={"reached": answer["start"], "left": answer["left"]})
    return answer
