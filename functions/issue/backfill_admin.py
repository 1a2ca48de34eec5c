"""Operators start launches, watch and steer them. Cannot sign, and reads no ledger."""

from __future__ import annotations

from jianbiao.aws import uploads, wiring
from jianbiao.aws.clients import client
from jianbiao.aws.config import DynamoPolicies
from jianbiao.aws.inbox import S3Inbox
from jianbiao.aws.launches import DynamoLaunches, StepFunctions
from jianbiao.http import backfills
from jianbiao.http.edge import make_handler
from jianbiao.log import logger as make_logger
from jianbiao.services.launches import LaunchDesk, Planner
from jianbiao.settings import setting

logger = make_logger("backfill-admin")
dynamodb = client("dynamodb")
launches = DynamoLaunches(dynamodb, setting("BACKFILLS_TABLE"))
bucket = setting("INBOX_BUCKET")

handler = make_handler(
    backfills.routes(
        desk=LaunchDesk(
            launches, StepFunctions(client("stepfunctions"), setting("BACKFILL_ENGINE")), wiring.now
        ),
        planner=Planner(launches, S3Inbox(client("s3"), bucket), wiring.now),
        upload=uploads.S3Uploads(bucket, setting("S3_PRESIGN_ENDPOINT", "")),
        upload_seconds=uploads.URL_SECONDS,
        clock=wiring.now,
        random=wiring.random,
    ),
    logger=logger,
    policy=DynamoPolicies(dynamodb, setting("CONFIG_TABLE")).current,
)
