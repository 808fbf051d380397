"""A client that stops reading: its generation, slot and connection, and what is kept for it."""

from __future__ import annotations

import asyncio
import json
import select
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest

from service import heartbeat
from service.outcomes import CANCELLED, CLIENT_STALLED, OK
from service.rpc import llm_service_pb2 as pb
from service.rpc.llm_service_pb2_grpc import LLMServiceStub
from tests.service.conftest import KEY, Service
from tests.service.transports import eventually
from tests.soon import SOON

RpcCall = grpc.aio.UnaryStreamCall[pb.GenerateTextRequest, pb.StreamGenerateTextResponse]

PIECE = "x" * 10_000
PIECES = 1000
# What may lie on the way from the engine: in its socket, in our reader, in the kernel for the
# client. Of the engine's 10 MB most must still be with the engine.
BUFFERED_AT_MOST = 5_000_000


@pytest.fixture
def much(service: Service) -> Service:
    """A service whose answers no buffer holds."""
    service.engine.pieces = [PIECE] * PIECES
    return service


@asynccontextmanager
async def asked(
    service: Service, *, streamed: bool, close: bool = False, window: int = 4096
) -> AsyncIterator[Reader]:
    """A connection that has asked, and reads only when it is told to."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
    connection.setblocking(False)
    loop = asyncio.get_running_loop()
    with connection:
        await loop.sock_connect(connection, ("127.0.0.1", service.ports.http))
        body = json.dumps({"prompt": "Hi", "stream": streamed}).encode()
        head = (
            f"POST /v1/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\n"
            f"connection: {'close' if close else 'keep-alive'}\r\ncontent-length: {len(body)}\r\n"
        )
        await loop.sock_sendall(connection, f"{head}\r\n".encode() + body)
        yield Reader(connection)


class Reader:
    """What the client sees of its connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def is_reset(self) -> bool:
        """Whether the server's end is gone, whatever is still unread here."""
        poll = select.poll()
        poll.register(self._connection, select.POLLERR)
        return any(event & select.POLLERR for _, event in poll.poll(0))

    async def read(self, size: int) -> bytes:
        return await asyncio.get_running_loop().sock_recv(self._connection, size)


@pytest.mark.settings(client_stall_seconds=0.2)
async def test_stream_that_nobody_reads_is_cut_off_and_its_slot_freed(much: Service) -> None:
    async with asked(much, streamed=True) as reader:
        await asyncio.wait_for(much.engine.left.wait(), SOON)
        await eventually(lambda: much.parts.gate.running == 0)
        await eventually(reader.is_reset)
    assert much.outcomes() == {CLIENT_STALLED: 1}
    assert much.engine.written * len(PIECE) < BUFFERED_AT_MOST


@pytest.mark.settings(client_stall_seconds=0.2)
@pytest.mark.parametrize("close", [True, False])
async def test_answer_that_nobody_reads_does_not_keep_its_connection(
    much: Service, close: bool
) -> None:
    async with asked(much, streamed=False, close=close) as reader:
        await eventually(lambda: much.outcomes() == {OK: 1})
        await eventually(reader.is_reset)


@pytest.mark.settings(client_stall_seconds=0.2)
async def test_short_end_of_an_answer_that_nobody_reads_does_not_keep_its_connection(
    service: Service,
) -> None:
    service.engine.pieces = ["x" * 120_000]  # most of it fits what the kernels hold
    async with asked(service, streamed=False) as reader:
        await eventually(reader.is_reset)


@pytest.mark.settings(client_stall_seconds=2)  # the kernel may take 0.2 to see a window open
@pytest.mark.parametrize("streamed", [True, False])
async def test_client_that_reads_slowly_is_not_cut_off(service: Service, streamed: bool) -> None:
    service.engine.pieces = [PIECE] * 100
    async with asked(service, streamed=streamed, close=True, window=1 << 17) as reader:
        read = 0
        async with asyncio.timeout(60):
            while data := await reader.read(20_000):
                read += len(data)
                await asyncio.sleep(0.05)  # this is the slow client; nothing is waited for
    assert read > 100 * len(PIECE)
    assert service.outcomes() == {OK: 1}


async def test_client_that_leaves_is_no_stalled_one(much: Service) -> None:
    async with asked(much, streamed=True):
        await much.engine.wait_for_requests(1)
    await eventually(lambda: much.outcomes() == {CANCELLED: 1})


@asynccontextmanager
async def asked_by_rpc(service: Service) -> AsyncIterator[RpcCall]:
    """A call that nobody reads. Without the probe its window stays at 64 KiB."""
    options = [("grpc.http2.bdp_probe", 0)]
    async with grpc.aio.insecure_channel(f"127.0.0.1:{service.ports.grpc}", options) as channel:
        stub = LLMServiceStub(channel)  # type: ignore[no-untyped-call]  # generated
        metadata = (("authorization", f"Bearer {KEY}"),)
        yield stub.StreamGenerateText(pb.GenerateTextRequest(prompt="Hi"), metadata=metadata)


@pytest.mark.settings(client_stall_seconds=0.2)
async def test_call_that_nobody_reads_is_cut_off_and_its_slot_freed(much: Service) -> None:
    async with asked_by_rpc(much) as call:
        await asyncio.wait_for(much.engine.left.wait(), SOON)
        await eventually(lambda: much.parts.gate.running == 0)
        assert much.outcomes() == {CLIENT_STALLED: 1}
        assert much.engine.written * len(PIECE) < BUFFERED_AT_MOST
        with pytest.raises(grpc.aio.AioRpcError) as cut:  # if it reads after all
            _ = [message async for message in call]
    assert cut.value.code() == grpc.StatusCode.CANCELLED
    assert "0.2 seconds" in (cut.value.details() or "")


async def test_silent_call_gets_empty_messages_once_the_engine_has_begun(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "SILENCE_SECONDS", 0.02)
    service.engine.go.clear()
    async with asked_by_rpc(service) as call:
        messages = aiter(call)
        for _ in range(2):
            assert await anext(messages) == pb.StreamGenerateTextResponse()
        service.engine.go.set()
        async with asyncio.timeout(SOON):
            texts = [message.generated_text async for message in call]
    assert "".join(texts) == "Hello world"


@pytest.mark.settings(slots=1, max_wait_seconds=0.3)
async def test_call_that_the_queue_refuses_has_not_begun_so_that_grpc_may_try_it_again(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "SILENCE_SECONDS", 0.02)
    service.engine.go.clear()
    async with asked_by_rpc(service):
        await service.engine.wait_for_requests(1)
        async with asked_by_rpc(service) as waiting, asyncio.timeout(SOON):
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                _ = [message async for message in waiting]
    assert dict(refused.value.initial_metadata()) == {}
    trailing: Any = refused.value.trailing_metadata()
    assert "grpc-retry-pushback-ms" in dict(trailing)
