"""The open loop: steady whatever the answers take, and a stall is seen in every call that it held up."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from local.load_client import Call, Times, drive
from local.upstream import Upstream

VERIFY = Call("verify", "POST", "/v1/verify", body={"code": "x"})
READ = Call("read", "GET", "/v1/certificates/1", token="t", headers=(("x-app-version", "9.0"),))


def driven(
    answer: Callable[[int], tuple[float, int]], calls: list[Call], count: int
) -> tuple[Any, list[bytes]]:
    """Drive `count` calls in a tenth of a second against a server that answers call n as told: (seconds, status)."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        asked.append(head)
        seconds, status = answer(len(asked))
        await asyncio.sleep(seconds)
        writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}".encode())
        await writer.drain()
        writer.close()

    async def run() -> Any:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            return await drive(Upstream("127.0.0.1", port), calls, count * 10, 0.1)

    # In a thread: in the process that drives browsers a loop is running already.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, run()).result(), asked


def test_calls_are_made_in_turn_and_a_slow_answer_holds_none_up() -> None:
    found, asked = driven(lambda n: (0.3 if n == 1 else 0.0, 200), [VERIFY, READ], 10)
    assert {name: times["calls"] for name, times in found.items()} == {"verify": 5, "read": 5}
    assert found["verify"]["p99"] >= 300 > found["verify"]["p50"]
    heads = b"".join(asked)
    assert heads.count(b"POST /v1/verify") == heads.count(b"GET /v1/certificates/1") == 5
    assert heads.count(b"Bearer t") == heads.count(b"x-app-version: 9.0") == 5


def test_what_is_not_200_is_a_failure_with_its_status() -> None:
    found, _ = driven(lambda n: (0.0, 503 if n % 2 else 200), [VERIFY], 4)
    assert found["verify"]["failures"] == ["503", "503"]
    assert found["verify"]["calls"] == 4


def test_percentiles_are_the_nearest_rank() -> None:
    times = Times([n / 1000 for n in range(1, 101)])
    assert [times.percentile(share) for share in (0.5, 0.95, 0.99, 1.0)] == [0.05, 0.095, 0.099, 0.1]
    assert Times([7.0]).percentile(0.5) == 7.0
    assert math.isnan(Times().percentile(0.5))
