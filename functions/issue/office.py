"""The vehicle office: what to print and for whom, and what became of it. Alone can read an address; cannot sign."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from jianbiao.aws import wiring
from jianbiao.aws.clients import client
from jianbiao.aws.config import DynamoPolicies
from jianbiao.aws.paper import DynamoPaper
from jianbiao.aws.sealing import KmsOpener
from jianbiao.aws.tables import Tables
from jianbiao.http import office
from jianbiao.http.edge import make_handler
from jianbiao.log import logger as make_logger
from jianbiao.services.paper import OfficeDesk
from jianbiao.settings import setting

OPENERS = 8
"""Addresses opened at a time: KMS answers in 5 to 20 ms, a page has up to a hundred."""

logger = make_logger("office")
dynamodb = client("dynamodb")
policies = DynamoPolicies(dynamodb, setting("CONFIG_TABLE"))

handler = make_handler(
    office.routes(
        desk=OfficeDesk(
            DynamoPaper(dynamodb, Tables.from_settings()),
            wiring.certificates(dynamodb),
            KmsOpener(client("kms"), setting("PAPER_KEY")),
            wiring.now,
            ThreadPoolExecutor(OPENERS).map,
        ),
        policies=policies,
        clock=wiring.now,
    ),
    logger=logger,
    policy=policies.current,
)
