"""What operators do for cause: revoke, suspend, reinstate, lift a hold, read the whole history. Cannot sign."""

from __future__ import annotations

from jianbiao.aws import wiring
from jianbiao.aws.audit import DynamoAudit
from jianbiao.aws.clients import client
from jianbiao.aws.config import DynamoPolicies
from jianbiao.http import admin
from jianbiao.http.edge import make_handler
from jianbiao.log import logger as make_logger
from jianbiao.services.admin import AdminDesk
from jianbiao.settings import setting

logger = make_logger("admin")
dynamodb = client("dynamodb")
policies = DynamoPolicies(dynamodb, setting("CONFIG_TABLE"))

handler = make_handler(
    admin.routes(
        desk=AdminDesk(
            wiring.vehicles(dynamodb),
            wiring.certificates(dynamodb),
            wiring.issuances(dynamodb),
            wiring.now,
        ),
        policies=policies,
        audit=DynamoAudit(dynamodb, setting("AUDIT_TABLE"), wiring.random),
        clock=wiring.now,
    ),
    logger=logger,
    policy=policies.current,
)
