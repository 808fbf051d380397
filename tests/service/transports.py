"""Both transports behind their one face, and what many tests do with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.service.face import Asked, Choice, Refused, Streamed, Transport, Usage
from tests.service.over_grpc import RpcTransport, rpc_details, rpc_transport
from tests.service.over_rest import RestTransport, rest_transport
from tests.soon import SOON

__all__ = [
    "CHAT",
    "PROMPT_AND_CHAT",
    "Refused",
    "RestTransport",
    "RpcTransport",
    "Transport",
    "collect",
    "eventually",
    "read",
    "refused",
    "rest_transport",
    "rpc_details",
    "rpc_transport",
]

CHAT: Asked = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Hello."},
    {"role": "user", "content": "Again"},
]
PROMPT_AND_CHAT = pytest.mark.parametrize("asked", ["Hi", CHAT], ids=["prompt", "chat"])


async def eventually(holds: Callable[[], bool]) -> None:
    """Returns when the condition holds."""
    async with asyncio.timeout(SOON):
        while not holds():  # noqa: ASYNC110  # what is watched has no event of its own
            await asyncio.sleep(0.01)


async def read(transport: Transport, asked: Asked = "Hi", **fields: Any) -> Streamed:
    """Reads a stream to its end."""
    streamed = Streamed()
    async for piece in transport.pieces(asked, **fields):
        if isinstance(piece, Usage):
            streamed.usage = piece
        elif piece != Choice(piece.index):
            streamed.pieces.append(piece)
    return streamed


async def collect(transport: Transport, asked: Asked = "Hi", **fields: Any) -> str:
    """The text of a stream."""
    return "".join((await read(transport, asked, **fields)).texts)


async def refused(
    transport: Transport, asked: Asked = "Hi", *, streamed: bool = False, **fields: Any
) -> Refused:
    """What the request is refused with."""
    with pytest.raises(Refused) as found:
        await (read(transport, asked, **fields) if streamed else transport.ask(asked, **fields))
    return found.value
