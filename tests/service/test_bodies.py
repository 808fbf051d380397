"""What the bodies of completions become for the engine, and what they are refused for."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from service.errors import InvalidRequest
from service.generation import GenerationRequest, Message, Prompts, ToolCall
from service.rest.bodies import Body, ChatBody, CompletionBody
from service.rest.parsing import parse

HELLO = [{"role": "user", "content": "Hi"}]
CALL = {"id": "call-1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
SCHEMA = {"type": "object", "properties": {"x": {"type": "integer"}}}
NAMED = {"type": "json_schema", "json_schema": {"name": "p", "schema": SCHEMA, "strict": True}}
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}


def request(body_type: type[Body], fields: object) -> GenerationRequest:
    return parse(body_type, orjson.dumps(fields)).to_request()


def chat(**fields: Any) -> GenerationRequest:
    return request(ChatBody, {"messages": HELLO} | fields)


def completion(**fields: Any) -> GenerationRequest:
    return request(CompletionBody, {"prompt": "Hi"} | fields)


def refused(ask: Any, **fields: Any) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as wrong:
        ask(**fields)
    return wrong.value


@pytest.mark.parametrize(
    ("message", "turn"),
    [
        ({"role": "developer", "content": "Hi"}, Message("system", "Hi")),
        ({"role": "user", "content": "Hi", "name": "ann"}, Message("user", "Hi", name="ann")),
        (
            {"role": "user", "content": [{"type": "text", "text": "a"}] * 2},
            Message("user", "aa"),
        ),
        (
            {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
            Message("assistant", "No."),
        ),
        (
            {"role": "assistant", "content": None, "tool_calls": [CALL], "annotations": []},
            Message("assistant", "", tool_calls=(ToolCall("call-1", "f", "{}"),)),
        ),
        (
            {"role": "tool", "content": "Rain.", "tool_call_id": "call-1"},
            Message("tool", "Rain.", tool_call_id="call-1"),
        ),
    ],
)
def test_turn_of_each_role_is_taken(message: dict[str, Any], turn: Message) -> None:
    assert chat(messages=[message]).prompt == (turn,)


@pytest.mark.parametrize(
    ("messages", "code", "param"),
    [
        ("hi", "invalid_type", "messages"),
        (["hi"], "invalid_type", "messages[0]"),
        ([{"role": "robot", "content": "x"}], "invalid_value", "messages[0].role"),
        ([{"content": "x"}], "missing_required_parameter", "messages[0].role"),
        ([{"role": "user"}], "missing_required_parameter", "messages[0].content"),
        ([{"role": "user", "content": None}], "invalid_type", "messages[0].content"),
        ([{"role": "assistant"}], "invalid_value", "messages[0]"),
        (
            [{"role": "tool", "content": "x"}],
            "missing_required_parameter",
            "messages[0].tool_call_id",
        ),
        ([{"role": "user", "content": "x", "x": 1}], "unknown_parameter", "messages[0].x"),
        ([{"role": "function", "content": "x"}], "unsupported_value", "messages[0].role"),
        (
            [{"role": "assistant", "content": "x", "audio": {"id": "a"}}],
            "unsupported_parameter",
            "messages[0].audio",
        ),
        (
            [{"role": "user", "content": [{"type": "text", "text": "x"}, {"type": "image_url"}]}],
            "unsupported_value",
            "messages[0].content[1].type",
        ),
        (
            [{"role": "user", "content": [{"type": "zzz"}]}],
            "invalid_value",
            "messages[0].content[0].type",
        ),
    ],
)
def test_turn_that_breaks_a_rule_is_named(messages: object, code: str, param: str) -> None:
    error = refused(chat, messages=messages)
    assert (error.code, error.param) == (code, param)


def test_part_that_is_no_text_is_refused_in_words_that_say_so() -> None:
    parts = [{"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}]
    error = refused(chat, messages=[{"role": "user", "content": parts}])
    assert "input_audio" in error.message
    assert "text only" in error.message


def test_unknown_role_is_told_all_that_there_are() -> None:
    error = refused(chat, messages=[{"role": "robot", "content": "x"}])
    assert "'system', 'developer', 'user', 'assistant' or 'tool'; got 'robot'" in error.message


@pytest.mark.parametrize(
    ("form", "schema"),
    [
        ({"type": "text"}, None),
        ({"type": "json_object"}, {"type": "object"}),
        (NAMED, SCHEMA),
        (None, None),
    ],
)
def test_form_of_the_answer_becomes_a_schema(form: object, schema: object) -> None:
    assert chat(response_format=form).sampling.json_schema == schema


@pytest.mark.parametrize(
    ("fields", "alternatives"),
    [
        ({}, None),
        ({"logprobs": False}, None),
        ({"logprobs": True}, 0),
        ({"logprobs": True, "top_logprobs": 20}, 20),
    ],
)
def test_log_probabilities_are_asked_for(fields: dict[str, Any], alternatives: int | None) -> None:
    assert chat(**fields).alternatives == alternatives


@pytest.mark.parametrize(
    ("prompt", "wanted"),
    [
        ("Hi", "Hi"),
        (["Hi"], "Hi"),
        (["a", "b"], Prompts(("a", "b"))),
        ([1, 2], Prompts(((1, 2),))),
        ([[1, 2], [3]], Prompts(((1, 2), (3,)))),
    ],
)
def test_prompts_are_texts_or_token_ids(prompt: object, wanted: object) -> None:
    assert completion(prompt=prompt).prompt == wanted


def test_several_prompts_each_take_the_slots_that_one_takes() -> None:
    assert completion(prompt=["a", "b"], n=3).choices == 6


@pytest.mark.parametrize("prompt", ["", [], [""], [[]], [-1], [1.5], [1, "a"], [2**31], {}, None])
def test_prompt_that_is_none_is_refused(prompt: object) -> None:
    assert (refused(completion, prompt=prompt).param or "").startswith("prompt")


def test_as_many_answers_may_be_the_best_as_there_are() -> None:
    assert completion(n=2, best_of=2).choices == 2
    assert refused(completion, n=1, best_of=2).param == "best_of"


NEUTRAL = {
    "n": 1,
    "audio": None,
    "chat_template_kwargs": None,
    "logit_bias": None,
    "logprobs": False,
    "metadata": {"a": "b"},
    "modalities": ["text"],
    "prompt_cache_key": "k",
    "prompt_cache_retention": "in_memory",
    "reasoning_effort": "none",
    "response_format": {"type": "text"},
    "safety_identifier": "s",
    "service_tier": "auto",
    "store": False,
    "tool_choice": "auto",
    "user": "u",
    "verbosity": "medium",
}


def test_what_asks_for_nothing_may_be_sent() -> None:
    assert chat(**NEUTRAL).sampling.model_dump(exclude_none=True) == {"n": 1}


@pytest.mark.parametrize(
    ("ask", "field", "value", "code"),
    [
        (chat, "audio", {"voice": "x"}, "unsupported_parameter"),
        (chat, "functions", [], "unsupported_parameter"),
        (chat, "function_call", "auto", "unsupported_parameter"),
        (chat, "prediction", {}, "unsupported_parameter"),
        (chat, "web_search_options", {}, "unsupported_parameter"),
        (chat, "modalities", ["text", "audio"], "unsupported_value"),
        (chat, "service_tier", "flex", "unsupported_value"),
        (chat, "store", True, "unsupported_value"),
        (chat, "verbosity", "high", "unsupported_value"),
        (completion, "echo", True, "unsupported_value"),
        (completion, "best_of", 2, "unsupported_value"),
        (completion, "suffix", "x", "unsupported_value"),
    ],
)
def test_what_cannot_be_honoured_is_refused_and_never_ignored(
    ask: Any, field: str, value: object, code: str
) -> None:
    error = refused(ask, **{field: value})
    assert (error.code, (error.param or "").split("[")[0]) == (code, field)


@pytest.mark.parametrize(
    ("ask", "fields", "param"),
    [
        (chat, {"top_logprobs": 2}, "top_logprobs"),
        (chat, {"logprobs": True, "top_logprobs": 21}, "top_logprobs"),
        (chat, {"response_format": NAMED, "json_schema": {}}, "response_format"),
        (chat, {"stream": True, "stream_options": {"include_obfuscation": True}}, "stream_options"),
        (chat, {"tool_choice": "required"}, "tool_choice"),
        (chat, {"chat_template_kwargs": {"messages": "x"}}, "chat_template_kwargs"),
        (chat, {"chat_template_kwargs": {"a": [1]}}, "chat_template_kwargs.a"),
        (chat, {"chat_template_kwargs": {"a": "x" * 1025}}, "chat_template_kwargs.a"),
        (chat, {"chat_template_kwargs": {"a": None}}, "chat_template_kwargs.a"),
        (chat, {"chat_template_kwargs": {"enable_thinking": "x"}}, "chat_template_kwargs"),
        (chat, {"metadata": {"a": 1}}, "metadata.a"),
        (chat, {"seed": 1e30}, "seed"),
        (chat, {"temprature": 1}, "temprature"),
        (completion, {"logprobs": 6}, "logprobs"),
        (completion, {"messages": HELLO}, "messages"),
    ],
)
def test_field_that_breaks_a_rule_is_named(ask: Any, fields: dict[str, Any], param: str) -> None:
    error = refused(ask, **fields)
    assert (error.param or "").startswith(param)
    assert len(error.violations) == 1


def test_tokens_are_limited_by_either_name_and_the_error_names_the_one_that_was_sent() -> None:
    newer = chat(max_completion_tokens=7)
    assert (newer.sampling.max_tokens, newer.field_names.max_tokens) == (7, "max_completion_tokens")
    assert chat(max_tokens=7).field_names.max_tokens == "max_tokens"
    assert chat(max_tokens=7, max_completion_tokens=9).sampling.max_tokens == 7


def test_whole_number_may_be_written_with_a_point() -> None:
    assert chat(max_tokens=7.0).sampling.max_tokens == 7
    assert completion(prompt=[1.0, 2]).prompt == Prompts(((1, 2),))
    assert refused(chat, max_tokens=7.5).param == "max_tokens"


@pytest.mark.parametrize("value", [0, "false", [], True])
def test_what_may_only_be_false_is_nothing_like_it(value: object) -> None:
    assert refused(chat, store=value).code == "unsupported_value"


DEEP = b'{"messages":' + b"[" * 10_000 + b"]" * 10_000 + b"}"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"messages": [{"role": "user", "content": "\xff"}]}',
        b'{"messages": [{"role": "user", "content": "\\ud800"}]}',
        b'{"seed": ' + b"9" * 5000 + b"}",
        DEEP,
    ],
)
def test_body_that_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest, match="not valid JSON"):
        parse(ChatBody, body)


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"1e999"])
def test_number_that_is_none_is_refused(number: bytes) -> None:
    with pytest.raises(InvalidRequest, check=lambda error: error.param == "temperature"):
        parse(ChatBody, b'{"messages": [], "temperature": ' + number + b"}")


def test_zero_byte_in_a_text_goes_on_as_it_is() -> None:
    assert chat(messages=[{"role": "user", "content": "a\0b"}]).characters == 3
