"""Adapters put together from the settings: what several functions need in the same form.

Each is imported where it is made: what only reads loads no signer, and a cold start pays for what it uses.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from jianbiao.aws.certificates import DynamoCertificates
from jianbiao.aws.config import DynamoKeys
from jianbiao.aws.tables import Tables
from jianbiao.settings import setting

if TYPE_CHECKING:
    from jianbiao.aws.bindings import DynamoBindings
    from jianbiao.aws.issuances import DynamoIssuances
    from jianbiao.aws.status_lists import S3Lists
    from jianbiao.aws.vehicles import DynamoVehicles
    from jianbiao.services.access import Access
    from jianbiao.services.cached_lists import CachedLists
    from jianbiao.services.issue import Issuer
    from jianbiao.services.registrar import Registrar


def now() -> int:
    """The clock of the product: real time, in whole epoch seconds."""
    return int(time.time())


random = os.urandom

IMPATIENT: Mapping[str, Any] = MappingProxyType({"read_timeout": 1.0, "attempts": 2})
"""Clients of verification: where a store does not answer, the answer is to come from the status list, and soon."""


def certificates(dynamodb: Any) -> DynamoCertificates:
    """The certificate store."""
    return DynamoCertificates(dynamodb, Tables.from_settings())


def vehicles(dynamodb: Any) -> DynamoVehicles:
    """The vehicle store."""
    from jianbiao.aws.vehicles import DynamoVehicles

    return DynamoVehicles(dynamodb, Tables.from_settings())


def issuances(dynamodb: Any) -> DynamoIssuances:
    """The issuance records."""
    from jianbiao.aws.issuances import DynamoIssuances

    return DynamoIssuances(dynamodb, setting("ISSUANCES_TABLE"))


def published_lists() -> S3Lists:
    """The published status lists. The client is made when it is first needed: verification seldom does."""
    from jianbiao.aws.clients import client
    from jianbiao.aws.status_lists import S3Lists

    return S3Lists(cache(lambda: client("s3", **IMPATIENT)), setting("FILES_BUCKET"))


def status_lists(published: DynamoKeys) -> CachedLists:
    """The status lists as verifiers keep them for when the store does not answer."""
    from jianbiao.services.cached_lists import CachedLists

    lists = published_lists()

    def fetch(number: int) -> bytes | None:
        found = lists.get(number)
        return found.token if found else None

    return CachedLists(setting("DEPLOYMENT"), fetch, published)


def bindings(dynamodb: Any) -> DynamoBindings:
    """Who else may see a vehicle."""
    from jianbiao.aws.bindings import DynamoBindings

    return DynamoBindings(dynamodb, Tables.from_settings())


def not_issued(logger: Any) -> Callable[[str], None]:
    """The alarm of a verifier: a certificate that our key has signed and that the store has never seen."""
    from jianbiao import metrics

    def alarm(what: str) -> None:
        logger.error(what, extra={"alarm": "not-issued"})
        metrics.count(metrics.WITHOUT_CERTIFICATE, "not-issued")

    return alarm


def keys(dynamodb: Any) -> DynamoKeys:
    """The deployment's key set."""
    return DynamoKeys(dynamodb, setting("CONFIG_TABLE"))


def access(dynamodb: Any) -> Access:
    """The gate of all citizen calls."""
    from jianbiao.services.access import Access

    return Access(vehicles(dynamodb), certificates(dynamodb), bindings(dynamodb), now, keys(dynamodb))


def issuer(dynamodb: Any, kms: Any) -> Issuer:
    """What may sign certificates."""
    from jianbiao import metrics
    from jianbiao.aws.clients import tell_throttles
    from jianbiao.aws.indices import DynamoIndices
    from jianbiao.aws.issuances import DynamoIssuances
    from jianbiao.aws.kms import KmsSigner
    from jianbiao.services.issue import Issuer

    tell_throttles(kms, "kms.Sign", lambda: metrics.put({metrics.KMS_THROTTLES: 1}))
    published = keys(dynamodb)
    return Issuer(
        deployment=setting("DEPLOYMENT"),
        vehicles=vehicles(dynamodb),
        certificates=certificates(dynamodb),
        issuances=DynamoIssuances(dynamodb, setting("ISSUANCES_TABLE")),
        indices=DynamoIndices(dynamodb, setting("ALLOCATIONS_TABLE"), random),
        signer=KmsSigner(kms, published),
        keys=published,
        clock=now,
        random=random,
    )


def registrar(dynamodb: Any, issuer: Issuer) -> Registrar:
    """What takes down the register's word, and issues for it."""
    from jianbiao.aws.paper import DynamoPaper
    from jianbiao.aws.shares import DynamoShares
    from jianbiao.services.registrar import Registrar

    tables = Tables.from_settings()
    return Registrar(
        issuer, bindings(dynamodb), DynamoPaper(dynamodb, tables), DynamoShares(dynamodb, tables)
    )
