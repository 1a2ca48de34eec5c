"""Searches of the audit trail, each on record itself. Reads the trail, inserts into it, and nothing else."""

from __future__ import annotations

from jianbiao.aws import wiring
from jianbiao.aws.audit import DynamoAudit, DynamoAuditTrail
from jianbiao.aws.clients import client
from jianbiao.aws.config import DynamoPolicies
from jianbiao.http import audit_query
from jianbiao.http.edge import make_handler
from jianbiao.log import logger as make_logger
from jianbiao.services.audit import AuditDesk
from jianbiao.settings import setting

logger = make_logger("audit-query")
dynamodb = client("dynamodb")
policies = DynamoPolicies(dynamodb, setting("CONFIG_TABLE"))
table = setting("AUDIT_TABLE")

handler = make_handler(
    audit_query.routes(
        desk=AuditDesk(
            DynamoAudit(dynamodb, table, wiring.random),
            DynamoAuditTrail(dynamodb, table, wiring.now),
            wiring.now,
        ),
        policies=policies,
    ),
    logger=logger,
    policy=policies.current,
)
