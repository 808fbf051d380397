"""grpc.health.v1: asked and watched, by name, and by the load balancer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from service.health import EngineState, Health
from service.rpc.calls import Call
from service.rpc.health import Checks
from service.rpc.room import Room
from tests.service.conftest import KEY, Service
from tests.service.transports import rpc_transport
from tests.soon import SOON

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
SERVICE_UNKNOWN = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
FOLLOWING = pytest.mark.parametrize("name", ["", "LLMService"])


@pytest.fixture
async def channel(service: Service) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{service.ports.grpc}") as channel:
        yield channel


async def check(channel: grpc.aio.Channel, name: str) -> int:
    stub = health_pb2_grpc.HealthStub(channel)
    answer: Any = await stub.Check(health_pb2.HealthCheckRequest(service=name))
    return int(answer.status)


def watch(channel: grpc.aio.Channel, name: str) -> Any:
    return health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(service=name))


async def next_status(watching: Any) -> int:
    return int((await asyncio.wait_for(watching.read(), SOON)).status)


@FOLLOWING
@pytest.mark.parametrize("state", [s for s in EngineState if s != EngineState.READY])
async def test_health_follows_the_engine(
    service: Service, channel: grpc.aio.Channel, name: str, state: EngineState
) -> None:
    assert await check(channel, name) == SERVING
    service.parts.health.set_engine(state)
    assert await check(channel, name) == NOT_SERVING
    service.parts.health.set_engine(EngineState.READY)
    assert await check(channel, name) == SERVING


@FOLLOWING
async def test_who_watches_is_told_each_change(
    service: Service, channel: grpc.aio.Channel, name: str
) -> None:
    watching = watch(channel, name)
    assert await next_status(watching) == SERVING
    service.parts.health.set_engine(EngineState.STALLED)
    assert await next_status(watching) == NOT_SERVING
    service.parts.health.set_engine(EngineState.READY)
    assert await next_status(watching) == SERVING
    watching.cancel()


@FOLLOWING
async def test_draining_task_says_so_before_it_refuses_calls(
    service: Service, channel: grpc.aio.Channel, name: str
) -> None:
    watching = watch(channel, name)
    assert await next_status(watching) == SERVING
    service.parts.health.start_draining()
    assert await next_status(watching) == NOT_SERVING
    assert await check(channel, name) == NOT_SERVING
    async with rpc_transport(service.ports.grpc, key=KEY) as rpc:
        assert (await rpc.ask("Hi")).text == "Hello world"
    watching.cancel()


async def test_reflection_serves_for_as_long_as_the_process_does(
    service: Service, channel: grpc.aio.Channel
) -> None:
    service.parts.health.start_draining()
    assert await check(channel, reflection.SERVICE_NAME) == SERVING


async def test_unknown_name_is_not_found_and_may_be_watched(channel: grpc.aio.Channel) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await check(channel, "Other")
    assert refused.value.code() == grpc.StatusCode.NOT_FOUND
    watching = watch(channel, "Other")  # as the protocol has it: it might be registered later
    assert await next_status(watching) == SERVICE_UNKNOWN
    watching.cancel()


async def test_load_balancer_which_reads_only_the_status_sees_not_ready_as_unavailable(
    service: Service,
) -> None:
    options = [("grpc.primary_user_agent", "ELB-HealthChecker/2.0")]
    target = f"127.0.0.1:{service.ports.grpc}"
    async with grpc.aio.insecure_channel(target, options=options) as channel:
        assert await check(channel, "") == SERVING
        service.parts.health.set_engine(EngineState.RESTARTING)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await check(channel, "")
    assert refused.value.code() == grpc.StatusCode.UNAVAILABLE


class StalledReader:
    """gRPC's side of a call whose client reads nothing."""

    def __init__(self) -> None:
        self.writing = asyncio.Event()

    async def write(self, message: object) -> None:
        self.writing.set()
        await asyncio.Event().wait()

    async def read(self) -> bytes:
        return b""


async def test_who_watches_and_does_not_read_keeps_nobody_from_the_news() -> None:
    health, stalled = Health(), StalledReader()
    checks = Checks(health, strangers=Room(places=2), watchers=Room(places=1))
    call = Call(
        "/grpc.health.v1.Health/Watch",
        cast(Any, stalled),
        (),
        message_type=health_pb2.HealthCheckRequest,
        message_bytes=1024,
    )
    watching = asyncio.create_task(checks.Watch(call))
    await asyncio.wait_for(stalled.writing.wait(), SOON)
    assert (await checks.Check(call)).status == NOT_SERVING
    health.set_engine(EngineState.READY)
    health.set_keys_ready()
    assert (await checks.Check(call)).status == SERVING
    watching.cancel()
