"""What only gRPC does: the contract on the wire, health, reflection, retry information."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from tests.service.conftest import Service

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@pytest.fixture
async def channel(service: Service) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{service.ports.grpc}") as channel:
        yield channel


def old_request(prompt: str, *, max_tokens: int, temperature: float) -> bytes:
    """The request as a client wrote it before our .proto: fields 1, 2 and 3, by hand."""
    text = prompt.encode()
    return (
        bytes([0x0A, len(text)])
        + text
        + bytes([0x10, max_tokens])
        + bytes([0x1D])
        + struct.pack("<f", temperature)
    )


@pytest.mark.settings(grpc_auth="off")
async def test_client_that_knows_only_the_contract_is_answered(
    service: Service, channel: grpc.aio.Channel
) -> None:
    answer = await generate_text(channel)(old_request("Hi", max_tokens=9, temperature=0.5))
    assert answer.startswith(b"\x0a\x0bHello world")
    sent = service.engine.requests[0]
    assert (sent["prompt"], sent["max_tokens"], sent["temperature"]) == ("Hi", 9, 0.5)


def generate_text(channel: grpc.aio.Channel) -> Any:
    """The method by its name alone: bytes in, bytes out."""
    call: Any = channel.unary_unary
    return call("/LLMService/GenerateText")


async def check(channel: grpc.aio.Channel, name: str) -> int:
    stub = health_pb2_grpc.HealthStub(channel)
    answer: Any = await stub.Check(health_pb2.HealthCheckRequest(service=name))
    return int(answer.status)


@pytest.mark.parametrize("name", ["", "LLMService"])
async def test_health_follows_readiness(
    service: Service, channel: grpc.aio.Channel, name: str
) -> None:
    assert await check(channel, name) == SERVING
    service.parts.health.start_draining()
    await asyncio.sleep(0)
    assert await check(channel, name) == NOT_SERVING


async def test_load_balancer_which_reads_only_the_status_sees_not_ready_as_unavailable(
    service: Service,
) -> None:
    options = [("grpc.primary_user_agent", "ELB-HealthChecker/2.0")]
    target = f"127.0.0.1:{service.ports.grpc}"
    async with grpc.aio.insecure_channel(target, options=options) as channel:
        assert await check(channel, "") == SERVING
        service.parts.health.set_engine_ready(False)
        await asyncio.sleep(0)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await check(channel, "")
    assert refused.value.code() == grpc.StatusCode.UNAVAILABLE


async def test_reflection_lists_the_service(channel: grpc.aio.Channel) -> None:
    stub = reflection_pb2_grpc.ServerReflectionStub(channel)
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    calls = stub.ServerReflectionInfo(iter([request]))
    answers = [answer async for answer in calls]
    names = {entry.name for entry in answers[0].list_services_response.service}
    assert {"LLMService", "grpc.health.v1.Health"} <= names


@pytest.mark.settings(grpc_auth="off")
async def test_refusal_for_now_carries_the_pushback_that_grpc_clients_honour(
    service: Service, channel: grpc.aio.Channel
) -> None:
    service.parts.gate.close()
    call = generate_text(channel)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call(old_request("Hi", max_tokens=1, temperature=0))
    assert refused.value.code() == grpc.StatusCode.UNAVAILABLE
    metadata: Any = refused.value.trailing_metadata()
    trailing = dict(metadata)
    assert trailing["grpc-retry-pushback-ms"] == "1000"


@pytest.mark.settings(grpc_auth="off", max_body_bytes=1024)
async def test_message_beyond_the_limit_is_refused_and_the_next_works(
    channel: grpc.aio.Channel,
) -> None:
    call = generate_text(channel)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call(b"\x0a\x80\x10" + b"x" * 2048)
    assert refused.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert await call(old_request("Hi", max_tokens=1, temperature=0))


@pytest.mark.settings(grpc_auth="off")
async def test_clients_deadline_ends_the_generation(
    service: Service, channel: grpc.aio.Channel
) -> None:
    service.engine.go.clear()
    call = generate_text(channel)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call(old_request("Hi", max_tokens=1, temperature=0), timeout=0.2)
    assert refused.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    await asyncio.wait_for(service.engine.left.wait(), 2)
