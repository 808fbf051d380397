"""The turns of a chat that the items of a response's input make."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from service.errors import InvalidRequest
from service.generation import Message, ToolCall
from service.rest.responses.items import Items, check_calls, turns

CALL = {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": "{}"}
SAYS = {"role": "assistant", "content": "I look."}
USER = {"role": "user", "content": "Hi"}
THOUGHT: Any = {"type": "reasoning", "summary": []}
OUTPUT = {"type": "function_call_output", "call_id": "c1", "output": "Rain."}
CALLED = ToolCall("c1", "weather", "{}")


def made(*items: Any) -> list[Message]:
    return list(turns(TypeAdapter(Items).validate_python(list(items))))


@pytest.mark.parametrize(
    "items", [(SAYS, CALL), (CALL, SAYS), (CALL, THOUGHT, SAYS), (SAYS, THOUGHT, CALL)]
)
def test_what_the_assistant_says_and_calls_is_one_turn(items: tuple[Any, ...]) -> None:
    assert made(*items) == [Message("assistant", "I look.", tool_calls=(CALLED,))]


def test_two_calls_are_one_turn() -> None:
    (turn,) = made(CALL, CALL | {"call_id": "c2"})
    assert [call.id for call in turn.tool_calls] == ["c1", "c2"]


def test_what_is_said_twice_is_two_turns() -> None:
    assert [turn.role for turn in made(USER, SAYS, SAYS)] == ["user", "assistant", "assistant"]
    assert len(made(SAYS, CALL, SAYS)) == 2


def test_what_follows_an_answered_call_is_a_turn_of_its_own() -> None:
    roles = [turn.role for turn in made(USER, CALL, OUTPUT, SAYS)]
    assert roles == ["user", "assistant", "tool", "assistant"]


def test_outputs_follow_their_calls_whatever_was_sent_between_them() -> None:
    """As OpenAI's own clients send it, and its API takes it."""
    other, answer = CALL | {"call_id": "c2"}, OUTPUT | {"call_id": "c2"}
    told = made(CALL, USER, other, OUTPUT, THOUGHT, answer)
    assert [(turn.role, turn.tool_call_id) for turn in told] == [
        ("assistant", None),
        ("tool", "c1"),
        ("user", None),
        ("assistant", None),
        ("tool", "c2"),
    ]


@pytest.mark.parametrize(
    ("items", "param"),
    [
        ((CALL, USER), "input[0].call_id"),
        ((CALL, CALL, OUTPUT), "input[1].call_id"),
        ((USER, OUTPUT, CALL), "input[1].call_id"),
        ((CALL, OUTPUT, OUTPUT), "input[2].call_id"),
        ((CALL, OUTPUT, CALL, SAYS), "input[2].call_id"),
    ],
)
def test_call_without_an_output_of_its_own_is_named(items: tuple[Any, ...], param: str) -> None:
    with pytest.raises(InvalidRequest, check=lambda error: error.param == param):
        check_calls(TypeAdapter(Items).validate_python(list(items)))


def test_id_may_be_that_of_an_earlier_call_that_has_its_output() -> None:
    check_calls(TypeAdapter(Items).validate_python([CALL, OUTPUT, CALL, OUTPUT]))
