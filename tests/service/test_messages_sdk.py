"""Anthropic's API, as Anthropic's own SDK reads it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import anthropic
import pytest

from service.engine.capabilities import Capabilities
from tests.service.conftest import KEY, Service
from tests.service.messages import CALL, HELLO, MODEL, WEATHER


@pytest.fixture
async def sdk(service: Service) -> AsyncIterator[anthropic.AsyncAnthropic]:
    """Anthropic's own SDK, which raises where an answer does not fit its types."""
    service.parts.engine.capabilities = Capabilities(tools=True)
    url = f"http://127.0.0.1:{service.ports.http}"
    async with anthropic.AsyncAnthropic(
        base_url=url, api_key=KEY, max_retries=0, _strict_response_validation=True
    ) as sdk:
        yield sdk


async def test_message_fits_anthropic_s_sdk(sdk: anthropic.AsyncAnthropic) -> None:
    answer = await sdk.messages.create(model=MODEL, max_tokens=5, messages=HELLO)
    assert answer.id.startswith("msg_")
    assert (answer.model, answer.role, answer.stop_reason) == (MODEL, "assistant", "end_turn")
    assert [block.text for block in answer.content if block.type == "text"] == ["Hello world"]
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (5, 2)
    assert answer._request_id


async def test_no_key_of_the_sdk_s_messages_and_usage_is_missing(
    sdk: anthropic.AsyncAnthropic,
) -> None:
    asked: Any = {"model": MODEL, "max_tokens": 5, "messages": HELLO}
    answer = await sdk.messages.create(**asked)
    told: list[Any] = [answer, answer.usage]
    for event in [event async for event in await sdk.messages.create(**asked, stream=True)]:
        if event.type == "message_start":
            told += [event.message, event.message.usage]
        elif event.type == "message_delta":
            told += [event.delta, event.usage]
    for part in told:
        assert part.model_fields_set == set(type(part).model_fields), type(part)


async def test_answer_may_be_sent_back_whole(
    service: Service, sdk: anthropic.AsyncAnthropic
) -> None:
    service.engine.deltas = [{"reasoning_content": "hm"}, {"content": "I look."}, *CALL]
    asked: Any = {"model": MODEL, "max_tokens": 5}
    answer = await sdk.messages.create(**asked, messages=HELLO)
    said: Any = {"role": "assistant", "content": [block.model_dump() for block in answer.content]}
    result = {"type": "tool_result", "tool_use_id": "c1", "content": "sun"}
    again: Any = [*HELLO, said, {"role": "user", "content": [result]}]
    await sdk.messages.create(**asked, messages=again)
    assert len(service.engine.requests[1]["messages"]) == 3


async def test_streamed_message_adds_up_to_the_whole_one(sdk: anthropic.AsyncAnthropic) -> None:
    async with sdk.messages.stream(model=MODEL, max_tokens=5, messages=HELLO) as stream:
        texts = [text async for text in stream.text_stream]
        answer = await stream.get_final_message()
    assert texts == ["Hello", " world"]
    assert answer.stop_reason == "end_turn"
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (5, 2)


async def test_call_of_a_tool_is_a_block_streamed_or_not(
    service: Service, sdk: anthropic.AsyncAnthropic
) -> None:
    service.engine.deltas = [{"reasoning_content": "hm"}, {"content": "I look."}, *CALL]
    service.engine.finish_reason = "tool_calls"
    asked: Any = {"model": MODEL, "max_tokens": 5, "messages": HELLO, "tools": [WEATHER]}
    whole = await sdk.messages.create(**asked)
    async with sdk.messages.stream(**asked) as stream:
        streamed = await stream.get_final_message()
    for answer in (whole, streamed):
        assert answer.stop_reason == "tool_use"
        told = [block.to_dict() for block in answer.content]
        assert told == [
            {"type": "thinking", "thinking": "hm", "signature": ""},
            {"type": "text", "text": "I look.", "citations": None},
            {"type": "tool_use", "id": "c1", "name": "weather", "input": {"city": "Rome"}},
        ]


async def test_errors_are_the_sdk_s_own(service: Service, sdk: anthropic.AsyncAnthropic) -> None:
    asked: Any = {"max_tokens": 5, "messages": HELLO}
    with pytest.raises(anthropic.NotFoundError):
        await sdk.messages.create(model="claude-other", **asked)
    with pytest.raises(anthropic.AuthenticationError):
        await sdk.with_options(api_key="sk-wrong").messages.create(model=MODEL, **asked)
    service.engine.refusal = {
        "code": 400,
        "type": "exceed_context_size_error",
        "message": "",
        "n_prompt_tokens": 3000,
        "n_ctx": 2048,
    }
    with pytest.raises(anthropic.BadRequestError, match="2048"):
        await sdk.messages.create(model=MODEL, **asked)
    service.parts.gate.close()
    with pytest.raises(anthropic.APIStatusError) as busy:
        await sdk.messages.create(model=MODEL, **asked)
    assert busy.value.status_code == 503
    assert busy.value.body == {
        "type": "error",
        "error": {
            "type": "overloaded_error",
            "message": "This task is shutting down; send the request again.",
        },
        "request_id": busy.value.request_id,
    }


async def test_engine_that_dies_on_the_way_is_an_event(
    service: Service, sdk: anthropic.AsyncAnthropic
) -> None:
    service.engine.dies_after = 1
    async with sdk.messages.stream(model=MODEL, max_tokens=5, messages=HELLO) as stream:
        with pytest.raises(anthropic.APIStatusError, match="The engine stopped"):
            await stream.until_done()


async def test_count_is_of_the_chat_as_the_model_would_get_it(
    service: Service, sdk: anthropic.AsyncAnthropic
) -> None:
    service.engine.answers["/v1/chat/completions/input_tokens"] = {"input_tokens": 42}
    counted = await sdk.messages.count_tokens(
        model=MODEL, messages=HELLO, system="Be brief.", tools=[WEATHER]
    )
    assert counted.input_tokens == 42
    (asked,) = service.engine.requests
    assert [turn["role"] for turn in asked["messages"]] == ["system", "user"]
    assert len(asked["tools"]) == 1
