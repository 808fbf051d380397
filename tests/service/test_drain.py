"""SIGTERM under fifty open streams of both transports: the process, its engine of fixed pace."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass

import psutil

from bench.paced.environment import paced_environment
from tests.service.process import START_SECONDS, ServiceProcess, service_process
from tests.service.transports import Refused, Transport, rest_transport, rpc_transport

STREAMS = 50
PACE_MS = 20


@dataclass
class Ending:
    """How many pieces came, and the error that cut the stream, None for one that ended whole."""

    pieces: int = 0
    error: Refused | None = None


@contextmanager
def service_with(*, drain_seconds: float) -> Iterator[ServiceProcess]:
    with service_process(
        **paced_environment(pace_ms=PACE_MS),
        LLM_REST_AUTH="off",
        LLM_SLOTS=str(STREAMS),
        LLM_DRAIN_SECONDS=str(drain_seconds),
    ) as service:
        service.wait_until_ready()
        yield service


@asynccontextmanager
async def transports_to(service: ServiceProcess) -> AsyncIterator[tuple[Transport, Transport]]:
    async with (
        rest_transport(service.http_port, key=None) as rest,
        rpc_transport(service.grpc_port, key=None) as rpc,
    ):
        yield rest, rpc


@asynccontextmanager
async def open_streams(
    service: ServiceProcess, *, tokens: int
) -> AsyncIterator[list[asyncio.Task[Ending]]]:
    """Streams of which each has got its first piece, half of them by each transport."""
    arrived = [asyncio.Event() for _ in range(STREAMS)]

    async def read(transport: Transport, first: asyncio.Event) -> Ending:
        ending = Ending()
        try:
            async for _ in transport.stream("Go on.", max_tokens=tokens):
                ending.pieces += 1
                first.set()
        except Refused as refused:
            ending.error = refused
        return ending

    async with AsyncExitStack() as stack:
        transports = await stack.enter_async_context(transports_to(service))
        streams = [
            asyncio.create_task(read(transports[number % 2], first))
            for number, first in enumerate(arrived)
        ]
        async with asyncio.timeout(START_SECONDS):
            await asyncio.gather(*(first.wait() for first in arrived))
        yield streams


async def test_sigterm_inside_the_budget_cuts_none_of_fifty_streams() -> None:
    tokens = 400  # so many that all are still running when the last has begun
    with service_with(drain_seconds=60) as service:
        engine = service.engine()
        async with open_streams(service, tokens=tokens) as streams:
            service.process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(service.wait_for_log, "draining", running=STREAMS)
            endings = await asyncio.gather(*streams)
        assert endings == [Ending(tokens)] * STREAMS
        assert_ended(service, engine)


async def test_sigterm_with_too_short_a_budget_ends_each_stream_with_the_reason() -> None:
    with service_with(drain_seconds=0.5) as service:
        engine = service.engine()
        async with open_streams(service, tokens=1000) as streams:
            service.process.send_signal(signal.SIGTERM)
            endings = await asyncio.gather(*streams)
        assert {ending.error and ending.error.code for ending in endings} == {"draining"}
        assert_ended(service, engine)


def assert_ended(service: ServiceProcess, engine: psutil.Process) -> None:
    """With status 0, and nothing left of it."""
    assert service.process.wait(15) == 0
    assert not engine.is_running()
    service.wait_for_end_of_output()
    assert [line for line in service.logs if line["level"] == "error"] == []
