"""Registries and stations report events, and read back what became of them. Cannot sign."""

from __future__ import annotations

from jianbiao.aws import wiring
from jianbiao.aws.clients import client
from jianbiao.aws.config import DynamoPolicies
from jianbiao.aws.events import DynamoEvents, SqsEvents
from jianbiao.http import registry
from jianbiao.http.edge import make_handler
from jianbiao.http.event_schemas import shape_faults
from jianbiao.log import logger as make_logger
from jianbiao.services.registry import Intake
from jianbiao.settings import setting

logger = make_logger("intake")
dynamodb = client("dynamodb")
policies = DynamoPolicies(dynamodb, setting("CONFIG_TABLE"))

handler = make_handler(
    registry.routes(
        intake=Intake(
            store=DynamoEvents(dynamodb, setting("EVENTS_TABLE")),
            send=SqsEvents(client("sqs"), setting("EVENTS_QUEUE_URL")).send,
            shape=shape_faults,
            clock=wiring.now,
        ),
        policies=policies,
    ),
    logger=logger,
    policy=policies.current,
)
