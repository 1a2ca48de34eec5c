"""AWS clients with explicit timeouts, retries and pools, and the translation of their errors."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from jianbiao.errors import Unavailable


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without garbage collection, and what was made is exempt from it later.

    The SDK's modules and service descriptions live as long as the process. The collector finds nothing among them and
    walks them again and again while they grow: a tenth of a cold start, and as much for a full collection in the
    imports that follow.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collecting:
            gc.enable()


with _uncollected():
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.session import Session, get_session

CONNECT_SECONDS = 1.0
"""Seconds in which a connection has to be there."""
CONNECTIONS = 32
"""Size of a client's connection pool: above the number of threads that any function uses."""


def client(
    service: str,
    *,
    read_timeout: float = 3.0,
    attempts: int = 4,
    endpoint_url: str | None = None,
    **options: Any,
) -> Any:
    """A client of `service`. `attempts` counts the first call; timeouts in seconds.

    botocore's, without boto3: that would add resources, transfers and a tenth to every cold start, for nothing.
    The SDK's own defaults (3 attempts, a throttle back-off that begins at one second, 60 s read timeout) are
    too patient for an answer that somebody waits for at the roadside.
    """
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": attempts},
        max_pool_connections=CONNECTIONS,
        tcp_keepalive=True,
        **options,
    )
    with _uncollected():
        return _session().create_client(service, endpoint_url=endpoint_url, config=config)


@cache
def _session() -> Session:
    """One for all clients of a process: it keeps the services' descriptions and the credentials."""
    return get_session()


THROTTLES = frozenset({"ThrottlingException", "Throttling", "LimitExceededException", "RequestLimitExceeded"})
"""Error codes of KMS that mean: too many calls."""


def tell_throttles(made: Any, operation: str, tell: Callable[[], None]) -> None:
    """Call `tell` for each call of an operation (`kms.Sign`) that is throttled, those included that the client
    repeats by itself."""

    def answered(response: tuple[Any, dict[str, Any]] | None = None, **_rest: Any) -> None:
        if response is not None and response[1].get("Error", {}).get("Code") in THROTTLES:
            tell()

    made.meta.events.register(f"needs-retry.{operation}", answered)


SDK_ERRORS = (ClientError, BotoCoreError)
"""All that a call can raise: the service's errors, and those of a service that could not be reached. Whoever looks at
some of them has to catch both, and to let `translated` turn the others into Unavailable."""


def error_code(error: Exception) -> str:
    """The service's error code, such as ConditionalCheckFailedException; empty where the service did not answer."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn whatever the SDK raises into Unavailable; `what` names the store for the log, without any key."""
    try:
        yield
    except ClientError as error:
        raise Unavailable(f"{what}: {error_code(error)}") from error
    except BotoCoreError as error:
        raise Unavailable(f"{what}: {type(error).__name__}") from error
