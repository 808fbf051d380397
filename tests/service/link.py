"""A way to a server on which answers get stuck until a test opens it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field

PASSED_BYTES = 20_000  # of answers, as much as an HTTP/2 connection needs to begin

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Link:
    """`port` is its near end. What is sent back beyond PASSED_BYTES waits for `open`."""

    port: int = 0
    open: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def stuck_link(to_port: int) -> AsyncIterator[Link]:
    link = Link()
    relays: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        relays.add(asyncio.create_task(relay((reader, writer), to_port, link)))

    async with await asyncio.start_server(connected, "127.0.0.1", 0) as server:
        link.port = server.sockets[0].getsockname()[1]
        yield link
        for each in relays:
            each.cancel()
        await asyncio.gather(*relays, return_exceptions=True)


async def relay(near: Streams, to_port: int, link: Link) -> None:
    far = await asyncio.open_connection(sock=await narrow_connection(to_port))
    await asyncio.gather(pass_on(near[0], far[1]), pass_on(far[0], near[1], link))


async def narrow_connection(port: int) -> socket.socket:
    """One for which the kernel buffers little."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", port))
    return connection


async def pass_on(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, link: Link | None = None
) -> None:
    passed = 0
    with suppress(ConnectionError), closing(writer):
        while data := await reader.read(4096):
            writer.write(data)
            await writer.drain()
            passed += len(data)
            if link is not None and passed > PASSED_BYTES:
                await link.open.wait()
