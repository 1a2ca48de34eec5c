"""Public verification, the page behind a scanned code, and the documents that verifiers need. Cannot sign."""

from __future__ import annotations

from time import monotonic

from jianbiao.aws import wiring
from jianbiao.aws.clients import client
from jianbiao.aws.config import DynamoPolicies, DynamoStartLinks
from jianbiao.http import public, web
from jianbiao.http.documents import openapi
from jianbiao.http.edge import make_handler
from jianbiao.http.status_lists import StatusListShelf
from jianbiao.log import logger as make_logger
from jianbiao.services.verify import Verifier
from jianbiao.settings import setting, watermark
from jianbiao_render import assets, pages, start, tools

logger = make_logger("verify-public")
dynamodb = client("dynamodb", **wiring.IMPATIENT)
keys = wiring.keys(dynamodb)
policies = DynamoPolicies(dynamodb, setting("CONFIG_TABLE"))
links = DynamoStartLinks(dynamodb, setting("CONFIG_TABLE"))
notice = watermark()
files_origin = setting("FILES_ORIGIN", "")

handler = make_handler(
    web.routes(
        pages=pages,
        asset=assets.asset,
        verify_page=lambda lang: tools.shown_verify(policies.current(), lang, notice),
        app_page=(lambda lang: tools.shown_app(lang, notice, files_origin)) if notice else None,
    )
    | public.routes(
        verifier=Verifier(
            keys=keys,
            certificates=wiring.certificates(dynamodb),
            clock=wiring.now,
            lists=wiring.status_lists(keys),
            on_alarm=lambda what: logger.error(what, extra={"alarm": "not-issued"}),
        ),
        policies=policies,
        key_document=keys.document,
        status_lists=StatusListShelf(wiring.published_lists(), setting("DEPLOYMENT"), monotonic),
        openapi=openapi,
        pages=pages,
        start_page=lambda lang: pages.start_page(
            start.sections(links.current(), demo=notice is not None), lang, notice=notice
        ),
        notice=notice,
    ),
    logger=logger,
    policy=policies.current,
    page=public.error_page(pages, notice),
)
