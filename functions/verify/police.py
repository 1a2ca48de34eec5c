"""Police verification: the public verdict, and the state of the vehicle. Cannot sign; can only insert audit records."""

from __future__ import annotations

from jianbiao import metrics
from jianbiao.aws import wiring
from jianbiao.aws.audit import DynamoAudit
from jianbiao.aws.clients import client
from jianbiao.aws.config import DynamoPolicies
from jianbiao.http import police
from jianbiao.http.edge import make_handler
from jianbiao.log import logger as make_logger
from jianbiao.services.police import PoliceDesk
from jianbiao.services.verify import Verifier
from jianbiao.settings import setting

logger = make_logger("verify-police")
dynamodb = client("dynamodb", **wiring.IMPATIENT)
keys = wiring.keys(dynamodb)
certificates = wiring.certificates(dynamodb)
policies = DynamoPolicies(dynamodb, setting("CONFIG_TABLE"))

handler = make_handler(
    police.routes(
        desk=PoliceDesk(
            Verifier(
                keys=keys,
                certificates=certificates,
                clock=wiring.now,
                lists=wiring.status_lists(keys),
                on_alarm=wiring.not_issued(logger),
            ),
            wiring.vehicles(dynamodb),
            certificates,
            wiring.issuances(dynamodb),
        ),
        policies=policies,
        audit=DynamoAudit(dynamodb, setting("AUDIT_TABLE"), wiring.random),
        clock=wiring.now,
        logger=logger,
        count=metrics.count,
    ),
    logger=logger,
    policy=policies.current,
)
