"""Adapters put together from the settings: what several functions need in the same form.

Each is imported where it is made: what only reads loads no signer, and a cold start pays for what it uses.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from jianbiao.aws.certificates import DynamoCertificates
from jianbiao.aws.config import DynamoKeys
from jianbiao.aws.tables import Tables
from jianbiao.settings import setting

if TYPE_CHECKING:
    from jianbiao.aws.vehicles import DynamoVehicles
    from jianbiao.services.access import Access
    from jianbiao.services.issue import Issuer


def now() -> int:
    """The clock of the product: real time, in whole epoch seconds."""
    return int(time.time())


random = os.urandom


def certificates(dynamodb: Any) -> DynamoCertificates:
    """The certificate store."""
    return DynamoCertificates(dynamodb, Tables.from_settings())


def vehicles(dynamodb: Any) -> DynamoVehicles:
    """The vehicle store."""
    from jianbiao.aws.vehicles import DynamoVehicles

    return DynamoVehicles(dynamodb, Tables.from_settings())


def keys(dynamodb: Any) -> DynamoKeys:
    """The deployment's key set."""
    return DynamoKeys(dynamodb, setting("CONFIG_TABLE"))


def access(dynamodb: Any) -> Access:
    """The gate of all citizen calls."""
    from jianbiao.services.access import Access

    return Access(vehicles(dynamodb), certificates(dynamodb), now)


def issuer(dynamodb: Any, kms: Any) -> Issuer:
    """What may sign certificates."""
    from jianbiao.aws.indices import DynamoIndices
    from jianbiao.aws.issuances import DynamoIssuances
    from jianbiao.aws.kms import KmsSigner
    from jianbiao.services.issue import Issuer

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
