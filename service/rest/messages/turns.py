"""The turns of a conversation in Anthropic's API, as those of a chat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from service.call_history import CallHistory
from service.chat_turns import PARTS_AT_MOST, as_text_parts, part_of
from service.generation import Message
from service.rest.messages.blocks import (
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
    kind,
    written,
)
from service.rest.strict import Strict
from service.violations import one_of, tag

Some = Field(min_length=1, max_length=PARTS_AT_MOST, fail_fast=True)
UserBlock = Annotated[
    Annotated[TextBlock, Tag(tag("text"))] | Annotated[ToolResultBlock, Tag(tag("tool_result"))],
    Discriminator(kind),
    part_of("text", "tool_result"),
]
AssistantBlock = Annotated[
    Annotated[TextBlock, Tag(tag("text"))]
    | Annotated[ThinkingBlock, Tag(tag("thinking"))]
    | Annotated[ToolUseBlock, Tag(tag("tool_use"))],
    Discriminator(kind),
    part_of("text", "thinking", "redacted_thinking", "tool_use"),
]
UserBlocks = Annotated[
    list[UserBlock],
    Some,
    BeforeValidator(as_text_parts, json_schema_input_type=str | Annotated[list[UserBlock], Some]),
]
SystemBlocks = Annotated[
    list[Annotated[TextBlock, part_of("text")]],
    Some,
    BeforeValidator(as_text_parts, json_schema_input_type=str | Annotated[list[TextBlock], Some]),
]
AssistantBlocks = Annotated[
    list[AssistantBlock],
    Some,
    BeforeValidator(
        as_text_parts, json_schema_input_type=str | Annotated[list[AssistantBlock], Some]
    ),
]


class SystemTurn(Strict):
    role: Literal["system"]
    content: SystemBlocks

    def to_messages(self) -> Iterator[Message]:
        yield Message("system", written(self.content))


class UserTurn(Strict):
    """What the user says, and what tools answered."""

    role: Annotated[Literal["user"], one_of("user", "assistant", "system")]
    content: UserBlocks

    def to_messages(self) -> Iterator[Message]:
        """The results first: templates want each to follow its call."""
        for block in self.content:
            if isinstance(block, ToolResultBlock):
                yield block.to_message()
        if any(isinstance(block, TextBlock) for block in self.content):
            yield Message("user", written(self.content))


class AssistantTurn(Strict):
    role: Literal["assistant"]
    content: AssistantBlocks

    def to_messages(self) -> Iterator[Message]:
        """None of what was only thought."""
        calls = tuple(block.to_call() for block in self.content if isinstance(block, ToolUseBlock))
        if calls or any(isinstance(block, TextBlock) for block in self.content):
            yield Message("assistant", written(self.content), tool_calls=calls)


def check_calls(turns: Sequence[Turn]) -> None:
    """Raises InvalidRequest where uses of tools and their results are not those of a CallHistory.

    A turn of mere thoughts is none; and the results of a turn come before what it says.
    """
    history = CallHistory()
    for position, turn in enumerate(turns):
        blocks = list(enumerate(turn.content))
        for number, block in blocks:
            if isinstance(block, ToolResultBlock):
                place = f"messages[{position}].content[{number}].tool_use_id"
                history.answered(block.tool_use_id, place=place)
        if any(isinstance(block, TextBlock | ToolUseBlock) for block in turn.content):
            history.goes_on()
        for number, block in blocks:
            if isinstance(block, ToolUseBlock):
                history.called(block.id, place=f"messages[{position}].content[{number}].id")
    history.goes_on()


def role(turn: Any) -> str:
    found = turn.get("role") if isinstance(turn, dict) else getattr(turn, "role", None)
    return tag(found if found in ("assistant", "system") else "user")


Turn = Annotated[
    Annotated[UserTurn, Tag(tag("user"))]
    | Annotated[AssistantTurn, Tag(tag("assistant"))]
    | Annotated[SystemTurn, Tag(tag("system"))],
    Discriminator(role),
]
