"""Removes what the policy keeps no longer, once a day. The only function that removes links and records of launches."""

from __future__ import annotations

from typing import Any

from jianbiao.aws import wiring
from jianbiao.aws.clients import client
from jianbiao.aws.config import DynamoPolicies
from jianbiao.aws.retention import EndedLaunches, ExpiringShares, S3Lifecycle
from jianbiao.log import logger as make_logger
from jianbiao.services.retention import Keeper
from jianbiao.settings import setting

MARGIN_MS = 30_000
"""Time kept before the function's timeout; what is left is for the next day."""

logger = make_logger("retention")
dynamodb, s3 = client("dynamodb", read_timeout=10.0, attempts=8), client("s3", read_timeout=10.0)
keeper = Keeper(
    ExpiringShares(dynamodb, setting("SHARES_TABLE")),
    EndedLaunches(dynamodb, setting("BACKFILLS_TABLE")),
    S3Lifecycle(s3, setting("FILES_BUCKET")),
    S3Lifecycle(s3, setting("INBOX_BUCKET")),
    DynamoPolicies(dynamodb, setting("CONFIG_TABLE")),
    wiring.now,
)


def handler(_event: dict[str, Any], context: Any) -> dict[str, int]:
    """One run; the answer says what was removed."""
    removed = dict(keeper.sweep(lambda: context.get_remaining_time_in_millis() < MARGIN_MS))
    logger.info("swept", extra=removed)
    return removed
