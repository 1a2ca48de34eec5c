"""Public verification, the page behind a scanned code, and the documents that verifiers need. Cannot sign."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from jianbiao import metrics
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
from jianbiao_render import pages

if TYPE_CHECKING:
    from jianbiao_render.assets import Asset

logger = make_logger("verify-public")
dynamodb = client("dynamodb", **wiring.IMPATIENT)
keys = wiring.keys(dynamodb)
policies = DynamoPolicies(dynamodb, setting("CONFIG_TABLE"))
links = DynamoStartLinks(dynamodb, setting("CONFIG_TABLE"))
notice = watermark()
files_origin = setting("FILES_ORIGIN", "")


# What is asked for once a visit, if at all, is imported then: a scan does not wait for it.
def asset(name: str) -> Asset | None:
    from jianbiao_render import assets

    return assets.asset(name)


def verify_page(lang: str) -> tuple[str, dict[str, str]]:
    from jianbiao_render import tools

    return tools.shown_verify(policies.current(), lang, notice)


def app_page(lang: str) -> tuple[str, dict[str, str]]:
    from jianbiao_render import tools

    return tools.shown_app(lang, notice, files_origin)


def start_page(lang: str) -> str:
    from jianbiao_render import start

    return pages.start_page(start.sections(links.current(), demo=notice is not None), lang, notice=notice)


handler = make_handler(
    web.routes(
        pages=pages,
        asset=asset,
        verify_page=verify_page,
        app_page=app_page if notice else None,
    )
    | public.routes(
        verifier=Verifier(
            keys=keys,
            certificates=wiring.certificates(dynamodb),
            clock=wiring.now,
            lists=wiring.status_lists(keys),
            on_alarm=wiring.not_issued(logger),
        ),
        policies=policies,
        key_document=keys.document,
        status_lists=StatusListShelf(wiring.published_lists(), setting("DEPLOYMENT"), monotonic),
        openapi=openapi,
        pages=pages,
        start_page=start_page,
        notice=notice,
        count=metrics.count,
    ),
    logger=logger,
    policy=policies.current,
    page=public.error_page(pages, notice),
)
