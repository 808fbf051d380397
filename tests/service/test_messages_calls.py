"""What Anthropic's API asks of the uses of tools and their results."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from service.errors import InvalidRequest
from service.rest.messages.turns import Turn, check_calls

TURNS: TypeAdapter[list[Turn]] = TypeAdapter(list[Turn])
TEXT = {"type": "text", "text": "Hi"}
THOUGHT = {"type": "thinking", "thinking": "?", "signature": ""}
FIRST = "messages[0].content[0].id"


def use(*ids: str) -> dict[str, Any]:
    blocks = [{"type": "tool_use", "id": each, "name": "weather", "input": {}} for each in ids]
    return {"role": "assistant", "content": blocks}


def results(*ids: str) -> list[dict[str, Any]]:
    return [{"type": "tool_result", "tool_use_id": each, "content": "sun"} for each in ids]


def user(*blocks: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks)}


def said(*blocks: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks)}


def check(*turns: Any) -> None:
    check_calls(TURNS.validate_python(list(turns)))


@pytest.mark.parametrize(
    "turns",
    [
        (user(TEXT), use("a"), user(*results("a"))),
        (use("a", "b"), user(*results("b", "a"), TEXT)),
        (use("a"), user(TEXT, *results("a"))),
        (use("a", "b"), user(*results("a")), said(THOUGHT), user(*results("b"))),
        (use("a"), user(*results("a")), use("a"), user(*results("a"))),
    ],
)
def test_uses_that_have_their_results_are_taken(turns: tuple[Any, ...]) -> None:
    check(*turns)


@pytest.mark.parametrize(
    ("turns", "param", "what"),
    [
        ((use("a"), user(TEXT)), FIRST, "nothing answers the call 'a'"),
        ((use("a"),), FIRST, "nothing answers the call 'a'"),
        (
            (use("a", "b"), user(*results("a"))),
            "messages[0].content[1].id",
            "nothing answers the call 'b'",
        ),
        ((use("a", "a"), user(*results("a"))), "messages[0].content[1].id", "of its own"),
        ((user(*results("a")),), "messages[0].content[0].tool_use_id", "answers no call"),
        (
            (use("a"), user(*results("a"), TEXT), user(*results("a"))),
            "messages[2].content[0].tool_use_id",
            "answers no call",
        ),
        (
            (use("a"), user(*results("a", "a"))),
            "messages[1].content[1].tool_use_id",
            "answered already",
        ),
    ],
)
def test_use_without_a_result_of_its_own_is_named(
    turns: tuple[Any, ...], param: str, what: str
) -> None:
    with pytest.raises(InvalidRequest, match=what) as wrong:
        check(*turns)
    assert wrong.value.param == param
