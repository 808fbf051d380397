"""Clients that shut down their writing side once they have asked, and then wait for the answer."""

from __future__ import annotations

import pytest

from tests.service.conftest import Service
from tests.service.transports import eventually
from tests.service.wire import LIVE, Wire, connected, connections, post

STREAMED = post(body=b'{"prompt": "Hi", "stream": true}')
UNKNOWN = post(path="/nowhere")


def ask(wire: Wire, request: bytes) -> None:
    wire.send(request)
    wire.writer.write_eof()


@pytest.mark.parametrize(
    ("request_", "status"), [(LIVE + b"\r\n", 200), (UNKNOWN, 404), (post(body=b"{"), 400)]
)
async def test_what_takes_no_time_is_answered(
    service: Service, request_: bytes, status: int
) -> None:
    async with connected(service) as wire:
        ask(wire, request_)
        assert (await wire.answer()).status == status
        assert await wire.end() == b""
    await eventually(lambda: connections(service) == 0)


async def test_each_request_that_was_sent_ahead_is_answered(service: Service) -> None:
    async with connected(service) as wire:
        ask(wire, LIVE + b"\r\n" + UNKNOWN + LIVE + b"\r\n")
        assert [(await wire.answer()).status for _ in range(3)] == [200, 404, 200]
        assert await wire.end() == b""


@pytest.mark.parametrize("request_", [post(), STREAMED], ids=["whole", "streamed"])
async def test_nothing_is_generated_for_them_and_they_are_told_why(
    service: Service, request_: bytes
) -> None:
    service.engine.go.clear()
    async with connected(service) as wire:
        wire.send(request_)
        await service.engine.wait_for_requests(1)
        wire.writer.write_eof()
        answer = await wire.answer()
        assert (answer.status, answer.code) == (499, "cancelled")
        assert "until the answer has come" in answer.body["error"]["message"]
        assert await wire.end() == b""
    assert service.outcomes() == {"cancelled": 1}
    await eventually(lambda: service.parts.gate.running == 0)


async def test_stream_that_has_begun_ends(service: Service) -> None:
    service.engine.go.clear()
    async with connected(service) as wire:
        wire.send(STREAMED)
        await service.engine.wait_for_requests(1)
        service.engine.go.set()
        assert (await wire.answer()).status == 200
        wire.writer.write_eof()
        await wire.end()
    await eventually(lambda: connections(service) == service.parts.gate.running == 0)


@pytest.mark.parametrize("sent", [b"", LIVE, post("content-length: 10", body=None) + b"{"])
async def test_who_has_not_asked_all_is_not_waited_for(service: Service, sent: bytes) -> None:
    async with connected(service) as wire:
        ask(wire, sent)
        assert await wire.end() == b""
    await eventually(lambda: connections(service) == 0)
