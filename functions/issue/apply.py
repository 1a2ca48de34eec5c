"""Applications of citizens. May sign certificates."""

from __future__ import annotations

from functools import partial

from jianbiao import metrics
from jianbiao.aws import wiring
from jianbiao.aws.clients import client
from jianbiao.aws.config import DynamoPolicies
from jianbiao.aws.decisions import DynamoDecisions
from jianbiao.aws.replays import DynamoReplays
from jianbiao.http import apply
from jianbiao.http.edge import make_handler
from jianbiao.log import logger as make_logger
from jianbiao.services.apply import ApplicationDesk
from jianbiao.services.replays import Once
from jianbiao.settings import setting

logger = make_logger("apply")
dynamodb = client("dynamodb")
policies = DynamoPolicies(dynamodb, setting("CONFIG_TABLE"))

handler = make_handler(
    apply.routes(
        desk=ApplicationDesk(
            wiring.access(dynamodb),
            wiring.issuer(dynamodb, client("kms")),
            DynamoDecisions(dynamodb, setting("DECISIONS_TABLE")),
        ),
        once=Once(DynamoReplays(dynamodb, setting("IDEMPOTENCY_TABLE")), wiring.now),
        policies=policies,
        clock=wiring.now,
        base_url=setting("PUBLIC_URL"),
    ),
    logger=logger,
    policy=policies.current,
    on_refusal=partial(metrics.count, metrics.REFUSED),
)
