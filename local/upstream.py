"""An HTTP/1.1 client for the front: one request a connection, streamed both ways, every wait bounded."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import h11

CONNECT_TIMEOUT = 5.0
STALL_TIMEOUT = 60.0
"""Seconds in which a transfer that has begun must get on."""
CHUNK = 64 * 1024


class UpstreamFailed(Exception):
    """The emulator cannot be reached, or broke off, or took too long."""


Headers = list[tuple[str, str]]


@dataclass(slots=True)
class Answer:
    """The head of a response; `body` yields the rest and must be used up or closed."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where the emulator listens."""

    host: str
    port: int

    @contextlib.asynccontextmanager
    async def request(
        self, method: str, target: str, headers: Headers, body: AsyncIterator[bytes] | None, patience: float
    ) -> AsyncIterator[Answer]:
        """Send a request and wait at most `patience` seconds for the head of the answer.

        `headers` have a host and, where there is a body, its framing. Raises UpstreamFailed.
        """
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                reader, writer = await asyncio.open_connection(self.host, self.port)
        except (OSError, TimeoutError) as error:
            raise UpstreamFailed("no connection") from error
        exchange = _Exchange(h11.Connection(h11.CLIENT), reader, writer)
        try:
            lines = [
                (n.encode("latin-1"), v.encode("latin-1")) for n, v in (*headers, ("connection", "close"))
            ]
            await exchange.send(h11.Request(method=method, target=target, headers=lines))
            if body is not None:
                # It may answer before it has read everything (and close): the answer counts.
                with contextlib.suppress(ConnectionError):
                    async for chunk in body:
                        await exchange.send(h11.Data(chunk))
            with contextlib.suppress(ConnectionError):
                await exchange.send(h11.EndOfMessage())
            head = await exchange.head(patience)
            yield Answer(head.status_code, list(head.headers), exchange.body())
        except (OSError, TimeoutError, h11.RemoteProtocolError) as error:
            raise UpstreamFailed(type(error).__name__) from error
        finally:
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(1):
                    await writer.wait_closed()


@dataclass(slots=True)
class _Exchange:
    connection: h11.Connection
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, event: h11.Event) -> None:
        data = self.connection.send(event)
        if data:
            self.writer.write(data)
            async with asyncio.timeout(STALL_TIMEOUT):
                await self.writer.drain()

    async def head(self, patience: float) -> h11.Response:
        async with asyncio.timeout(patience):
            while True:
                event = await self._next()
                if isinstance(event, h11.Response):
                    return event
                if isinstance(event, h11.ConnectionClosed):
                    raise ConnectionResetError

    async def body(self) -> AsyncIterator[bytes]:
        while True:
            async with asyncio.timeout(STALL_TIMEOUT):
                event = await self._next()
            if isinstance(event, h11.Data):
                yield bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return
            else:
                raise ConnectionResetError

    async def _next(self) -> object:
        while True:
            event = self.connection.next_event()
            if event is not h11.NEED_DATA:
                return event
            self.connection.receive_data(await self.reader.read(CHUNK))
