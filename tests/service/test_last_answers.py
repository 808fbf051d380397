"""An answer that is still being sent when the task is told to end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from service.server import drain
from tests.service.conftest import KEY, Service
from tests.service.link import Link, stuck_link
from tests.service.transports import eventually, rest_transport, rpc_transport
from tests.soon import SOON

TEXT = "x" * 2_000_000  # far more than is buffered on the way


@dataclass
class Stuck:
    """An answer on its way to a client, whose slot is free already."""

    service: Service
    link: Link
    answer: asyncio.Task[str]

    def drain(self) -> asyncio.Task[None]:
        service = self.service
        return asyncio.create_task(drain(service.parts, service.settings, service.transports))


@pytest.fixture(params=["rest", "grpc"])
async def stuck(request: pytest.FixtureRequest, service: Service) -> AsyncIterator[Stuck]:
    service.engine.pieces = [TEXT]
    rest = request.param == "rest"
    connected = rest_transport if rest else rpc_transport
    async with (
        stuck_link(service.ports.http if rest else service.ports.grpc) as link,
        connected(link.port, key=KEY) as transport,
    ):

        async def ask() -> str:
            return (await transport.ask("Hi")).text

        answer = asyncio.create_task(ask())
        await eventually(lambda: service.outcomes() == {"ok": 1})
        yield Stuck(service, link, answer)
        answer.cancel()


@pytest.mark.settings(drain_lag_seconds=0, drain_seconds=20)
async def test_drain_waits_until_the_last_answer_has_been_sent(stuck: Stuck) -> None:
    draining = stuck.drain()
    await asyncio.wait({draining}, timeout=0.3)
    assert not draining.done()
    stuck.link.open.set()
    async with asyncio.timeout(SOON):
        assert await stuck.answer == TEXT
        await draining


@pytest.mark.settings(drain_lag_seconds=0, drain_seconds=0.2)
async def test_drain_waits_for_no_answer_beyond_its_budget(
    stuck: Stuck, caplog: pytest.LogCaptureFixture
) -> None:
    async with asyncio.timeout(SOON):
        await stuck.drain()
    assert "drain budget spent" in caplog.messages
