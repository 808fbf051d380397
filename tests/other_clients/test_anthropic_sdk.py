"""Anthropic's SDK for Python against the real service, each answer held to the SDK's types."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import anthropic
import pytest

from tests.other_clients.conftest import KEY, LIMITED_KEYS, MODEL
from tests.other_clients.questions import ARGUMENTS, CALL, CITY, LONG, SCHEMA
from tests.service.process import ServiceProcess

# The SDK no longer names `temperature`.
GREEDY: Any = {"model": MODEL, "max_tokens": 24, "extra_body": {"temperature": 0}}
QUESTION: Any = [{"role": "user", "content": "What is the capital of France?"}]
TOOL: Any = {"name": "get_weather", "description": "Weather of a city", "input_schema": SCHEMA}


@pytest.fixture(scope="module")
def client(service: ServiceProcess) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(
        base_url=service.url, api_key=KEY, max_retries=0, _strict_response_validation=True
    ) as client:
        yield client


def texts(message: anthropic.types.Message) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


def test_message(client: anthropic.Anthropic) -> None:
    message = client.messages.create(messages=QUESTION, **GREEDY)
    assert CITY in texts(message)
    assert message.stop_reason in {"end_turn", "max_tokens"}
    assert message.usage.input_tokens > 0
    assert message.usage.output_tokens > 1
    assert message._request_id


def test_stream_helper_says_the_same_as_the_whole_message(client: anthropic.Anthropic) -> None:
    whole = client.messages.create(messages=QUESTION, **GREEDY)
    with client.messages.stream(messages=QUESTION, **GREEDY) as stream:
        pieces = list(stream.text_stream)
        message = stream.get_final_message()
    assert len(pieces) > 3
    assert "".join(pieces) == texts(message) == texts(whole)
    assert message.stop_reason == whole.stop_reason
    assert message.usage.output_tokens == whole.usage.output_tokens


def test_raw_stream_tells_the_prompt_s_length_first(client: anthropic.Anthropic) -> None:
    asked: Any = [{"role": "user", "content": "Name seven rivers of the world, one a line."}]
    events = list(client.messages.create(messages=asked, stream=True, **GREEDY))
    start, last = events[0], events[-1]
    assert start.type == "message_start"
    usage = start.message.usage
    counted = client.messages.count_tokens(model=MODEL, messages=asked).input_tokens
    assert usage.input_tokens + (usage.cache_read_input_tokens or 0) == counted
    assert last.type == "message_stop"


async def test_asynchronously(service: ServiceProcess) -> None:
    async with anthropic.AsyncAnthropic(base_url=service.url, api_key=KEY) as client:
        message = await client.messages.create(messages=QUESTION, **GREEDY)
        async with client.messages.stream(messages=QUESTION, **GREEDY) as stream:
            streamed = await stream.get_final_text()
    assert streamed == texts(message)


def test_count_of_tokens_is_that_of_the_message(client: anthropic.Anthropic) -> None:
    asked: Any = {"messages": QUESTION, "system": "Be brief.", "tools": [TOOL]}
    counted = client.messages.count_tokens(model=MODEL, **asked)
    usage = client.messages.create(model=MODEL, max_tokens=1, **asked).usage
    assert counted.input_tokens == usage.input_tokens + (usage.cache_read_input_tokens or 0)


def test_stop_sequence_is_named(client: anthropic.Anthropic) -> None:
    message = client.messages.create(messages=QUESTION, stop_sequences=[CITY], **GREEDY)
    assert (message.stop_reason, message.stop_sequence) == ("stop_sequence", CITY)
    assert CITY not in texts(message)


def test_prefilled_answer_goes_on(client: anthropic.Anthropic) -> None:
    begun: Any = [*QUESTION, {"role": "assistant", "content": "The capital of France is"}]
    assert CITY in texts(client.messages.create(messages=begun, **GREEDY))


def test_tool_is_called_and_answered(client: anthropic.Anthropic) -> None:
    question: Any = {"role": "user", "content": CALL}
    asked = GREEDY | {"max_tokens": 60, "tools": [TOOL]}
    called = client.messages.create(messages=[question], tool_choice={"type": "any"}, **asked)
    assert called.stop_reason == "tool_use"
    (use,) = called.content
    assert use.type == "tool_use"
    assert (use.name, use.input) == ("get_weather", ARGUMENTS)
    with client.messages.stream(
        messages=[question], tool_choice={"type": "any"}, **asked
    ) as stream:
        (streamed,) = stream.get_final_message().content
    assert streamed.type == "tool_use"
    assert streamed.input == ARGUMENTS
    result: Any = {"type": "tool_result", "tool_use_id": use.id, "content": "Sunny, 21 degrees."}
    turns: Any = [question, called.to_param(), {"role": "user", "content": [result]}]
    assert texts(client.messages.create(messages=turns, tool_choice={"type": "none"}, **asked))


def test_output_fits_a_schema(client: anthropic.Anthropic) -> None:
    wanted: Any = {"format": {"type": "json_schema", "schema": SCHEMA}}
    asked = GREEDY | {"max_tokens": 60}
    message = client.messages.create(messages=QUESTION, output_config=wanted, **asked)
    assert anthropic.types.Message.model_validate(message.to_dict())
    assert '"unit"' in texts(message)


def test_errors_are_the_sdk_s_own(client: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.NotFoundError):
        client.messages.create(messages=QUESTION, **GREEDY | {"model": "claude-opus-4-1"})
    with pytest.raises(anthropic.AuthenticationError) as unknown:
        client.with_options(api_key="sk-wrong").messages.create(messages=QUESTION, **GREEDY)
    assert unknown.value.request_id
    with pytest.raises(anthropic.BadRequestError, match="max_tokens"):
        client.messages.create(messages=QUESTION, **GREEDY | {"max_tokens": 20_000})
    with pytest.raises(anthropic.BadRequestError, match="context"):
        client.messages.create(messages=[{"role": "user", "content": "word " * 3000}], **GREEDY)


def test_rate_limit_is_the_sdk_s_own_error(client: anthropic.Anthropic) -> None:
    limited = client.with_options(api_key=LIMITED_KEYS["anthropic"])
    limited.messages.count_tokens(model=MODEL, messages=QUESTION)
    with pytest.raises(anthropic.RateLimitError) as used_up:
        limited.messages.count_tokens(model=MODEL, messages=QUESTION)
    assert int(used_up.value.response.headers["retry-after"]) > 0


def test_leaving_a_stream_frees_its_slot(
    service: ServiceProcess, client: anthropic.Anthropic
) -> None:
    asked: Any = {"messages": [{"role": "user", "content": LONG}], "model": MODEL}
    with client.messages.stream(max_tokens=1000, **asked) as stream:
        next(iter(stream.text_stream))
        assert service.gauge("llm_requests_running") == 1
    service.wait_for_gauge("llm_requests_running", 0)
