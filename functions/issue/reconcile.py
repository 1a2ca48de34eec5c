"""The issue guard, on a schedule. Reads only: it can write nothing and sign nothing.

A look each ten minutes, at the segment whose turn it is by the time of the schedule; `{"segment": 0, "segments": 1}`
looks at all. The answer says what was seen and found.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from jianbiao import metrics
from jianbiao.aws import wiring
from jianbiao.aws.clients import client
from jianbiao.aws.config import DynamoPolicies
from jianbiao.aws.guard_books import DynamoBooks
from jianbiao.log import logger as make_logger
from jianbiao.services.reconcile import WITHOUT_CAUSE, Guard
from jianbiao.settings import setting

EVERY = 600
"""Seconds between looks, as the schedule has it."""
MARGIN_MS = 30_000
"""Time kept before the function's timeout: one page, retries included."""
LOGGED = 100
"""Findings of one look that are logged one by one; the metrics count all."""

logger = make_logger("reconcile")
dynamodb = client("dynamodb", read_timeout=10.0, attempts=8)
segments = int(setting("GUARD_SEGMENTS"))
guard = Guard(
    DynamoBooks(
        dynamodb,
        **{
            name: setting(f"{name.upper()}_TABLE")
            for name in ("certificates", "issuances", "events", "vehicles", "decisions", "backfills")
        },
    ),
    wiring.keys(dynamodb),
    DynamoPolicies(dynamodb, setting("CONFIG_TABLE")),
    wiring.now,
)


class LookIncomplete(Exception):
    """The segment is too large for one look: more segments are needed (parameter GuardSegments)."""


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """One look. Raising is the alarm for a guard that does not see everything."""
    of = int(event.get("segments", segments))
    segment = int(event["segment"]) if "segment" in event else _turn(event) % of
    look = guard.look(segment, of, lambda: context.get_remaining_time_in_millis() < MARGIN_MS)
    without_cause = sum(finding.alarm == WITHOUT_CAUSE for finding in look.findings)
    metrics.put(
        {
            metrics.WITHOUT_CAUSE: without_cause,
            metrics.WITHOUT_CERTIFICATE: len(look.findings) - without_cause,
        }
    )
    for finding in look.findings[:LOGGED]:
        logger.error(
            "books disagree",
            extra={
                "alarm": finding.alarm,
                "certificate_id": finding.certificate_id,
                "why": finding.why,
            },
        )
    seen = {"segment": segment, "segments": of, **look.seen}
    logger.info("looked", extra={**seen, "findings": len(look.findings), "complete": look.complete})
    if not look.complete:
        raise LookIncomplete
    found = [[finding.alarm, finding.certificate_id, finding.why] for finding in look.findings[:LOGGED]]
    return {**seen, "findings": found}


def _turn(event: dict[str, Any]) -> int:
    """Number of the look since 1970, by the schedule's own time: it drifts less than ours."""
    time = event.get("time")
    at = int(datetime.fromisoformat(time).timestamp()) if time else wiring.now()
    return at // EVERY
