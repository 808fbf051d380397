"""What a gRPC client may take of a connection, and of connections."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from service.rpc import limits
from service.rpc import llm_service_pb2 as pb
from service.rpc.llm_service_pb2_grpc import LLMServiceStub
from tests.service.conftest import KEY, Service
from tests.service.over_grpc import refusal
from tests.service.transports import eventually
from tests.soon import SOON

KEY_METADATA = ("authorization", f"Bearer {KEY}")
SERVING = health_pb2.HealthCheckResponse.SERVING
REQUEST = pb.GenerateTextRequest(prompt="Hi")

# https://www.rfc-editor.org/rfc/rfc9113.html, sections 3.4, 6.5, 6.7 and 6.8
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS, PING, GOAWAY = 0x4, 0x6, 0x7
ENHANCE_YOUR_CALM = 0xB


def frame(kind: int, payload: bytes = b"", *, flags: int = 0) -> bytes:
    return struct.pack("!I", len(payload))[1:] + bytes([kind, flags]) + bytes(4) + payload


async def frames(reader: asyncio.StreamReader) -> AsyncIterator[tuple[int, bytes]]:
    """Kind and payload of each, until the connection ends."""
    try:
        while head := await reader.read(9):
            head += await reader.readexactly(9 - len(head))
            yield head[3], await reader.readexactly(int.from_bytes(head[:3]))
    except ConnectionResetError:
        return


@asynccontextmanager
async def http2(
    service: Service,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection that has begun to speak HTTP/2, and answers nothing."""
    reader, writer = await asyncio.open_connection("127.0.0.1", service.ports.grpc)
    writer.write(PREFACE + frame(SETTINGS))
    try:
        async with asyncio.timeout(SOON):
            yield reader, writer
    finally:
        writer.close()


def channel(service: Service) -> grpc.aio.Channel:
    """A connection of its own."""
    options = [("grpc.use_local_subchannel_pool", 1)]
    return grpc.aio.insecure_channel(f"127.0.0.1:{service.ports.grpc}", options)


def stub_of(channel: grpc.aio.Channel) -> LLMServiceStub:
    return LLMServiceStub(channel)  # type: ignore[no-untyped-call]  # generated


@asynccontextmanager
async def stub(service: Service) -> AsyncIterator[LLMServiceStub]:
    """On a connection of its own."""
    async with channel(service) as own:
        yield stub_of(own)


async def answered(client: LLMServiceStub) -> bool:
    try:
        return bool(await ask(client, "Hi"))
    except grpc.aio.AioRpcError:
        return False


async def services(channel: grpc.aio.Channel) -> int:
    """How many there are, by reflection."""
    question = reflection_pb2.ServerReflectionRequest(list_services="")
    stub = reflection_pb2_grpc.ServerReflectionStub(channel)
    answers = [answer async for answer in stub.ServerReflectionInfo(iter([question]))]
    return len(answers[0].list_services_response.service)


async def ask(client: LLMServiceStub, prompt: str) -> str:
    request = pb.GenerateTextRequest(prompt=prompt)
    return str((await client.GenerateText(request, metadata=(KEY_METADATA,))).generated_text)


@pytest.mark.settings(max_header_bytes=2048)
async def test_metadata_beyond_the_limit_is_refused_and_the_next_call_works(
    service: Service,
) -> None:
    async with stub(service) as client:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await client.GenerateText(REQUEST, metadata=(KEY_METADATA, ("x-long", "x" * 3000)))
        assert refused.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert await ask(client, "Hi")


@pytest.mark.settings(max_connections=2)
async def test_beyond_the_limit_of_connections_only_health_and_reflection_answer(
    service: Service,
) -> None:
    async with stub(service) as client, stub(service) as other, channel(service) as surplus:
        await ask(client, "Hi")
        await ask(other, "Hi")
        health = health_pb2_grpc.HealthStub(surplus)
        assert (await health.Check(health_pb2.HealthCheckRequest())).status == SERVING
        for _ in range(2):
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await ask(stub_of(surplus), "Hi")
            found = refusal(refused.value)
            assert (found.status, found.code) == ("UNAVAILABLE", "too_many_connections")
            assert found.retry_after_seconds
        assert await services(surplus) == 3
        assert await ask(client, "Hi")
    assert service.outcomes() == {"ok": 3, "too_many_connections": 2}


@pytest.mark.settings(max_connections=1)
async def test_who_shows_no_key_takes_no_place_of_who_does(service: Service) -> None:
    async with channel(service) as stranger, stub(service) as client:
        watch = health_pb2_grpc.HealthStub(stranger).Watch(health_pb2.HealthCheckRequest())
        assert (await watch.read()).status == SERVING
        with pytest.raises(grpc.aio.AioRpcError):
            await stub_of(stranger).GenerateText(REQUEST)
        assert await ask(client, "Hi")


