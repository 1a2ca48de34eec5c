"""Tells the event bus of certificates, by the stream of their table. Reads only."""

from __future__ import annotations

from collections import Counter
from typing import Any

from jianbiao import metrics
from jianbiao.aws.bus import EventBridgeBus, VehicleOwners, changed_certificates
from jianbiao.aws.clients import client
from jianbiao.aws.config import DynamoPolicies
from jianbiao.log import logger as make_logger
from jianbiao.services.publish import Publisher, channels
from jianbiao.settings import setting

logger = make_logger("publish")
dynamodb = client("dynamodb")
publisher = Publisher(
    owners=VehicleOwners(dynamodb, setting("VEHICLES_TABLE")),
    bus=EventBridgeBus(client("events"), setting("EVENT_BUS")),
    policies=DynamoPolicies(dynamodb, setting("CONFIG_TABLE")),
)


def handler(event: dict[str, Any], _context: Any) -> None:
    """A batch of the stream. One that fails comes again, whole: notices carry ids that stay the same."""
    changed = changed_certificates(event)
    told = publisher.tell(changed)
    for channel, issued in Counter(channels(changed)).items():
        metrics.put({metrics.ISSUED: issued}, f"channel-{channel}")
    logger.info("told", extra={"changes": len(event["Records"]), "notices": told})
