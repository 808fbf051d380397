"""Waiting for a slot, over REST and gRPC: who is refused, when, and when to come back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from service.health import EngineState
from tests.service.conftest import Service
from tests.service.face import Answered, Asked, Transport
from tests.service.transports import PROMPT_AND_CHAT, eventually, refused
from tests.soon import SOON

BOTH_STATUSES = ("503", "UNAVAILABLE")


@asynccontextmanager
async def one_running(
    service: Service, transport: Transport
) -> AsyncIterator[asyncio.Task[Answered]]:
    """A request that holds a slot while the context is open, and then ends well."""
    service.engine.go.clear()
    begun = len(service.engine.requests)
    running = asyncio.create_task(transport.ask("first"))
    await service.engine.wait_for_requests(begun + 1)
    yield running
    service.engine.go.set()
    assert (await running).text == "Hello world"


@pytest.mark.settings(slots=1, max_waiting=1)
@PROMPT_AND_CHAT
async def test_full_queue_refuses_both_with_the_same_words_and_pause(
    service: Service, both: tuple[Transport, Transport], asked: Asked
) -> None:
    async with one_running(service, both[0]):
        waiting = asyncio.create_task(both[1].ask("second"))
        await eventually(lambda: service.parts.gate.waiting == 1)
        one, other = [await refused(transport, asked) for transport in both]
    assert (await waiting).text == "Hello world"
    assert one.code == other.code == "queue_full"
    assert one.message == other.message == "All 1 slots are busy and 1 requests wait; try later."
    assert one.retry_after_seconds == other.retry_after_seconds == 10  # two of five seconds
    assert (one.status, other.status) == BOTH_STATUSES


@pytest.mark.settings(slots=1, max_waiting=9, max_waiting_prompt_tokens=100)
async def test_queue_full_of_long_prompts_refuses_more_of_them(
    service: Service, both: tuple[Transport, Transport]
) -> None:
    async with one_running(service, both[0]):
        waiting = asyncio.create_task(both[1].ask("x" * 400))
        await eventually(lambda: service.parts.gate.waiting == 1)
        one, other = [await refused(transport, "x" * 4) for transport in both]
    assert (await waiting).text == "Hello world"
    assert one.code == other.code == "queue_full"
    assert one.message == other.message
    assert "prompts of about 100 tokens wait" in one.message


@pytest.mark.settings(slots=1, max_waiting=4)
async def test_deadline_that_the_queue_cannot_meet_is_refused_at_once(
    service: Service, both: tuple[Transport, Transport]
) -> None:
    service.parts.gate._usual_seconds = 5.0
    async with one_running(service, both[0]):
        one, other = [await refused(transport, timeout=4) for transport in both]
        assert service.parts.gate.waiting == 0
    assert one.code == other.code == "queue_too_long"
    assert one.retry_after_seconds == other.retry_after_seconds == 5
    assert (one.status, other.status) == BOTH_STATUSES


@pytest.mark.settings(slots=1, max_waiting=4)
async def test_deadline_that_the_queue_can_meet_waits(
    service: Service, transport: Transport
) -> None:
    await transport.ask("measured")
    async with one_running(service, transport):
        waiting = asyncio.create_task(transport.ask("second", timeout=20))
        await eventually(lambda: service.parts.gate.waiting == 1)
    assert (await waiting).text == "Hello world"


@pytest.mark.settings(slots=1, max_waiting=0)
async def test_what_the_model_cannot_do_is_refused_before_it_waits(
    service: Service, transport: Transport
) -> None:
    tools = [{"type": "function", "function": {"name": "look"}}]
    async with one_running(service, transport):
        error = await refused(transport, [{"role": "user", "content": "Hi"}], tools=tools)
    assert (error.code, error.param) == ("model_not_supported", "tools")


@pytest.mark.settings(slots=1, max_waiting=4)
async def test_refused_requests_do_not_shorten_the_pause(
    service: Service, transport: Transport
) -> None:
    pause = service.parts.gate.retry_after_seconds()
    service.engine.refusal = {"code": 400, "message": "no", "type": "invalid_request_error"}
    for _ in range(10):
        await refused(transport)
    assert service.parts.gate.retry_after_seconds() == pause


@pytest.mark.settings(slots=1, max_waiting=4)
async def test_deadline_that_passes_in_the_queue_frees_the_place(
    service: Service, transport: Transport
) -> None:
    async with one_running(service, transport):
        assert (await refused(transport, timeout=0.2)).code == "deadline_exceeded"
        await eventually(lambda: service.parts.gate.waiting == 0)
    assert len(service.engine.requests) == 1


@pytest.mark.settings(slots=1, max_waiting=4)
async def test_engine_never_gets_more_than_its_slots(
    service: Service, transport: Transport
) -> None:
    service.engine.go.clear()
    asked = [asyncio.create_task(transport.ask(f"{number}")) for number in range(4)]
    await eventually(lambda: service.parts.gate.waiting == 3)
    service.engine.go.set()
    assert [(await task).text for task in asked] == ["Hello world"] * 4
    assert service.engine.most_open == 1
    assert sorted(sent["prompt"] for sent in service.engine.requests) == ["0", "1", "2", "3"]


@pytest.mark.settings(slots=2, max_waiting=4)
async def test_two_choices_take_two_slots(service: Service, transport: Transport) -> None:
    async with one_running(service, transport):
        waiting = asyncio.create_task(transport.ask("second", n=2))
        await eventually(lambda: service.parts.gate.waiting == 1)
        assert service.parts.gate.running == 1
    assert len((await waiting).choices) == 2


@pytest.mark.settings(slots=1, max_waiting=1, max_wait_seconds=0.05)
async def test_waiting_too_long_refuses_both_with_the_same_words_and_pause(
    service: Service, both: tuple[Transport, Transport]
) -> None:
    async with one_running(service, both[0]):
        one, other = [await refused(transport) for transport in both]
    assert one.code == other.code == "queue_timeout"
    assert one.message == other.message
    assert one.retry_after_seconds == other.retry_after_seconds == 5
    assert (one.status, other.status) == BOTH_STATUSES


@pytest.mark.settings(slots=1, max_waiting=1)
async def test_counting_waits_its_turn(service: Service, transport: Transport) -> None:
    service.engine.answers["/tokenize"] = {"tokens": [7]}
    async with one_running(service, transport):
        counting = asyncio.create_task(transport.count("Hi"))
        await eventually(lambda: service.parts.gate.waiting == 1)
    assert await counting == 1


@pytest.mark.settings(max_wait_seconds=0.05)
@pytest.mark.parametrize(
    "state", [EngineState.LOADING, EngineState.STALLED, EngineState.RESTARTING]
)
async def test_engine_that_is_not_ready_is_waited_for_and_then_unavailable(
    service: Service, both: tuple[Transport, Transport], state: EngineState
) -> None:
    service.parts.health.set_engine(state)
    one, other = [await refused(transport) for transport in both]
    assert one.code == other.code == "engine_unavailable"
    assert (one.message, one.retry_after_seconds) == (other.message, other.retry_after_seconds)
    assert one.retry_after_seconds


@pytest.mark.parametrize("state", [EngineState.LOADING, EngineState.STALLED])
async def test_engine_that_becomes_ready_serves_who_waited(
    service: Service, transport: Transport, state: EngineState
) -> None:
    service.parts.health.set_engine(state)
    asked = asyncio.create_task(transport.ask("Hi"))
    await eventually(lambda: service.parts.gate.running == 1)
    service.parts.health.set_engine(EngineState.READY)
    assert (await asked).text == "Hello world"


@pytest.mark.settings(slots=1, max_waiting=1)
async def test_client_that_leaves_the_queue_frees_its_place(
    service: Service, transport: Transport
) -> None:
    async with one_running(service, transport):
        leaving = asyncio.create_task(transport.ask("second"))
        await eventually(lambda: service.parts.gate.waiting == 1)
        leaving.cancel()
        await eventually(lambda: service.parts.gate.waiting == 0)
    assert len(service.engine.requests) == 1


@PROMPT_AND_CHAT
async def test_closed_gate_refuses_new_work_and_finishes_what_runs(
    service: Service, both: tuple[Transport, Transport], asked: Asked
) -> None:
    async with one_running(service, both[0]):
        service.parts.gate.close()
        one, other = [await refused(transport, asked) for transport in both]
    assert one.code == other.code == "draining"
    assert (one.message, one.retry_after_seconds) == (other.message, other.retry_after_seconds)
    assert (one.status, other.status) == BOTH_STATUSES
    await asyncio.wait_for(service.parts.gate.drained(), SOON)
