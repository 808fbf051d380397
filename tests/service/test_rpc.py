"""What only gRPC does: the contract on the wire, reflection, retry information."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from tests.service.conftest import Service
from tests.service.over_grpc import refusal
from tests.service.transports import eventually
from tests.soon import SOON


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


@pytest.mark.settings(grpc_auth="off")
@pytest.mark.parametrize("method", ["GenerateText", "StreamChat"])
async def test_bytes_that_are_no_message_are_the_callers_error(
    channel: grpc.aio.Channel, method: str
) -> None:
    calls: Any = channel
    if method == "StreamChat":
        answer = calls.unary_stream(f"/LLMService/{method}")(b"\x0a\x05cut").read()
    else:
        answer = calls.unary_unary(f"/LLMService/{method}")(b"\x0a\x05cut")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await answer
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT


def generate_text(channel: grpc.aio.Channel) -> Any:
    """The method by its name alone: bytes in, bytes out."""
    call: Any = channel.unary_unary
    return call("/LLMService/GenerateText")


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
@pytest.mark.parametrize("compression", [None, grpc.Compression.Gzip])
async def test_message_beyond_the_limit_is_refused_with_details_and_the_next_works(
    service: Service, channel: grpc.aio.Channel, compression: grpc.Compression | None
) -> None:
    call = generate_text(channel)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call(b"\x0a\x80\x10" + b"x" * 2048, compression=compression)
    found = refusal(refused.value)
    assert (found.status, found.code) == ("RESOURCE_EXHAUSTED", "request_too_large")
    assert "larger than 1024 bytes" in found.message
    assert await call(b"\x0a\xfd\x07" + b"x" * 1021)  # 1,024 bytes
    assert service.outcomes() == {"request_too_large": 1, "ok": 1}


@pytest.mark.settings(grpc_auth="off", max_body_bytes=1024)
async def test_message_far_beyond_the_limit_is_refused_by_the_library(
    service: Service, channel: grpc.aio.Channel
) -> None:
    """As the README and the .proto have it: in its own words, and a client who left in ours."""
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await generate_text(channel)(bytes(1024 + (1 << 20) + 1))
    assert refused.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "1049601 vs. 1049600" in str(refused.value.details())
    assert tuple(refused.value.trailing_metadata() or ()) == ()
    await eventually(lambda: service.outcomes() == {"cancelled": 1})


@pytest.mark.settings(grpc_auth="off")
async def test_clients_deadline_ends_the_generation(
    service: Service, channel: grpc.aio.Channel
) -> None:
    service.engine.go.clear()
    call = generate_text(channel)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call(old_request("Hi", max_tokens=1, temperature=0), timeout=1)
    assert refused.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    await asyncio.wait_for(service.engine.left.wait(), SOON)


@pytest.mark.settings(grpc_auth="off")
@pytest.mark.parametrize("sent", [(("x-request-id", "abc-1"),), ()])
async def test_request_id_comes_back_with_every_answer_and_every_refusal(
    channel: grpc.aio.Channel, sent: tuple[tuple[str, str], ...]
) -> None:
    call = generate_text(channel)(old_request("Hi", max_tokens=1, temperature=0), metadata=sent)
    await call
    told = dict(await call.initial_metadata())["x-request-id"]
    assert told == dict(await call.trailing_metadata())["x-request-id"]
    assert told == "abc-1" if sent else len(told) == 32
    wrong = generate_text(channel)(old_request("Hi", max_tokens=1, temperature=9), metadata=sent)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await wrong
    trailing: Any = refused.value.trailing_metadata()
    told = dict(trailing)["x-request-id"]
    assert told == "abc-1" if sent else len(told) == 32


@pytest.mark.settings(grpc_auth="off")
async def test_load_balancers_id_is_the_requests_where_its_caller_gave_it_none(
    channel: grpc.aio.Channel,
) -> None:
    root = "1-67891233-abcdef012345678912345678"
    trace = ("x-amzn-trace-id", f"Self=1-67891233-12456789abcdef012345678;Root={root}")
    for sent, wanted in (((trace,), root), ((trace, ("x-request-id", "abc-1")), "abc-1")):
        call = generate_text(channel)(old_request("Hi", max_tokens=1, temperature=0), metadata=sent)
        await call
        assert dict(await call.initial_metadata())["x-request-id"] == wanted


@pytest.mark.settings(grpc_auth="off")
async def test_refused_call_has_no_headers_so_that_grpc_may_try_it_again(
    service: Service, channel: grpc.aio.Channel
) -> None:
    service.parts.gate.close()
    call = generate_text(channel)(old_request("Hi", max_tokens=1, temperature=0))
    with pytest.raises(grpc.aio.AioRpcError):
        await call
    assert "x-request-id" not in dict(await call.initial_metadata())
