"""Publishes status lists, by change and by schedule. The only function that may use the list key; it may sign
nothing else.

Events come from the statuses table's stream, and once a minute from the schedule.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from jianbiao import metrics
from jianbiao.aws import wiring
from jianbiao.aws.clients import client, tell_throttles
from jianbiao.aws.status_lists import (
    DynamoStatuses,
    KmsListSigner,
    S3Lists,
    changed_indices,
    highest_list,
)
from jianbiao.log import logger as make_logger
from jianbiao.services.status_lists import Publisher
from jianbiao.settings import setting

MARGIN_MS = 30_000
"""Time kept before the function's timeout: the largest list, retries included."""

logger = make_logger("status")
dynamodb = client("dynamodb", read_timeout=10.0)
allocations = setting("ALLOCATIONS_TABLE")
keys = wiring.keys(dynamodb)
kms = client("kms")
tell_throttles(kms, "kms.Sign", lambda: metrics.put({metrics.KMS_THROTTLES: 1}))
publisher = Publisher(
    deployment=setting("DEPLOYMENT"),
    lists=S3Lists(cache(lambda: client("s3", read_timeout=10.0)), setting("FILES_BUCKET")),
    statuses=DynamoStatuses(dynamodb, setting("STATUSES_TABLE")),
    highest=lambda: highest_list(dynamodb, allocations),
    signer=KmsListSigner(kms, keys),
    keys=keys,
    clock=wiring.now,
    ttl=int(setting("STATUS_LIST_TTL")),
    lifetime=int(setting("STATUS_LIST_LIFETIME")),
)


def handler(event: dict[str, Any], context: Any) -> None:
    """A batch of the stream: raising makes it come again. Anything else is the schedule's turn."""
    if "Records" in event:
        changed = changed_indices(event)
        for number, indices in changed.items():
            publisher.publish(number, indices)
        logger.info("changed", extra={"lists": len(changed), "entries": sum(map(len, changed.values()))})
        return
    try:
        made = publisher.refresh(lambda: context.get_remaining_time_in_millis() < MARGIN_MS)
        logger.info("refreshed", extra={"lists": len(made)})
    finally:
        # Also where a list has failed: its age is what the alarm is for.
        days = keys.current().days_left(wiring.now())
        metrics.put({metrics.STATUS_LIST_AGE: publisher.oldest(), metrics.KEY_DAYS_LEFT: round(days, 2)})
