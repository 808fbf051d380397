"""Calls whose message is long in coming, or never comes: who is known, and what that may hold."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2

from service.rpc import limits
from service.rpc import llm_service_pb2 as pb
from tests.service.conftest import KEY, Service
from tests.service.raw_calls import RawCalls, message, raw_calls
from tests.service.transports import eventually, rpc_transport
from tests.soon import SOON

KNOWN = [(b"authorization", f"Bearer {KEY}".encode())]
METHODS = [f"/LLMService/{method}" for method in ("GenerateText", "StreamChat", "ListModels")]
CHECK, WATCH = "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"
REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
HI = pb.GenerateTextRequest(prompt="Hi").SerializeToString()
WINDOW = 65_535


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MESSAGE_SECONDS", 0.1)
    monkeypatch.setattr(limits, "STRANGERS_SECONDS", 0.1)


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MESSAGES_AT_ONCE", 1)
    monkeypatch.setattr(limits, "STRANGERS_AT_ONCE", 1)


@pytest.fixture
async def calls(service: Service) -> AsyncIterator[RawCalls]:
    async with raw_calls(service.ports.grpc) as calls:
        yield calls


async def status(calls: RawCalls, call: int) -> grpc.StatusCode:
    number = int((await calls.ended(call))[b"grpc-status"])
    return next(code for code in grpc.StatusCode if code.value[0] == number)


@pytest.mark.parametrize("method", METHODS)
async def test_stranger_is_refused_before_any_message(
    service: Service, calls: RawCalls, method: str
) -> None:
    call = await calls.begin(method)
    assert await status(calls, call) == grpc.StatusCode.UNAUTHENTICATED
    assert service.outcomes() == {"invalid_api_key": 1}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("part", [b"", message(b"x" * 100, announced=1000)])
async def test_message_that_does_not_come_in_time_ends_its_call(
    hasty: None, service: Service, calls: RawCalls, method: str, part: bytes
) -> None:
    call = await calls.begin(method, metadata=KNOWN)
    await calls.send(call, part)
    assert await status(calls, call) == grpc.StatusCode.INVALID_ARGUMENT
    assert service.outcomes() == {"body_timeout": 1}


async def test_message_may_come_later_than_its_call(service: Service, calls: RawCalls) -> None:
    call = await calls.begin(METHODS[0], metadata=KNOWN)
    slow = message(HI)
    await calls.send(call, slow[:-1])
    other = await calls.begin(METHODS[0], metadata=KNOWN)
    await calls.send(other, slow, end=True)
    assert await status(calls, other) == grpc.StatusCode.OK
    await calls.send(call, slow[-1:], end=True)
    assert await status(calls, call) == grpc.StatusCode.OK


async def test_message_beyond_those_that_may_be_under_way_takes_the_place_of_the_first(
    narrow: None, service: Service, calls: RawCalls
) -> None:
    slow = await calls.begin(METHODS[0], metadata=KNOWN)
    await status(calls, await calls.begin(METHODS[0]))  # which comes after it
    async with rpc_transport(service.ports.grpc, key=KEY) as quick:
        assert (await quick.ask("Hi")).text == "Hello world"
    assert await status(calls, slow) == grpc.StatusCode.UNAVAILABLE
    assert service.outcomes() == {"ok": 1, "queue_full": 1, "invalid_api_key": 1}


async def test_call_that_ends_without_a_message_is_the_callers_error(
    monkeypatch: pytest.MonkeyPatch, service: Service, calls: RawCalls
) -> None:
    monkeypatch.setattr("service.rpc.calls.TOLD_WITHIN_SECONDS", 0.01)
    call = await calls.begin(METHODS[0], metadata=KNOWN)
    await calls.send(call, b"", end=True)
    assert await status(calls, call) == grpc.StatusCode.INVALID_ARGUMENT


async def test_caller_that_leaves_before_its_message_has_left(service: Service) -> None:
    async with raw_calls(service.ports.grpc) as calls:
        await calls.begin(METHODS[0], metadata=KNOWN)
        await status(calls, await calls.begin(METHODS[0]))  # which comes after it
    await eventually(lambda: service.outcomes() == {"cancelled": 1, "invalid_api_key": 1})


async def test_deadline_of_the_caller_holds_before_its_message(
    service: Service, calls: RawCalls
) -> None:
    await calls.begin(METHODS[0], metadata=[*KNOWN, (b"grpc-timeout", b"100m")])
    await eventually(lambda: service.outcomes() == {"deadline_exceeded": 1})


async def test_of_what_nobody_reads_no_more_is_kept_than_a_window(
    service: Service, calls: RawCalls
) -> None:
    service.engine.go.clear()
    call = await calls.begin(METHODS[0], metadata=KNOWN)
    await calls.send(call, message(HI))
    await service.engine.wait_for_requests(1)
    assert calls.window(call) <= WINDOW


@pytest.mark.parametrize("path", [CHECK, WATCH, REFLECTION])
async def test_what_needs_no_key_is_not_waited_for_either(
    hasty: None, calls: RawCalls, path: str
) -> None:
    call = await calls.begin(path)
    await calls.send(call, message(b"x" * 100, announced=1000))
    assert await status(calls, call) == grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("path", [CHECK, WATCH, REFLECTION])
async def test_health_is_told_whoever_keeps_the_service_waiting(
    narrow: None, service: Service, calls: RawCalls, path: str
) -> None:
    begun = [await calls.begin(path) for _ in range(2)]
    ends = [asyncio.create_task(status(calls, call)) for call in begun]
    # The library may take them in any order.
    (first,), (second,) = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    assert first.result() == grpc.StatusCode.UNAVAILABLE
    async with grpc.aio.insecure_channel(f"127.0.0.1:{service.ports.grpc}") as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        await stub.Check(health_pb2.HealthCheckRequest(), timeout=SOON)
    assert await second == grpc.StatusCode.UNAVAILABLE


async def test_reflection_ends_when_its_client_has_no_more_questions_for_a_while(
    hasty: None, calls: RawCalls
) -> None:
    call = await calls.begin(REFLECTION)
    question = reflection_pb2.ServerReflectionRequest(list_services="")
    await calls.send(call, message(question.SerializeToString()))
    assert await status(calls, call) == grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.settings(max_connections=1)
async def test_watchers_of_health_are_no_more_than_connections(calls: RawCalls) -> None:
    first, second = await calls.begin(WATCH), await calls.begin(WATCH)
    await calls.send(first, message(b""))
    await asyncio.wait_for(calls.answered(first), SOON)
    await calls.send(second, message(b""))
    assert await status(calls, first) == grpc.StatusCode.UNAVAILABLE
    assert calls.is_open(second)
