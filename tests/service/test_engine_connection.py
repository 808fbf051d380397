"""The engine's answers as they may lie on the wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from service.engine.client import EngineClient
from service.engine.progress import ProgressWatch
from service.errors import EngineAbsent, EngineUnavailable
from service.generation import GenerationRequest
from service.sampling import Sampling
from tests.soon import SOON

OPEN = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
EVENTS = (
    b'data: {"choices": [{"index": 0, "text": "Gr\xc3\xbc\xc3\x9fe"}]}\n\n'
    b'data: {"choices": [{"index": 0, "text": "", "finish_reason": "stop"}]}\n\n'
    b"data: [DONE]\n\n"
)
WHOLE = OPEN + b"%x\r\n%b\r\n0\r\n\r\n" % (len(EVENTS), EVENTS)


@asynccontextmanager
async def answering(folder: Path, pieces: Iterable[bytes]) -> AsyncIterator[EngineClient]:
    """A client of an engine that writes these to whoever asks, and closes."""
    socket_path = str(folder / "engine.sock")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0)
        writer.close()

    async with await asyncio.start_unix_server(answer, socket_path):
        yield EngineClient(socket_path, ProgressWatch(stall_seconds=SOON))


async def text(client: EngineClient) -> str:
    request = GenerationRequest(prompt="Hi", sampling=Sampling())
    async with asyncio.timeout(SOON), client.stream(request) as chunks:
        return "".join([chunk.text async for chunk in chunks])


@pytest.mark.parametrize("size", [1, len(WHOLE)])
async def test_answer_is_the_same_in_however_many_pieces_it_comes(
    tmp_path: Path, size: int
) -> None:
    pieces = [WHOLE[place : place + size] for place in range(0, len(WHOLE), size)]
    async with answering(tmp_path, pieces) as client:
        assert await text(client) == "Grüße"


@pytest.mark.parametrize(
    "wire",
    [b"", OPEN, WHOLE[:-30], OPEN + b"0\r\n\r\n", b"HTTP/9 none\r\n\r\n", OPEN + b"none\r\n"],
    ids=["nothing", "no body", "cut", "empty", "no HTTP", "no chunks"],
)
async def test_answer_that_is_not_whole_is_an_engine_that_is_lost(
    tmp_path: Path, wire: bytes
) -> None:
    async with answering(tmp_path, [wire]) as client:
        with pytest.raises(EngineUnavailable, match="stopped"):
            await text(client)


async def test_engine_that_does_not_listen_is_absent(tmp_path: Path) -> None:
    client = EngineClient(str(tmp_path / "engine.sock"), ProgressWatch(stall_seconds=SOON))
    with pytest.raises(EngineAbsent):
        await text(client)
    assert not await client.is_healthy()
