"""Answers that end before their time, over REST and gRPC: who leaves, what breaks, what is over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import pytest

from service.health import EngineState
from tests.service.conftest import Service
from tests.service.face import Asked, Transport
from tests.service.transports import PROMPT_AND_CHAT, Refused, collect, eventually, refused
from tests.soon import SOON


async def code_of_the_end(answer: Awaitable[object]) -> str:
    with pytest.raises(Refused) as found:
        await answer
    return found.value.code


@PROMPT_AND_CHAT
@pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "whole"])
async def test_client_that_leaves_frees_its_slot(
    service: Service, transport: Transport, asked: Asked, streamed: bool
) -> None:
    service.engine.go.clear()
    call = collect(transport, asked) if streamed else transport.ask(asked)
    leaving = asyncio.create_task(call)
    await service.engine.wait_for_requests(1)
    leaving.cancel()
    await eventually(lambda: service.parts.gate.running == 0)
    await asyncio.wait_for(service.engine.left.wait(), SOON)


@PROMPT_AND_CHAT
async def test_client_that_leaves_while_it_is_answered_frees_its_slot(
    service: Service, transport: Transport, asked: Asked
) -> None:
    service.engine.endless = True
    leaving = asyncio.create_task(collect(transport, asked))
    await service.engine.wait_for_requests(1)
    await eventually(lambda: service.engine.written > 20)  # well into the answer
    leaving.cancel()
    await eventually(lambda: service.parts.gate.running == 0)
    await asyncio.wait_for(service.engine.left.wait(), SOON)


async def test_client_that_leaves_while_tokens_are_counted_frees_its_slot(
    service: Service, transport: Transport
) -> None:
    service.engine.go.clear()
    leaving = asyncio.create_task(transport.count("Hi"))
    await service.engine.wait_for_requests(1)
    leaving.cancel()
    await eventually(lambda: service.parts.gate.running == 0)


@PROMPT_AND_CHAT
@pytest.mark.parametrize("pieces", [0, 1])
async def test_engine_that_dies_is_a_clean_error_with_a_pause(
    service: Service, both: tuple[Transport, Transport], asked: Asked, pieces: int
) -> None:
    service.engine.dies_after = pieces
    one, other = [await refused(transport, asked) for transport in both]
    assert one.code == other.code == "engine_unavailable"
    assert one.message == other.message
    assert one.retry_after_seconds == other.retry_after_seconds == 5
    assert service.parts.gate.running == 0


@PROMPT_AND_CHAT
async def test_stream_whose_engine_dies_ends_with_the_error_after_what_came(
    service: Service, transport: Transport, asked: Asked
) -> None:
    service.engine.dies_after = 1
    came: list[str] = []

    async def keep() -> None:
        async for text in transport.stream(asked):
            came.append(text)

    assert await code_of_the_end(keep()) == "engine_unavailable"
    assert came == ["Hello"]
    assert service.parts.gate.running == 0


@PROMPT_AND_CHAT
async def test_stream_of_an_engine_that_stalled_goes_on_when_it_moves_again(
    service: Service, transport: Transport, asked: Asked
) -> None:
    service.engine.go.clear()
    reading = asyncio.create_task(collect(transport, asked))
    await service.engine.wait_for_requests(1)
    service.parts.health.set_engine(EngineState.STALLED)
    service.engine.go.set()
    assert await reading == "Hello world"


@PROMPT_AND_CHAT
@pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "whole"])
async def test_deadline_of_the_caller_ends_the_generation(
    service: Service, transport: Transport, asked: Asked, streamed: bool
) -> None:
    service.engine.go.clear()
    call: Awaitable[object] = (
        collect(transport, asked, timeout=1) if streamed else transport.ask(asked, timeout=1)
    )
    assert await code_of_the_end(call) == "deadline_exceeded"
    await asyncio.wait_for(service.engine.left.wait(), SOON)
    # Of the caller's library, too, which ends the call by itself as if its sender had left.
    await eventually(lambda: service.outcomes() == {"deadline_exceeded": 1})
    assert service.parts.gate.running == 0


async def test_deadline_of_the_caller_ends_a_stream_in_full_flow(
    service: Service, transport: Transport
) -> None:
    service.engine.endless = True
    async with asyncio.timeout(SOON):
        assert await code_of_the_end(collect(transport, timeout=1)) == "deadline_exceeded"
    await asyncio.wait_for(service.engine.left.wait(), SOON)


@pytest.mark.settings(generation_timeout_seconds=0.05)
@PROMPT_AND_CHAT
@pytest.mark.parametrize("timeout", [None, 30])
async def test_longest_generation_ends_what_has_no_deadline_or_a_later_one(
    service: Service, both: tuple[Transport, Transport], asked: Asked, timeout: float | None
) -> None:
    service.engine.go.clear()
    one, other = [await refused(transport, asked, timeout=timeout) for transport in both]
    assert one.code == other.code == "deadline_exceeded"
    assert one.message == other.message
    assert "works on a request for 0.05 seconds at most" in one.message
    assert (one.status, other.status) == ("504", "DEADLINE_EXCEEDED")
    assert service.parts.gate.running == 0


@pytest.mark.settings(slots=8, generation_timeout_seconds=0.2)
async def test_streams_in_full_flow_end_at_the_longest_generation(
    service: Service, transport: Transport
) -> None:
    service.engine.endless = True
    async with asyncio.timeout(SOON):
        codes = await asyncio.gather(*(code_of_the_end(collect(transport)) for _ in range(8)))
    assert codes == ["deadline_exceeded"] * 8


@PROMPT_AND_CHAT
async def test_spent_drain_budget_ends_the_rest_with_a_clean_error(
    service: Service, transport: Transport, asked: Asked
) -> None:
    service.engine.go.clear()
    running = asyncio.create_task(code_of_the_end(transport.ask(asked)))
    await service.engine.wait_for_requests(1)
    service.parts.inference.cancel_all()
    assert await running == "draining"


@pytest.mark.settings(slots=8)
async def test_spent_drain_budget_ends_streams_in_full_flow_with_a_clean_error(
    service: Service, transport: Transport
) -> None:
    service.engine.endless = True
    streams = [asyncio.create_task(code_of_the_end(collect(transport))) for _ in range(8)]
    await service.engine.wait_for_requests(8)
    await eventually(lambda: service.engine.written > 8 * 20)  # all in the middle of their writes
    service.parts.inference.cancel_all()
    async with asyncio.timeout(SOON):
        assert await asyncio.gather(*streams) == ["draining"] * 8
