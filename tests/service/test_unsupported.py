"""What nothing here honours, and what this model lacks: the same code in every API that has it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from service.engine.capabilities import Capabilities
from service.errors import InvalidRequest
from service.rest.bodies import ChatBody, CompletionBody
from service.rest.embeddings import EmbeddingsBody
from service.rest.messages.body import MessagesBody
from service.rest.parsing import parse
from service.rest.responses.body import ResponsesBody
from service.rest.tokens import DetokenizeBody, TokenizeBody
from service.rules import check_capabilities

CHAT = {"messages": [{"role": "user", "content": "Hi"}]}
BODIES: dict[Any, dict[str, Any]] = {
    ChatBody: CHAT,
    ResponsesBody: {"input": "Hi"},
    MessagesBody: CHAT | {"max_tokens": 5},
    CompletionBody: {"prompt": "Hi"},
    EmbeddingsBody: {"input": "Hi"},
    TokenizeBody: {"content": "Hi"},
    DetokenizeBody: {"tokens": [1]},
}
WEATHER = {"name": "weather", "parameters": {"type": "object"}}
CALL = {"id": "c", "type": "function", "function": {"name": "weather", "arguments": "{}"}}


def sent(body: Any, fields: Any) -> Any:
    return parse(body, orjson.dumps(BODIES[body] | fields))


def refusal(body: Any, fields: Any) -> InvalidRequest:
    """By the schema, or by what the model of an endpoint with no template for it can do."""
    with pytest.raises(InvalidRequest) as wrong:
        check_capabilities(sent(body, fields).to_request(), Capabilities())
    return wrong.value


def says(*parts: Any) -> list[Any]:
    return [{"role": "user", "content": list(parts)}]


@pytest.mark.parametrize(
    ("body", "fields", "param"),
    [
        (ChatBody, {"messages": says({"type": "image_url"})}, "messages[0].content[0].type"),
        (ResponsesBody, {"input": says({"type": "input_image"})}, "input[0].content[0].type"),
        (MessagesBody, {"messages": says({"type": "image"})}, "messages[0].content[0].type"),
        (MessagesBody, {"system": [{"type": "document"}]}, "system[0].type"),
        (ChatBody, {"tools": [{"type": "custom", "custom": {}}]}, "tools[0].type"),
        (ResponsesBody, {"tools": [{"type": "web_search"}]}, "tools[0].type"),
        (MessagesBody, {"tools": [{"type": "web_search_20250305"}]}, "tools[0].type"),
        (ResponsesBody, {"tool_choice": {"type": "web_search"}}, "tool_choice.type"),
        (ChatBody, {"tool_choice": {"type": "custom"}}, "tool_choice.type"),
        (ResponsesBody, {"input": [{"type": "item_reference"}]}, "input[0].type"),
        (ChatBody, {"store": True}, "store"),
        (ResponsesBody, {"store": True}, "store"),
        (ChatBody, {"service_tier": "flex"}, "service_tier"),
        (ResponsesBody, {"service_tier": "flex"}, "service_tier"),
        (MessagesBody, {"service_tier": "batch"}, "service_tier"),
        (ChatBody, {"verbosity": "high"}, "verbosity"),
        (ResponsesBody, {"text": {"verbosity": "high"}}, "text.verbosity"),
        (MessagesBody, {"thinking": {"type": "enabled"}}, "thinking.type"),
    ],
)
def test_value_that_nothing_here_honours_has_one_code(body: Any, fields: Any, param: str) -> None:
    error = refusal(body, fields)
    assert (error.code, error.param) == ("unsupported_value", param)
    assert error.message.startswith(f"Unsupported value for '{param}': ")


@pytest.mark.parametrize(
    ("body", "fields", "param"),
    [
        (ChatBody, {"prediction": {}}, "prediction"),
        (ResponsesBody, {"previous_response_id": "resp_1"}, "previous_response_id"),
        (ResponsesBody, {"prompt": {"id": "p"}}, "prompt"),
        (ResponsesBody, {"reasoning": {"summary": "auto"}}, "reasoning.summary"),
        (MessagesBody, {"container": "c"}, "container"),
        (EmbeddingsBody, {"dimensions": 8}, "dimensions"),
    ],
)
def test_field_that_nothing_here_honours_has_one_code(body: Any, fields: Any, param: str) -> None:
    error = refusal(body, fields)
    assert (error.code, error.param) == ("unsupported_parameter", param)
    assert error.message.startswith(f"Unsupported parameter: '{param}': ")


@pytest.mark.parametrize(
    ("body", "fields", "param"),
    [
        (ChatBody, {"tools": [{"type": "function", "function": WEATHER}]}, "tools"),
        (ResponsesBody, {"tools": [{"type": "function", **WEATHER}]}, "tools"),
        (MessagesBody, {"tools": [{"name": "weather", "input_schema": {}}]}, "tools"),
        (ChatBody, {"reasoning_effort": "low"}, "reasoning_effort"),
        (ResponsesBody, {"reasoning": {"effort": "low"}}, "reasoning.effort"),
        (MessagesBody, {"output_config": {"effort": "low"}}, "output_config.effort"),
        (
            ChatBody,
            {
                "messages": [
                    {"role": "assistant", "tool_calls": [CALL]},
                    {"role": "tool", "content": "Rain.", "tool_call_id": "c"},
                ]
            },
            "messages[0].tool_calls",
        ),
    ],
)
def test_what_the_model_s_template_lacks_has_one_code(body: Any, fields: Any, param: str) -> None:
    error = refusal(body, fields)
    assert (error.code, error.param) == ("model_not_supported", param)
    assert "its chat template has no place" in error.message


OPTIONAL = [
    (body, name)
    for body in BODIES
    if body is not MessagesBody  # Anthropic's API takes no null for a list
    for name, field in body.model_fields.items()
    if not field.is_required()
]


@pytest.mark.parametrize(("body", "name"), OPTIONAL)
def test_null_is_taken_for_what_may_be_left_out(body: Any, name: str) -> None:
    sent(body, {name: None})


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (CompletionBody, {"suffix": "", "echo": False, "best_of": 1}),
        (ChatBody, {"store": False, "tool_choice": "none", "logprobs": False, "metadata": {}}),
        (ResponsesBody, {"store": False, "background": False, "tools": [], "include": []}),
    ],
)
def test_what_asks_for_nothing_is_taken(body: Any, fields: Any) -> None:
    assert sent(body, fields).to_request() == sent(body, {}).to_request()
