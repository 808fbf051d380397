"""Stop sequences, over REST and gRPC: the text, its end, what it cost, and an engine that stops."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.service.conftest import Service
from tests.service.face import Asked, Choice, Transport, Usage
from tests.service.transports import PROMPT_AND_CHAT, eventually, read
from tests.soon import SOON


@PROMPT_AND_CHAT
@pytest.mark.parametrize(
    ("stop", "tokens"), [(" six", 4), (["six", " six"], 4), (["none", " s"], 3)]
)
async def test_answer_ends_before_the_sequence_and_the_engine_stops(
    service: Service, transport: Transport, asked: Asked, stop: Any, tokens: int
) -> None:
    service.engine.pieces, service.engine.endless = ["five", ",", " s", "ix", " or"], True
    service.engine.cached_tokens = 4
    wanted = (Choice(0, "five,", "stop"),)
    cost = Usage(5, tokens, 4)
    answer = await transport.ask(asked, stop=stop)
    assert (answer.choices, answer.usage) == (wanted, cost)
    await asyncio.wait_for(service.engine.left.wait(), SOON)
    streamed = await read(transport, asked, stop=stop)
    assert (streamed.choices, streamed.usage) == (wanted, cost)
    await eventually(lambda: service.parts.gate.running == 0)


@PROMPT_AND_CHAT
async def test_text_that_only_began_like_a_sequence_is_whole_at_the_token_limit(
    service: Service, transport: Transport, asked: Asked
) -> None:
    service.engine.pieces, service.engine.finish_reason = ["five", " s"], "length"
    wanted = (Choice(0, "five s", "length"),)
    answer = await transport.ask(asked, stop=[" six"], max_tokens=2)
    assert (answer.choices, answer.usage) == (wanted, Usage(5, 2, 0))
    assert (await read(transport, asked, stop=[" six"], max_tokens=2)).choices == wanted


@PROMPT_AND_CHAT
async def test_several_choices_stop_each_for_itself(
    service: Service, transport: Transport, asked: Asked
) -> None:
    service.engine.pieces = ["five", ",", " six", " or"]
    answer = await transport.ask(asked, stop=" six", n=2)
    assert answer.choices == tuple(Choice(index, "five,", "stop") for index in range(2))
    assert answer.usage == Usage(5, 6, 0)
