"""How a chat may end: with what the model said, it is continued from there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from service.errors import InvalidRequest
from service.generation import Message, ToolCall
from service.turns import check_no_calls, check_turns

CALL = ToolCall("call-1", "weather", "{}")
ASKED = Message("assistant", "", tool_calls=(CALL,))
ANSWERED = Message("tool", "Rain.", tool_call_id="call-1")
OTHER = replace(CALL, id="call-2")
OTHER_ANSWERED = replace(ANSWERED, tool_call_id="call-2")
MISWRITTEN = [
    [replace(ASKED, tool_calls=(OTHER, replace(CALL, arguments=text))), ANSWERED, OTHER_ANSWERED]
    for text in ('{"city": "Par', "{bad", "[]", "null", '"{}"', "5", " ", '{"a": NaN}')
]
ASKED_TWICE = replace(ASKED, tool_calls=(CALL, OTHER))
USER, SAID = Message("user", "Hi"), Message("assistant", "Hello.")


@pytest.mark.parametrize(
    "turns",
    [
        [USER],
        [USER, SAID],
        [USER, ASKED, ANSWERED],
        [SAID, USER],
        [USER, replace(ASKED, tool_calls=(replace(CALL, arguments=""),)), ANSWERED],
        [USER, ASKED_TWICE, OTHER_ANSWERED, ANSWERED, SAID],
        [USER, ASKED, ANSWERED, ASKED, ANSWERED, SAID, USER],
    ],
)
def test_chat_that_can_go_on_is_one(turns: list[Message]) -> None:
    check_turns(turns, param="messages")


@pytest.mark.parametrize(
    ("turns", "param"),
    [
        ([USER, ASKED], "messages[1].tool_calls[0].id"),
        ([USER, ASKED, USER], "messages[1].tool_calls[0].id"),
        ([USER, ASKED, SAID, USER], "messages[1].tool_calls[0].id"),
        ([USER, ASKED_TWICE, ANSWERED], "messages[1].tool_calls[1].id"),
        ([USER, ASKED_TWICE, ANSWERED, USER, OTHER_ANSWERED], "messages[1].tool_calls[1].id"),
        ([USER, replace(ASKED, tool_calls=(CALL, CALL)), ANSWERED], "messages[1].tool_calls[1].id"),
        ([USER, ASKED, ANSWERED, ANSWERED], "messages[3].tool_call_id"),
        ([USER, ASKED, ANSWERED, USER, ANSWERED], "messages[4].tool_call_id"),
        ([USER, SAID, SAID], "messages[2].role"),
        ([ANSWERED, USER], "messages[0].tool_call_id"),
        ([USER, ASKED, OTHER_ANSWERED, USER], "messages[2].tool_call_id"),
        ([USER, ASKED, USER, ANSWERED], "messages[1].tool_calls[0].id"),
        *(([USER, *turns], "messages[1].tool_calls[1].function.arguments") for turns in MISWRITTEN),
    ],
)
def test_chat_that_cannot_go_on_is_refused_by_name(turns: list[Message], param: str) -> None:
    with pytest.raises(InvalidRequest, check=lambda error: error.param == param):
        check_turns(turns, param="messages")


@pytest.mark.parametrize(
    ("turns", "param"),
    [([USER, ASKED, ANSWERED], "messages[1].tool_calls"), ([ANSWERED], "messages[0].role")],
)
def test_calls_are_refused_where_the_template_would_leave_them_out(
    turns: list[Message], param: str
) -> None:
    with pytest.raises(InvalidRequest, check=lambda error: error.param == param):
        check_no_calls(turns, param="messages")


def test_turns_that_were_sent_as_something_else_are_named_by_that() -> None:
    with pytest.raises(InvalidRequest, check=lambda error: error.param == "input"):
        check_turns([USER, ASKED], param="input")