@pytest.mark.settings(max_connections=1)
async def test_connection_that_ends_makes_room_for_one_that_waits(service: Service) -> None:
    async with channel(service) as waiting:
        async with stub(service) as first:
            await ask(first, "Hi")
            with pytest.raises(grpc.aio.AioRpcError):
                await ask(stub_of(waiting), "Hi")
        async with asyncio.timeout(SOON):
            while not await answered(stub_of(waiting)):
                pass


@pytest.mark.settings(max_connections=1)
async def test_room_for_health_has_an_end(service: Service) -> None:
    async with http2(service) as (one, _), http2(service) as (two, _):
        for there in (one, two):
            await anext(frames(there))
        async with http2(service) as (beyond, _):
            assert [kind async for kind, _ in frames(beyond)] == []


@pytest.mark.settings(keep_alive_seconds=0.2)
async def test_connection_without_a_call_is_closed_in_time(service: Service) -> None:
    async with http2(service) as (reader, writer):
        writer.write(frame(SETTINGS, flags=1))
        async for kind, payload in frames(reader):
            if kind == PING:
                writer.write(frame(PING, payload, flags=1))
        assert kind == GOAWAY


@pytest.mark.settings(max_grpc_streams=1, slots=4)
async def test_calls_beyond_the_limit_of_a_connection_wait_at_the_client(service: Service) -> None:
    service.engine.go.clear()
    async with stub(service) as one, stub(service) as other:
        calls = [asyncio.create_task(ask(one, "first"))]
        await service.engine.wait_for_requests(1)
        calls.append(asyncio.create_task(ask(one, "second")))
        calls.append(asyncio.create_task(ask(other, "elsewhere")))
        await service.engine.wait_for_requests(2)
        service.engine.go.set()
        async with asyncio.timeout(SOON):
            await asyncio.gather(*calls)
    assert [sent["prompt"] for sent in service.engine.requests] == ["first", "elsewhere", "second"]


async def test_flood_of_pings_ends_its_connection(service: Service) -> None:
    async with http2(service) as (reader, writer):
        writer.write(frame(PING, bytes(8)) * 20)
        reasons = [payload async for kind, payload in frames(reader) if kind == GOAWAY]
    assert int.from_bytes(reasons[0][4:8]) == ENHANCE_YOUR_CALM


async def test_client_that_asks_for_signs_of_life_now_and_then_gets_them(
    often: None, service: Service
) -> None:
    async with http2(service) as (reader, writer):
        answered = 0
        async for kind, _ in frames(reader):
            assert kind != GOAWAY
            answered += kind == PING
            if answered == 5:
                break
            if kind in (SETTINGS, PING):
                await asyncio.sleep(limits.LEAST_PING_INTERVAL_SECONDS * 1.5)  # the client's pace
                writer.write(frame(PING, bytes(8)))


async def test_connection_whose_client_answers_no_ping_is_closed(
    impatient: None, service: Service
) -> None:
    async with http2(service) as (reader, writer):
        writer.write(frame(SETTINGS, flags=1))  # acknowledges the server's
        kinds = [kind async for kind, _ in frames(reader)]
    assert PING in kinds


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client may ask often."""
    monkeypatch.setattr(limits, "LEAST_PING_INTERVAL_SECONDS", 0.1)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service asks soon, and waits little for an answer."""
    monkeypatch.setattr(limits, "PING_AFTER_SECONDS", 0.2)
    monkeypatch.setattr(limits, "PING_ANSWER_SECONDS", 0.2)


@pytest.mark.settings(header_seconds=0.2)
async def test_connection_that_speaks_no_http2_in_time_is_closed(service: Service) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", service.ports.grpc)
    async with asyncio.timeout(SOON):
        while await reader.read(1024):
            pass
    writer.close()


@pytest.mark.settings(max_grpc_streams=1, client_stall_seconds=0.2)
async def test_stalled_call_whose_client_cancels_it_leaves_its_place(service: Service) -> None:
    service.engine.pieces = ["x" * 10_000] * 1000
    async with stub(service) as client:
        stalled = client.StreamGenerateText(REQUEST, metadata=(KEY_METADATA,))
        await asyncio.wait_for(service.engine.left.wait(), SOON)
        await eventually(lambda: service.parts.gate.running == 0)
        stalled.cancel()
        service.engine.pieces = ["Hello"]
        async with asyncio.timeout(SOON):
            assert await ask(client, "Hi") == "Hello"
