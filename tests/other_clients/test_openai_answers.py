"""What OpenAI's SDK is told by the real engine: counts, log probabilities, and forms that hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import openai
import pytest
from openai.types import CompletionUsage

from tests.other_clients.conftest import KEY, MODEL
from tests.service.process import ServiceProcess

RIVER: Any = [{"role": "user", "content": "Name a river."}]
CAT: Any = [{"role": "user", "content": "Describe a cat as a short JSON object: name and age."}]
SAMPLED: Any = {"model": MODEL, "max_tokens": 6, "temperature": 1, "seed": 3}
SHORT, LONGER = "One, two,", "Paris is the capital of"
SCHEMAS: dict[str, Any] = {
    "bounds": {
        "type": "array",
        "items": {"type": "integer", "minimum": 7, "maximum": 12},
        "minItems": 2,
        "maxItems": 3,
    },
    "pattern": {"type": "string", "pattern": r"^\d{2}-[^a-z]{1,4}$"},
    "alternatives": {
        "anyOf": [{"const": "a"}, {"$ref": "#/$defs/pair"}],
        "$defs": {
            "pair": {
                "type": "object",
                "properties": {"x": {"type": "boolean"}, "y": {"enum": [1, None, "z"]}},
                "required": ["x", "y"],
                "additionalProperties": False,
            }
        },
    },
}


@pytest.fixture(scope="module")
def client(service: ServiceProcess) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(
        base_url=f"{service.url}/v1", api_key=KEY, max_retries=0, _strict_response_validation=True
    ) as client:
        yield client


def counted(usage: CompletionUsage | None) -> tuple[int, int]:
    assert usage is not None
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    return usage.prompt_tokens, usage.completion_tokens


def test_three_answers_share_their_prompt_and_are_the_same_in_a_stream(
    client: openai.OpenAI,
) -> None:
    asked = SAMPLED | {"messages": RIVER, "logprobs": True}
    prompt, _ = counted(client.chat.completions.create(**asked).usage)
    whole = client.chat.completions.create(n=3, **asked)
    told = [(choice.logprobs and choice.logprobs.content) or [] for choice in whole.choices]
    assert counted(whole.usage) == (prompt, sum(len(tokens) for tokens in told))
    chunks = list(
        client.chat.completions.create(
            n=3, stream=True, stream_options={"include_usage": True}, **asked
        )
    )
    assert counted(chunks[-1].usage) == counted(whole.usage)
    for choice in whole.choices:
        parts = [part for chunk in chunks for part in chunk.choices if part.index == choice.index]
        assert parts[0].delta.role == "assistant"
        assert "".join(part.delta.content or "" for part in parts) == choice.message.content
        assert [part.finish_reason for part in parts if part.finish_reason] == ["length"]


def test_prompts_of_one_request_are_counted_together(client: openai.OpenAI) -> None:
    lengths = [
        counted(client.completions.create(prompt=prompt, **SAMPLED).usage)[0]
        for prompt in (SHORT, LONGER)
    ]
    assert lengths[0] != lengths[1]
    both = client.completions.create(prompt=[SHORT, LONGER], n=2, **SAMPLED)
    assert [choice.index for choice in both.choices] == [0, 1, 2, 3]
    assert counted(both.usage) == (sum(lengths), 4 * SAMPLED["max_tokens"])


def test_log_probabilities_of_a_text_put_it_together(client: openai.OpenAI) -> None:
    (choice,) = client.completions.create(prompt=LONGER, logprobs=2, **SAMPLED).choices
    told = choice.logprobs
    assert told is not None
    assert told.tokens is not None
    assert told.text_offset is not None
    assert told.top_logprobs is not None
    assert "".join(told.tokens) == choice.text
    for token, offset in zip(told.tokens, told.text_offset, strict=True):
        assert choice.text.startswith(token, offset)
    assert all(2 <= len(others) <= 3 for others in told.top_logprobs)


def test_json_mode_writes_an_object(client: openai.OpenAI) -> None:
    (choice,) = client.chat.completions.create(
        model=MODEL,
        messages=CAT,
        response_format={"type": "json_object"},
        max_tokens=120,
        temperature=0,
    ).choices
    assert choice.finish_reason == "stop"
    assert isinstance(json.loads(choice.message.content or ""), dict)


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS.keys())
def test_schema_holds_where_the_model_would_write_something_else(
    client: openai.OpenAI, schema: dict[str, Any]
) -> None:
    form: Any = {"type": "json_schema", "json_schema": {"name": "form", "schema": schema}}
    answers = client.chat.completions.create(
        messages=RIVER, response_format=form, n=3, **SAMPLED | {"max_tokens": 40}
    )
    for choice in answers.choices:
        assert choice.finish_reason == "stop"
        jsonschema_rs.validate(schema, json.loads(choice.message.content or ""))


def test_answer_that_is_begun_holds_to_the_form_as_a_whole(client: openai.OpenAI) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "form", "schema": SCHEMAS["bounds"]}}
    asked = SAMPLED | {"max_tokens": 40, "response_format": form}
    begun: Any = {"role": "assistant", "content": "[7, 1"}
    (rest,) = client.chat.completions.create(messages=[*RIVER, begun], **asked).choices
    assert rest.finish_reason == "stop"
    whole = json.loads(begun["content"] + (rest.message.content or ""))
    jsonschema_rs.validate(SCHEMAS["bounds"], whole)
    misfit: Any = {"role": "assistant", "content": "Well, "}
    with pytest.raises(openai.BadRequestError, match="cannot go on in the form") as refused:
        client.chat.completions.create(messages=[*RIVER, misfit], **asked)
    assert refused.value.param == "messages"
