"""What citizens read, whom they let read it, and paper marks. Cannot sign, and cannot read an address."""

from __future__ import annotations

from jianbiao.aws import wiring
from jianbiao.aws.clients import client
from jianbiao.aws.config import DynamoPolicies
from jianbiao.aws.paper import DynamoPaper
from jianbiao.aws.sealing import KmsSealer
from jianbiao.aws.tables import Tables
from jianbiao.http import bindings, citizen, paper
from jianbiao.http.edge import make_handler
from jianbiao.log import logger as make_logger
from jianbiao.services.bindings import BindingDesk
from jianbiao.services.citizen import CitizenDesk
from jianbiao.services.paper import PaperDesk
from jianbiao.settings import setting

logger = make_logger("citizen")
dynamodb = client("dynamodb")
access = wiring.access(dynamodb)
policies = DynamoPolicies(dynamodb, setting("CONFIG_TABLE"))

handler = make_handler(
    {
        **citizen.routes(
            desk=CitizenDesk(access.vehicles, access.certificates, access.bindings, wiring.now, access.keys),
            access=access,
            policies=policies,
            clock=wiring.now,
            base_url=setting("PUBLIC_URL"),
        ),
        **bindings.routes(
            desk=BindingDesk(access.vehicles, access.bindings, wiring.now, wiring.random), policies=policies
        ),
        **paper.routes(
            desk=PaperDesk(
                DynamoPaper(dynamodb, Tables.from_settings()),
                KmsSealer(client("kms"), setting("PAPER_KEY")),
                wiring.now,
            ),
            access=access,
            policies=policies,
        ),
    },
    logger=logger,
    policy=policies.current,
)
