"""OpenAI's SDK for Python against the real service, each answer held to the SDK's types."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal

import openai
import pytest
from pydantic import BaseModel, Field

from tests.other_clients.conftest import KEY, LIMITED_KEYS, MODEL
from tests.other_clients.questions import ARGUMENTS, CALL, CAPITAL, CITY, FUNCTION, LONG
from tests.service.process import ServiceProcess

GREEDY: Any = {"model": MODEL, "max_tokens": 24, "temperature": 0}
GREEDY_RESPONSE: Any = {"model": MODEL, "max_output_tokens": 24, "temperature": 0}
QUESTION: Any = [{"role": "user", "content": "What is the capital of France?"}]
CALLING: Any = [{"role": "user", "content": CALL}]
TOOL: Any = {"type": "function", "function": FUNCTION}
RESPONSE_TOOL: Any = {"type": "function", "strict": False, **FUNCTION}


class Weather(BaseModel):
    """What the model is to write."""

    city: str = Field(max_length=12)
    unit: Literal["c", "f"]


@pytest.fixture(scope="module")
def client(service: ServiceProcess) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(
        base_url=f"{service.url}/v1", api_key=KEY, max_retries=0, _strict_response_validation=True
    ) as client:
        yield client


def content(chunks: Any, index: int = 0) -> str:
    deltas = [choice.delta for chunk in chunks for choice in chunk.choices if choice.index == index]
    return "".join(delta.content or "" for delta in deltas)


def test_models(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == [MODEL]
    assert client.models.retrieve(MODEL).owned_by


def test_chat_whole_and_streamed(client: openai.OpenAI) -> None:
    whole = client.chat.completions.create(messages=QUESTION, **GREEDY)
    assert CITY in (whole.choices[0].message.content or "")
    chunks = list(
        client.chat.completions.create(
            messages=QUESTION, stream=True, stream_options={"include_usage": True}, **GREEDY
        )
    )
    assert content(chunks) == whole.choices[0].message.content
    assert chunks[-1].usage is not None
    assert whole.usage is not None
    assert chunks[-1].usage.completion_tokens == whole.usage.completion_tokens


def test_completion_whole_and_streamed(service: ServiceProcess, client: openai.OpenAI) -> None:
    whole = client.completions.create(prompt=CAPITAL, **GREEDY)
    assert CITY in whole.choices[0].text
    # Every chunk but the last has no finish reason, which the SDK's type forgets.
    with openai.OpenAI(base_url=f"{service.url}/v1", api_key=KEY) as lenient:
        chunks = list(lenient.completions.create(prompt=CAPITAL, stream=True, **GREEDY))
    texts = [chunk.choices[0].text for chunk in chunks if chunk.choices]
    assert "".join(texts) == whole.choices[0].text


async def test_asynchronously(service: ServiceProcess) -> None:
    url = f"{service.url}/v1"
    async with openai.AsyncOpenAI(
        base_url=url, api_key=KEY, _strict_response_validation=True
    ) as client:
        whole = await client.chat.completions.create(messages=QUESTION, **GREEDY)
        stream = await client.chat.completions.create(messages=QUESTION, stream=True, **GREEDY)
        chunks = [chunk async for chunk in stream]
        answer = await client.responses.create(input="What is gravity?", **GREEDY_RESPONSE)
    assert content(chunks) == whole.choices[0].message.content
    assert answer.output_text


def test_two_choices_whole_and_streamed(client: openai.OpenAI) -> None:
    asked = GREEDY | {"temperature": 1, "seed": 7}
    whole = client.chat.completions.create(messages=QUESTION, n=2, **asked)
    assert [choice.index for choice in whole.choices] == [0, 1]
    chunks = list(client.chat.completions.create(messages=QUESTION, n=2, stream=True, **asked))
    assert content(chunks, 0)
    assert content(chunks, 1)


def test_log_probabilities(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(
        messages=QUESTION, logprobs=True, top_logprobs=2, **GREEDY
    )
    told = answer.choices[0].logprobs
    assert told is not None
    assert told.content
    assert all(entry.logprob <= 0 and len(entry.top_logprobs) == 2 for entry in told.content)
    assert "".join(entry.token for entry in told.content).startswith(
        answer.choices[0].message.content or ""
    )


def test_parse_helper_reads_what_fits_the_schema(client: openai.OpenAI) -> None:
    asked = GREEDY | {"max_tokens": 60}
    answer = client.chat.completions.parse(messages=QUESTION, response_format=Weather, **asked)
    assert isinstance(answer.choices[0].message.parsed, Weather)


def test_tool_is_called_and_answered(client: openai.OpenAI) -> None:
    asked = GREEDY | {"max_tokens": 60, "tools": [TOOL]}
    called = client.chat.completions.create(messages=CALLING, tool_choice="required", **asked)
    (choice,) = called.choices
    assert choice.finish_reason == "tool_calls"
    assert choice.message.tool_calls is not None
    (call,) = choice.message.tool_calls
    assert call.type == "function"
    assert call.function.name == FUNCTION["name"]
    assert json.loads(call.function.arguments) == ARGUMENTS
    result: Any = {"role": "tool", "tool_call_id": call.id, "content": "Sunny, 21 degrees."}
    turns = [*CALLING, choice.message.to_dict(), result]
    answered = client.chat.completions.create(messages=turns, tool_choice="none", **asked)
    assert answered.choices[0].message.content


def test_stream_helper_puts_a_call_together(client: openai.OpenAI) -> None:
    asked = GREEDY | {"max_tokens": 60, "tools": [TOOL], "tool_choice": "required"}
    with client.chat.completions.stream(messages=CALLING, **asked) as stream:
        answer = stream.get_final_completion()
    calls = answer.choices[0].message.tool_calls
    assert calls is not None
    assert json.loads(calls[0].function.arguments) == ARGUMENTS


def test_response_whole_and_streamed(client: openai.OpenAI) -> None:
    asked = GREEDY_RESPONSE | {"input": "What is the capital of France?"}
    whole = client.responses.create(**asked)
    assert CITY in whole.output_text
    events = list(client.responses.create(stream=True, **asked))
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert "".join(deltas) == whole.output_text
    last = events[-1]
    assert last.type in {"response.completed", "response.incomplete"}
    assert last.response.usage is not None
    assert whole.usage is not None
    assert last.response.usage.output_tokens == whole.usage.output_tokens


def test_response_s_input_tokens_are_counted(client: openai.OpenAI) -> None:
    usage = client.responses.create(input="Hello", model=MODEL, max_output_tokens=1).usage
    counted = client.responses.input_tokens.count(input="Hello", model=MODEL)
    assert usage is not None
    assert counted.input_tokens == usage.input_tokens


def test_response_s_parse_helper_reads_what_fits_the_schema(client: openai.OpenAI) -> None:
    asked = GREEDY_RESPONSE | {"max_output_tokens": 60}
    answer = client.responses.parse(input="The weather?", text_format=Weather, **asked)
    assert isinstance(answer.output_parsed, Weather)


def test_response_calls_a_tool_and_is_answered(client: openai.OpenAI) -> None:
    asked = GREEDY_RESPONSE | {"max_output_tokens": 60, "tools": [RESPONSE_TOOL]}
    called = client.responses.create(input=CALL, tool_choice="required", **asked)
    (call,) = called.output
    assert call.type == "function_call"
    assert json.loads(call.arguments) == ARGUMENTS
    with client.responses.stream(input=CALL, tool_choice="required", **asked) as stream:
        (streamed,) = stream.get_final_response().output
    assert streamed.type == "function_call"
    assert json.loads(streamed.arguments) == ARGUMENTS
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "Sunny."}
    turns: Any = [*CALLING, call.to_dict(), result]
    answered = client.responses.create(input=turns, tool_choice="none", **asked)
    assert answered.output_text


def test_raw_answers_have_a_request_id(client: openai.OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(messages=QUESTION, **GREEDY)
    assert raw.request_id == raw.headers["x-request-id"]
    own = client.chat.completions.with_raw_response.create(
        messages=QUESTION, extra_headers={"x-request-id": "mine"}, **GREEDY
    )
    assert own.request_id == "mine"
    assert own.parse().choices


def test_errors_are_the_sdk_s_own(client: openai.OpenAI) -> None:
    with pytest.raises(openai.AuthenticationError) as unknown:
        client.with_options(api_key="sk-wrong").models.list()
    assert unknown.value.code == "invalid_api_key"
    assert unknown.value.request_id
    with pytest.raises(openai.NotFoundError) as other:
        client.chat.completions.create(messages=QUESTION, **GREEDY | {"model": "gpt-5"})
    assert (other.value.code, other.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.BadRequestError) as long:
        client.completions.create(prompt="word " * 3000, **GREEDY)
    assert long.value.code == "context_length_exceeded"
    with pytest.raises(openai.BadRequestError) as wrong:
        client.responses.create(input="Hi", model=MODEL, temperature=9)
    assert (wrong.value.code, wrong.value.param) == ("invalid_value", "temperature")


def test_rate_limit_is_the_sdk_s_own_error(client: openai.OpenAI) -> None:
    limited = client.with_options(api_key=LIMITED_KEYS["openai"])
    limited.completions.create(prompt="Hi", model=MODEL, max_tokens=1)
    with pytest.raises(openai.RateLimitError) as used_up:
        limited.completions.create(prompt="Hi", model=MODEL, max_tokens=1)
    assert used_up.value.code == "rate_limit_exceeded"
    assert int(used_up.value.response.headers["retry-after"]) > 0


def test_leaving_a_stream_frees_its_slot(service: ServiceProcess, client: openai.OpenAI) -> None:
    with client.responses.create(input=LONG, model=MODEL, stream=True) as stream:
        assert next(iter(stream)).type == "response.created"
        assert service.gauge("llm_requests_running") == 1
    service.wait_for_gauge("llm_requests_running", 0)
