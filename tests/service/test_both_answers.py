"""What REST and gRPC answer, whole and in pieces: the same."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from service.engine.capabilities import Capabilities
from tests.service.conftest import Service
from tests.service.face import Asked, Call, Choice, Logprob, Transport, Usage
from tests.service.transports import CHAT, PROMPT_AND_CHAT, read

MODEL = "smollm2-135m-instruct"
WEATHER = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}},
}
TIME = {"type": "function", "function": {"name": "time", "description": "What time it is."}}
TIME_NAMED = {"name": "time"}
CALLED: list[dict[str, Any]] = [
    {"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "weather", "arguments": "{"}}]},
    {"tool_calls": [{"index": 0, "function": {"arguments": "}"}}]},
    {"tool_calls": [{"index": 1, "id": "c2", "function": {"name": "time", "arguments": "{}"}}]},
]
CALLS = (Call(0, "c1", "weather", "{}"), Call(1, "c2", "time", "{}"))


@PROMPT_AND_CHAT
async def test_whole_answer_has_text_reason_usage_and_model(
    service: Service, transport: Transport, asked: Asked
) -> None:
    service.engine.cached_tokens = 4
    answer = await transport.ask(asked)
    assert answer.choices == (Choice(0, "Hello world", "stop"),)
    assert (answer.usage, answer.model) == (Usage(5, 2, 4), MODEL)


@PROMPT_AND_CHAT
async def test_stream_arrives_in_pieces_and_ends_with_reason_and_usage(
    service: Service, transport: Transport, asked: Asked
) -> None:
    service.engine.cached_tokens = 4
    streamed = await read(transport, asked)
    assert streamed.texts == ["Hello", " world"]
    assert [piece.reason for piece in streamed.pieces] == ["", "", "stop"]
    assert streamed.usage == Usage(5, 2, 4)


@PROMPT_AND_CHAT
async def test_answer_at_the_limit_says_length(
    service: Service, transport: Transport, asked: Asked
) -> None:
    service.engine.finish_reason = "length"
    assert (await transport.ask(asked, max_tokens=2)).reason == "length"
    assert (await read(transport, asked, max_tokens=2)).choices[0].reason == "length"


@PROMPT_AND_CHAT
async def test_several_choices_are_told_apart_whole_and_in_pieces(
    transport: Transport, asked: Asked
) -> None:
    wanted = tuple(Choice(index, "Hello world", "stop") for index in range(2))
    answer = await transport.ask(asked, n=2)
    assert (answer.choices, answer.usage) == (wanted, Usage(5, 4, 0))
    streamed = await read(transport, asked, n=2)
    assert (streamed.choices, streamed.usage) == (wanted, Usage(5, 4, 0))
    for index in range(2):
        *others, last = [piece for piece in streamed.pieces if piece.index == index]
        assert last.reason == "stop"
        assert not any(piece.reason for piece in others)


@PROMPT_AND_CHAT
@pytest.mark.parametrize("alternatives", [0, 1, 2])
async def test_log_probabilities_come_with_each_token_and_as_many_others_as_asked_for(
    transport: Transport, asked: Asked, alternatives: int
) -> None:
    def told(token: str) -> Logprob:
        plain = Logprob(token, -0.5, token.encode())
        others = (plain, Logprob("other", -1.5, b"other"))[:alternatives]
        return Logprob(token, -0.5, token.encode(), others)

    wanted = (told("Hello"), told(" world"))
    assert (await transport.ask(asked, top_logprobs=alternatives)).choices[0].logprobs == wanted
    streamed = await read(transport, asked, top_logprobs=alternatives)
    assert [piece.logprobs for piece in streamed.pieces if piece.text] == [(it,) for it in wanted]


@PROMPT_AND_CHAT
async def test_no_log_probabilities_come_unasked(transport: Transport, asked: Asked) -> None:
    assert (await transport.ask(asked)).choices[0].logprobs == ()


async def test_calls_of_tools_come_whole_and_in_parts(
    service: Service, transport: Transport
) -> None:
    service.parts.engine.capabilities = Capabilities(tools=True)
    service.engine.deltas, service.engine.finish_reason = CALLED, "tool_calls"
    wanted = (Choice(0, "", "tool_calls", "", CALLS),)
    assert (await transport.ask(CHAT, tools=[WEATHER])).choices == wanted
    streamed = await read(transport, CHAT, tools=[WEATHER])
    assert streamed.choices == wanted
    parts = [call for piece in streamed.pieces for call in piece.calls]
    assert parts == [
        Call(0, "c1", "weather", "{"),
        Call(0, "", "", "}"),
        Call(1, "c2", "time", "{}"),
    ]


@pytest.mark.parametrize("choice", ["auto", "none"])
async def test_tools_and_the_choice_among_them_reach_the_engine(
    service: Service, transport: Transport, choice: str
) -> None:
    service.parts.engine.capabilities = Capabilities(tools=True)
    await transport.ask(CHAT, tools=[WEATHER, TIME], tool_choice=choice)
    sent = service.engine.requests[0]
    assert (sent["tools"], sent["tool_choice"]) == ([WEATHER, TIME], choice)


async def test_function_that_is_chosen_by_name_is_the_only_one_that_the_engine_hears_of(
    service: Service, transport: Transport
) -> None:
    service.parts.engine.capabilities = Capabilities(tools=True)
    choice = {"type": "function", "function": TIME_NAMED}
    await transport.ask(CHAT, tools=[WEATHER, TIME], tool_choice=choice)
    sent = service.engine.requests[0]
    assert sent["tools"] == [TIME]


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": TIME_NAMED}])
async def test_call_that_must_be_made_is_one_whatever_the_model_would_write_before(
    service: Service, transport: Transport, choice: Any
) -> None:
    service.parts.engine.capabilities = Capabilities(tools=True)
    service.engine.pieces = ['{"name": "ti', 'me", "arguments": {"zone"', ': "CET"}}']
    options: dict[str, Any] = {"tools": [WEATHER, TIME], "tool_choice": choice, "stop": "zone"}
    (whole,) = (await transport.ask(CHAT, **options)).choices
    (streamed,) = (await read(transport, CHAT, **options)).choices
    for found in (whole, streamed):
        (call,) = found.calls
        assert (found.text, found.reason) == ("", "tool_calls")
        assert (call.name, call.arguments) == ("time", '{"zone": "CET"}')
    sent = service.engine.requests[0]
    assert sent["tool_choice"] == "none"
    assert len(sent["json_schema"]["$defs"]) == len(sent["tools"])


async def test_one_call_at_a_time_is_all_that_is_told_where_no_more_are_wanted(
    service: Service, transport: Transport
) -> None:
    service.parts.engine.capabilities = Capabilities(tools=True)
    service.engine.deltas, service.engine.finish_reason = CALLED, "tool_calls"
    options: dict[str, Any] = {"tools": [WEATHER, TIME], "parallel_tool_calls": False}
    assert (await transport.ask(CHAT, **options)).choices[0].calls == CALLS[:1]
    assert (await read(transport, CHAT, **options)).choices[0].calls == CALLS[:1]


async def test_calls_and_their_answers_reach_the_engine_as_turns(
    service: Service, transport: Transport
) -> None:
    call = {"id": "c1", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}}
    turns: Asked = [
        {"role": "user", "content": "Rain?", "name": "Ada"},
        {"role": "assistant", "content": "", "tool_calls": [call | {"type": "function"}]},
        {"role": "tool", "content": "None.", "tool_call_id": "c1"},
    ]
    service.parts.engine.capabilities = Capabilities(tools=True)
    await transport.ask(turns)
    assert service.engine.requests[0]["messages"] == turns


async def test_what_the_model_thinks_comes_beside_what_it_says(
    service: Service, transport: Transport
) -> None:
    service.engine.deltas = [{"reasoning_content": "Hm."}, {"content": "Hi."}]
    wanted = (Choice(0, "Hi.", "stop", "Hm."),)
    assert (await transport.ask(CHAT)).choices == wanted
    assert (await read(transport, CHAT)).choices == wanted


async def test_chat_reaches_the_engine_as_it_is(service: Service, transport: Transport) -> None:
    await transport.ask(CHAT)
    assert service.engine.requests[0]["messages"] == CHAT


async def test_developer_is_the_newer_name_of_the_system(
    service: Service, transport: Transport
) -> None:
    await transport.ask([{"role": "developer", "content": "x"}, {"role": "user", "content": "y"}])
    assert service.engine.requests[0]["messages"][0] == {"role": "system", "content": "x"}


@PROMPT_AND_CHAT
async def test_engine_is_always_asked_to_stream_with_progress(
    service: Service, transport: Transport, asked: Asked
) -> None:
    await transport.ask(asked)
    assert service.engine.requests[0]["stream"] is True
    assert service.engine.requests[0]["return_progress"] is True


async def test_models_that_are_listed_can_be_asked_for(transport: Transport) -> None:
    (model,) = await transport.models()
    assert (await transport.ask(CHAT, model=model.id)).text == "Hello world"


async def test_both_list_the_same_models(both: tuple[Transport, Transport]) -> None:
    rest, rpc = both
    (model,) = await rest.models()
    assert await rpc.models() == [model]
    assert (model.id, model.owned_by) == (MODEL, "llm-on-ecs")
    assert (model.context_tokens, model.max_output_tokens) == (2048, 1024)


@PROMPT_AND_CHAT
async def test_answer_says_of_itself_the_same_over_both(
    service: Service, both: tuple[Transport, Transport], asked: Asked
) -> None:
    began = int(time.time())
    heads = [(await transport.ask(asked)).head for transport in both for _ in range(2)]
    prefix = "cmpl-" if isinstance(asked, str) else "chatcmpl-"
    assert len({head.id for head in heads}) == 4
    assert all(re.fullmatch(prefix + "[0-9a-f]{32}", head.id) for head in heads)
    assert all(began <= head.created <= time.time() for head in heads)
    (fingerprint,) = {head.fingerprint for head in heads}
    assert re.fullmatch("fp_[0-9a-f]{10}", fingerprint)


async def test_both_count_the_tokens_of_a_prompt(
    service: Service, both: tuple[Transport, Transport]
) -> None:
    service.engine.answers["/tokenize"] = {"tokens": [7, 8, 9]}
    assert [await transport.count("Hi") for transport in both] == [3, 3]
    for sent in service.engine.requests:
        assert (sent["content"], sent["add_special"], sent["parse_special"]) == ("Hi", True, True)


async def test_both_count_the_tokens_of_a_chat(
    service: Service, both: tuple[Transport, Transport]
) -> None:
    service.engine.answers["/v1/chat/completions/input_tokens"] = {"input_tokens": 41}
    assert [await transport.count(CHAT) for transport in both] == [41, 41]
    assert [sent["messages"] for sent in service.engine.requests] == [CHAT, CHAT]
