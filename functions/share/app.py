"""Files, share links and the page that a link opens. Cannot sign."""

from __future__ import annotations

from jianbiao.aws import wiring
from jianbiao.aws.clients import client
from jianbiao.aws.config import DynamoPolicies
from jianbiao.aws.files import S3Files
from jianbiao.aws.shares import DynamoShares
from jianbiao.aws.tables import Tables
from jianbiao.http import share
from jianbiao.http.edge import make_handler
from jianbiao.log import logger as make_logger
from jianbiao.services.share import ShareDesk
from jianbiao.settings import setting, watermark
from jianbiao_render import pages
from jianbiao_render.certificates import Faces

logger = make_logger("share")
dynamodb = client("dynamodb")
access = wiring.access(dynamodb)
policies = DynamoPolicies(dynamodb, setting("CONFIG_TABLE"))
faces = Faces(setting("PUBLIC_URL"), watermark())

handler = make_handler(
    share.routes(
        desk=ShareDesk(
            access.certificates,
            DynamoShares(dynamodb, Tables.from_settings()),
            S3Files(client("s3"), setting("FILES_BUCKET"), setting("S3_PRESIGN_ENDPOINT", "")),
            wiring.now,
            wiring.random,
            access.keys,
        ),
        access=access,
        policies=policies,
        clock=wiring.now,
        base_url=setting("PUBLIC_URL"),
        renderings=faces.renderings(),
        share_view=faces.share_page,
        pages=pages,
    ),
    logger=logger,
    policy=policies.current,
    page=share.error_page(pages, watermark()),
)
