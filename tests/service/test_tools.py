"""What a chat may offer and choose, in OpenAI's shape."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from service.errors import InvalidRequest
from service.generation import Tools
from service.tools import TOOLS_AT_MOST, ToolOptions
from service.violations import invalid_request

WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
NAMED = {"type": "function", "function": {"name": "weather"}}


TIME = {"type": "function", "function": {"name": "time"}}


@pytest.mark.parametrize("choice", [None, "auto", "none", "required"])
def test_tools_and_the_choice_go_on_as_they_came(choice: Any) -> None:
    options = ToolOptions.model_validate({"tools": [WEATHER], "tool_choice": choice})
    assert options.to_tools() == Tools((WEATHER,), choice)


def test_function_that_is_named_is_the_only_one_that_the_engine_is_offered() -> None:
    options = ToolOptions.model_validate({"tools": [TIME, WEATHER], "tool_choice": NAMED})
    assert options.to_tools() == Tools((WEATHER,), "required")


def test_allowed_tools_are_the_only_ones_that_the_engine_is_offered() -> None:
    allowed = {"mode": "auto", "tools": [NAMED]}
    choice = {"type": "allowed_tools", "allowed_tools": allowed}
    options = ToolOptions.model_validate({"tools": [TIME, WEATHER], "tool_choice": choice})
    assert options.to_tools() == Tools((WEATHER,), "auto")


@pytest.mark.parametrize("choice", [None, "auto", "none"])
def test_no_tools_are_none(choice: Any) -> None:
    options = {"tools": None, "tool_choice": choice, "parallel_tool_calls": None}
    assert ToolOptions.model_validate(options).to_tools() is None


@pytest.mark.parametrize(
    ("options", "param"),
    [
        ({"tools": []}, "tools"),
        ({"tools": [WEATHER] * (TOOLS_AT_MOST + 1)}, "tools"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"tools": [{"type": "function"}]}, "tools[0].function"),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "tools[0].function.name"),
        ({"tools": [WEATHER], "tool_choice": "never"}, "tool_choice"),
        ({"tools": [WEATHER], "tool_choice": {"type": "function"}}, "tool_choice.function"),
        ({"tools": [WEATHER], "tool_choice": 7}, "tool_choice"),
    ],
)
def test_what_breaks_a_rule_is_named(options: dict[str, Any], param: str) -> None:
    with pytest.raises(ValidationError) as wrong:
        ToolOptions.model_validate(options)
    assert invalid_request(wrong.value).param == param


@pytest.mark.parametrize(
    "options",
    [
        {"tool_choice": "required"},
        {"tools": [WEATHER], "tool_choice": {"type": "function", "function": {"name": "time"}}},
    ],
)
def test_what_is_chosen_must_be_offered(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest, check=lambda error: error.param == "tool_choice"):
        ToolOptions.model_validate(options).to_tools()
