"""Options and rules of a request, over REST and gRPC: what reaches the engine, what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from service.engine.capabilities import Capabilities
from service.sampling import BIASES_AT_MOST, GRAMMAR_CHARACTERS_AT_MOST
from tests.service.conftest import Service
from tests.service.face import Asked, Json, Transport
from tests.service.transports import CHAT, PROMPT_AND_CHAT, refused

# Numbers that a float of 32 bits holds as they are.
OPTIONS: Json = {
    "max_tokens": 3,
    "temperature": 0.5,
    "top_p": 0.25,
    "seed": 7,
    "frequency_penalty": 0.5,
    "presence_penalty": -0.25,
    "top_k": 40,
    "min_p": 0.125,
    "repeat_penalty": 1.25,
    "ignore_eos": True,
    "grammar": 'root ::= "a"',
    "json_schema": {"type": "object"},
    "n": 2,
    "logit_bias": {"5": -1.5, "77": 100.0},
}


@PROMPT_AND_CHAT
@pytest.mark.parametrize(("name", "value"), OPTIONS.items(), ids=OPTIONS)
async def test_option_reaches_the_engine_as_it_came(
    service: Service, transport: Transport, asked: Asked, name: str, value: Any
) -> None:
    await transport.ask(asked, **{name: value})
    assert service.engine.requests[0][name] == value


@PROMPT_AND_CHAT
async def test_schema_keeps_the_order_of_its_keys_and_its_long_numbers(
    service: Service, transport: Transport, asked: Asked
) -> None:
    schema = {"properties": {"b": {"const": 2**53 + 1}, "a": {"type": "string"}}}
    await transport.ask(asked, json_schema=schema)
    assert json.dumps(service.engine.requests[0]["json_schema"]) == json.dumps(schema)


@PROMPT_AND_CHAT
async def test_what_is_left_out_is_left_to_the_engine(
    service: Service, transport: Transport, asked: Asked
) -> None:
    await transport.ask(asked)
    body = {"prompt", "messages", "stream", "stream_options", "return_progress"}
    assert set(service.engine.requests[0]) <= body


@PROMPT_AND_CHAT
@pytest.mark.parametrize(
    "options", [{"max_tokens": 1024}, {"temperature": 0.0}, {"temperature": 2.0}, {"seed": -1}]
)
async def test_limits_themselves_are_allowed(
    transport: Transport, asked: Asked, options: Json
) -> None:
    assert (await transport.ask(asked, **options)).text == "Hello world"


@PROMPT_AND_CHAT
@pytest.mark.settings(draft_tokens=7)
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_log_probabilities_are_refused_where_the_engine_guesses_tokens(
    service: Service, transport: Transport, asked: Asked, streamed: bool
) -> None:
    found = await refused(transport, asked, streamed=streamed, top_logprobs=0)
    assert found.code == "model_not_supported"
    assert found.param == ("logprobs" if transport.name == "rest" else "top_logprobs")
    assert "speculation.draft_tokens" in found.message
    assert not service.engine.requests


@PROMPT_AND_CHAT
@pytest.mark.settings(draft_tokens=7)
async def test_engine_that_guesses_tokens_answers_what_asks_for_no_log_probabilities(
    transport: Transport, asked: Asked
) -> None:
    assert (await transport.ask(asked)).text == "Hello world"


WRONG: list[tuple[Json, str]] = [
    ({"max_tokens": 0}, "max_tokens"),
    ({"max_tokens": -1}, "max_tokens"),
    ({"max_tokens": 1025}, "max_tokens"),
    ({"max_tokens": 2_000_000_000}, "max_tokens"),
    ({"temperature": -1.0}, "temperature"),
    ({"temperature": 2.5}, "temperature"),
    ({"top_p": 5.0}, "top_p"),
    ({"top_p": -0.5}, "top_p"),
    ({"frequency_penalty": 3.0}, "frequency_penalty"),
    ({"presence_penalty": -3.0}, "presence_penalty"),
    ({"stop": ["a", "b", "c", "d", "e"]}, "stop"),
    ({"stop": ["a", ""]}, "stop[1]"),
    ({"stop": ["a" * 257]}, "stop[0]"),
    ({"top_k": -1}, "top_k"),
    ({"top_k": 1001}, "top_k"),
    ({"min_p": 2.0}, "min_p"),
    ({"repeat_penalty": 0.0}, "repeat_penalty"),
    ({"repeat_penalty": 11.0}, "repeat_penalty"),
    ({"grammar": "a" * (GRAMMAR_CHARACTERS_AT_MOST + 1)}, "grammar"),
    ({"temperature": -1.0, "top_p": 5.0}, "temperature"),
    ({"grammar": 'root ::= "a"', "json_schema": {}}, "grammar"),
    ({"user": "u" * 513}, "user"),
    ({"n": 0}, "n"),
    ({"n": -1}, "n"),
    ({"n": 3}, "n"),  # there are two slots
    ({"n": 129}, "n"),
    ({"logit_bias": {"5": 101.0}}, "logit_bias.5"),
    ({"logit_bias": {"1000000000": 1.0}}, "logit_bias.1000000000"),
    ({"logit_bias": {str(n): 1.0 for n in range(BIASES_AT_MOST + 1)}}, "logit_bias"),
]
WEATHER: Json = {"type": "function", "function": {"name": "weather"}}
CALL: Json = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
CUT: Json = CALL | {"function": {"name": "weather", "arguments": '{"city": "Par'}}
ANSWER: Json = {"tool_call_id": "c1", "content": "None."}
WRONG_IN_CHATS: list[tuple[Json, str]] = [
    ({"top_logprobs": 21}, "top_logprobs"),
    ({"reasoning_effort": "much"}, "reasoning_effort"),
    ({"top_logprobs": -1}, "top_logprobs"),
    ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "tools[0].function.name"),
    ({"tools": [WEATHER, WEATHER | {"function": {"name": ""}}]}, "tools[1].function.name"),
    ({"tools": [WEATHER] * 129}, "tools"),
    ({"tools": [WEATHER] * 2}, "tools"),
    ({"tool_choice": "required"}, "tool_choice"),
    ({"parallel_tool_calls": False}, "parallel_tool_calls"),
    ({"parallel_tool_calls": True}, "parallel_tool_calls"),
    (
        {
            "tools": [WEATHER],
            "tool_choice": {"type": "function", "function": {"name": "time"}},
        },
        "tool_choice",
    ),
]
WRONG_TURNS: list[tuple[list[Json], str]] = [
    ([{"role": "tool", "content": "None."}], "messages[0].tool_call_id"),
    (
        [{"role": "user", "content": "Hi"}, {"role": "user", "content": "a", "tool_call_id": "c"}],
        "messages[1].tool_call_id",
    ),
    ([{"role": "user", "content": "Hi", "tool_calls": [CALL]}], "messages[0].tool_calls"),
    ([{"role": "assistant", "tool_calls": [CALL | {"id": ""}]}], "messages[0].tool_calls[0].id"),
    ([{"role": "assistant", "tool_calls": [CALL]}], "messages[0].tool_calls[0].id"),
    (
        [{"role": "assistant", "tool_calls": [CALL]}, {"role": "user", "content": "Hi"}],
        "messages[0].tool_calls[0].id",
    ),
    (
        [
            {"role": "assistant", "tool_calls": [CALL, CALL | {"id": "c2"}]},
            {"role": "tool", **ANSWER},
        ],
        "messages[0].tool_calls[1].id",
    ),
    (
        [{"role": "assistant", "tool_calls": [CALL, CALL]}, {"role": "tool", **ANSWER}],
        "messages[0].tool_calls[1].id",
    ),
    (
        [{"role": "assistant", "tool_calls": [CUT]}, {"role": "tool", **ANSWER}],
        "messages[0].tool_calls[0].function.arguments",
    ),
    ([{"role": "assistant", "content": "a"}] * 2, "messages[1].role"),
    ([{"role": "tool", "content": "a", "tool_call_id": "c"}], "messages[0].tool_call_id"),
]


async def check_refused_alike(
    service: Service,
    transports: tuple[Transport, Transport],
    asked: Asked,
    options: Json,
    param: str,
) -> None:
    """With the same words, before the engine hears of it; and the next request works."""
    found = [await refused(transport, asked, **options) for transport in transports]
    one, other = found
    assert one.param == other.param == param
    assert (one.code, one.message) == (other.code, other.message)
    assert (one.status, other.status) == ("400", "INVALID_ARGUMENT")
    assert service.engine.requests == []
    assert (await transports[0].ask("Hi")).text == "Hello world"


@PROMPT_AND_CHAT
@pytest.mark.parametrize(("options", "param"), WRONG)
async def test_what_breaks_a_rule_is_refused_by_name(
    service: Service, both: tuple[Transport, Transport], asked: Asked, options: Json, param: str
) -> None:
    await check_refused_alike(service, both, asked, options, param)


@pytest.mark.parametrize(("options", "param"), WRONG_IN_CHATS)
async def test_what_breaks_a_rule_of_chats_is_refused_by_name(
    service: Service, both: tuple[Transport, Transport], options: Json, param: str
) -> None:
    service.parts.engine.capabilities = Capabilities(tools=True)
    await check_refused_alike(service, both, CHAT, options, param)


@pytest.mark.parametrize(
    ("turns", "param"),
    [([], "messages"), ([{"role": "wizard", "content": "Hi"}], "messages[0].role")],
)
async def test_chat_that_breaks_a_rule_is_refused_by_name(
    service: Service, both: tuple[Transport, Transport], turns: list[Json], param: str
) -> None:
    await check_refused_alike(service, both, turns, {}, param)


@pytest.mark.parametrize(("turns", "param"), WRONG_TURNS)
async def test_turn_that_breaks_a_rule_of_its_role_is_refused_by_name(
    service: Service, both: tuple[Transport, Transport], turns: list[Json], param: str
) -> None:
    await check_refused_alike(service, both, turns, {}, param)


async def test_empty_prompt_is_refused(service: Service, both: tuple[Transport, Transport]) -> None:
    await check_refused_alike(service, both, "", {}, "prompt")


async def test_tools_that_the_models_template_has_no_place_for_are_refused(
    service: Service, transport: Transport
) -> None:
    found = await refused(transport, CHAT, tools=[WEATHER])
    assert (found.code, found.param) == ("model_not_supported", "tools")
    assert "chat template" in found.message
    assert service.engine.requests == []


@pytest.mark.parametrize("known", [True, False])
async def test_effort_reaches_the_template_that_has_a_place_for_it(
    service: Service, both: tuple[Transport, Transport], known: bool
) -> None:
    service.parts.engine.capabilities = Capabilities(reasoning_effort=known)
    for transport in both:
        if known:
            await transport.ask(CHAT, reasoning_effort="low")
        else:
            found = await refused(transport, CHAT, reasoning_effort="low")
            assert (found.code, found.param) == ("model_not_supported", "reasoning_effort")
    sent = [asked["chat_template_kwargs"] for asked in service.engine.requests]
    assert sent == [{"reasoning_effort": "low"}] * 2 * known


@PROMPT_AND_CHAT
async def test_name_of_who_asks_is_taken_and_goes_no_further(
    service: Service, transport: Transport, asked: Asked
) -> None:
    await transport.ask(asked, user="u" * 512)
    assert "user" not in service.engine.requests[0]


@PROMPT_AND_CHAT
async def test_unknown_model_is_refused_with_the_one_served(
    both: tuple[Transport, Transport], asked: Asked
) -> None:
    for transport, status in zip(both, ("404", "NOT_FOUND"), strict=True):
        found = await refused(transport, asked, model="gpt-none")
        assert (found.code, found.param, found.status) == ("model_not_found", "model", status)
        assert found.message == "The model `gpt-none` does not exist here; use " + (
            "`smollm2-135m-instruct`."
        )


async def test_long_model_name_is_not_sent_back_whole(transport: Transport) -> None:
    found = await refused(transport, model="m" * 10_000)
    assert found.code == "model_not_found"
    assert len(found.message) < 200
