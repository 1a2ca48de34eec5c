"""What citizens read: own vehicles, own certificates. Cannot sign."""

from __future__ import annotations

from jianbiao.aws import wiring
from jianbiao.aws.clients import client
from jianbiao.aws.config import DynamoPolicies
from jianbiao.http import citizen
from jianbiao.http.edge import make_handler
from jianbiao.log import logger as make_logger
from jianbiao.services.citizen import CitizenDesk
from jianbiao.settings import setting

logger = make_logger("citizen")
dynamodb = client("dynamodb")
access = wiring.access(dynamodb)
policies = DynamoPolicies(dynamodb, setting("CONFIG_TABLE"))

handler = make_handler(
    citizen.routes(
        desk=CitizenDesk(access.vehicles, access.certificates, wiring.now),
        access=access,
        policies=policies,
        clock=wiring.now,
        base_url=setting("PUBLIC_URL"),
    ),
    logger=logger,
    policy=policies.current,
)
