"""Requests that come before the answers to those before them: HTTP calls it pipelining."""

from __future__ import annotations

import asyncio

import pytest

from service.rest import protocol
from service.rest.connection_limits import SENT_AHEAD_AT_MOST
from tests.service.conftest import Service
from tests.service.transports import eventually
from tests.service.wire import LIVE, connected, connections, post


@pytest.mark.settings(header_seconds=1)
async def test_half_a_request_sent_ahead_does_not_disturb_the_answer_before_it(
    service: Service,
) -> None:
    service.engine.go.clear()
    async with connected(service) as wire:
        wire.send(post() + LIVE)
        await service.engine.wait_for_requests(1)
        async with connected(service) as other:
            await other.end()  # as long as headers may take
        service.engine.go.set()
        assert (await wire.answer()).status == 200
        assert (await wire.answer()).status == 408


@pytest.mark.settings(max_header_bytes=1024)
@pytest.mark.parametrize(
    ("ahead", "status"), [(LIVE + b"x-long: " + b"x" * 2000, 431), (b"garbage\r\n\r\n", 400)]
)
async def test_what_was_sent_ahead_is_refused_after_the_answer_before_it(
    service: Service, ahead: bytes, status: int
) -> None:
    service.engine.go.clear()
    async with connected(service) as wire:
        wire.send(post())
        await service.engine.wait_for_requests(1)
        wire.send(ahead)
        async with connected(service) as other:  # which comes after it
            other.send(LIVE + b"\r\n")
            await other.answer()
        service.engine.go.set()
        assert (await wire.answer()).status == 200
        assert (await wire.answer()).status == status
        assert await wire.end() == b""


async def test_requests_sent_ahead_are_answered_in_order_up_to_a_limit(service: Service) -> None:
    service.engine.go.clear()
    async with connected(service) as wire:
        wire.send(post() + (LIVE + b"\r\n") * 10_000)
        await service.engine.wait_for_requests(1)
        service.engine.go.set()
        assert (await wire.answer()).body["object"] == "text_completion"
        for _ in range(SENT_AHEAD_AT_MOST):
            assert (await wire.answer()).body == {"status": "alive"}
        answer = await wire.answer()
        assert (answer.status, answer.code) == (400, "too_many_ahead")
        assert await wire.end() == b""


async def test_client_that_leaves_with_requests_sent_ahead_has_none_of_them_run_on(
    service: Service,
) -> None:
    service.engine.go.clear()
    async with connected(service) as wire:
        wire.send(post() * 3)
        await service.engine.wait_for_requests(1)
    await eventually(lambda: service.outcomes().keys() == {"cancelled"})
    await eventually(lambda: not service.parts.gate.running and not connections(service))


async def test_client_that_leaves_after_it_sent_a_request_ahead_is_noticed(
    service: Service,
) -> None:
    service.engine.go.clear()
    async with connected(service) as wire:
        wire.send(post())
        await service.engine.wait_for_requests(1)
        wire.send(post())
        async with connected(service) as other:  # which comes after it
            other.send(LIVE + b"\r\n")
            await other.answer()
    await eventually(lambda: not service.parts.gate.running and not connections(service))


async def test_no_more_is_kept_of_requests_sent_ahead_than_of_one(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[asyncio.Transport] = []
    begin = protocol.LimitedProtocol.connection_made

    def connection_made(self: protocol.LimitedProtocol, transport: asyncio.Transport) -> None:
        made.append(transport)
        begin(self, transport)

    monkeypatch.setattr(protocol.LimitedProtocol, "connection_made", connection_made)
    service.engine.go.clear()
    async with connected(service) as wire:
        wire.send(post())
        await service.engine.wait_for_requests(1)
        wire.send(post(body=b"x" * 20_000) * SENT_AHEAD_AT_MOST)
        await eventually(lambda: not made[0].is_reading())
        service.engine.go.set()
        assert (await wire.answer()).status == 200
        for _ in range(SENT_AHEAD_AT_MOST):
            assert (await wire.answer()).status == 400


async def test_body_of_a_request_sent_ahead_may_come_after_the_answer_before_it(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "UNHEARD_SECONDS", 0.0)
    head, body = post().split(b"\r\n\r\n")
    async with connected(service) as wire:
        wire.send(LIVE + b"\r\n" + head + b"\r\n\r\n")
        assert (await wire.answer()).status == 200
        async with connected(service) as other:
            other.send(LIVE + b"\r\n")
            await other.answer()
        wire.send(body)
        assert (await wire.answer()).status == 200
