"""Publishes the policy. Reads and inserts versions of it in the Config table, and nothing else."""

from __future__ import annotations

from jianbiao.aws import wiring
from jianbiao.aws.clients import client
from jianbiao.aws.policies import DynamoPolicyVersions
from jianbiao.domain import glyphs
from jianbiao.http import policy
from jianbiao.http.edge import make_handler
from jianbiao.log import logger as make_logger
from jianbiao.services.policy_desk import PolicyDesk
from jianbiao.settings import setting

logger = make_logger("policy")
dynamodb = client("dynamodb")

handler = make_handler(
    policy.routes(
        desk=PolicyDesk(
            DynamoPolicyVersions(dynamodb, setting("CONFIG_TABLE")),
            wiring.keys(dynamodb),
            glyphs.missing,
            wiring.now,
        )
    ),
    logger=logger,
)
