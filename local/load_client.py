"""Calls at a steady pace, whatever the answers take, and how long each took: an open loop, as people are one.

The time of a call counts from the moment at which it was due, so that a stall is seen in every call that it held up.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from local.upstream import Upstream, UpstreamFailed

PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Call:
    """One kind of call."""

    name: str
    method: str
    path: str
    token: str | None = None
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Times:
    """Seconds of the calls of one kind that were answered 200, and how the others ended."""

    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        """The nearest rank; NaN where nothing was answered."""
        if not self.seconds:
            return math.nan
        return sorted(self.seconds)[max(math.ceil(share * len(self.seconds)) - 1, 0)]

    def summary(self) -> dict[str, Any]:
        """Milliseconds."""
        return {
            "calls": len(self.seconds) + len(self.failures),
            "failures": self.failures,
            **{f"p{n}": 1000 * self.percentile(n / 100) for n in (50, 95, 99)},
        }


async def drive(
    server: Upstream, calls: Sequence[Call], per_second: float, seconds: float
) -> dict[str, dict[str, Any]]:
    """Make the calls in turn, so many a second for so long; what each kind took, by name."""
    times = {call.name: Times() for call in calls}
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with asyncio.TaskGroup() as tasks:
        for number in range(int(per_second * seconds)):
            due = began + number / per_second
            await asyncio.sleep(max(due - loop.time(), 0))
            call = calls[number % len(calls)]
            tasks.create_task(_one(server, call, due, times[call.name]))
    return {name: found.summary() for name, found in times.items()}


async def _one(server: Upstream, call: Call, due: float, times: Times) -> None:
    body = json.dumps(call.body).encode() if call.body is not None else None
    headers = [("host", f"{server.host}:{server.port}"), *call.headers]
    if call.token:
        headers.append(("authorization", f"Bearer {call.token}"))
    if body is not None:
        headers += [("content-type", "application/json"), ("content-length", str(len(body)))]
    try:
        async with server.request(
            call.method, call.path, headers, _piece(body) if body else None, PATIENCE
        ) as answer:
            async for _ in answer.body:
                pass
    except UpstreamFailed as problem:
        times.failures.append(str(problem))
        return
    if answer.status == 200:
        times.seconds.append(asyncio.get_running_loop().time() - due)
    else:
        times.failures.append(str(answer.status))


async def _piece(body: bytes) -> AsyncIterator[bytes]:
    yield body
