"""One response of events, without a server: when it opens, and in which order it is sent."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from service import heartbeat
from service.errors import ClientStalled
from service.rest import event_stream
from service.rest.event_stream import Event, EventStream
from tests.service.transports import eventually
from tests.soon import SOON


class Client:
    """What is sent, in its order; nothing gets through while it does not `read`."""

    def __init__(self) -> None:
        self.read = asyncio.Event()
        self.read.set()
        self.writes = 0
        self.sent: list[Any] = []

    async def send(self, message: Any) -> None:
        self.writes += 1
        await self.read.wait()
        self.sent.append(message.get("status") or message["body"])


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "OPEN_AFTER_SECONDS", 0.01)


async def test_event_waits_until_the_stream_that_opens_is_open() -> None:
    client = Client()
    client.read.clear()
    async with EventStream(client.send, client.send, longest_wait_seconds=60) as events:
        events.has_begun = True
        await eventually(lambda: client.writes == 1)
        first = asyncio.create_task(events.send([Event(b"1")]))
        await asyncio.sleep(0)
        assert (client.writes, events.opened) == (1, False)
        client.read.set()
        await first
        await events.close()
    assert client.sent == [200, b"data: 1\n\n", b""]


async def test_stream_whose_status_did_not_get_through_is_not_open() -> None:
    async def send(message: Any) -> None:
        raise ClientStalled(30)

    async with EventStream(send, send, longest_wait_seconds=60) as events:
        with pytest.raises(ClientStalled):
            await events.send([Event(b"1")])
        assert not events.opened


async def test_stream_that_waits_for_a_slot_opens_when_nothing_is_refused_any_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(heartbeat, "REFUSAL_SECONDS", 0.1)
    monkeypatch.setattr(event_stream, "OPEN_AFTER_SECONDS", 10)  # no sooner, and no later
    client, started = Client(), asyncio.get_running_loop().time()
    async with EventStream(client.send, client.send, longest_wait_seconds=0.2) as events:
        await eventually(lambda: events.opened)
    # Less than the sum by a hair: the loop's clock counts whole milliseconds.
    assert 0.29 <= asyncio.get_running_loop().time() - started < SOON
