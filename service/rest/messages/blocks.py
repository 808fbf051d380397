"""What a turn is made of in Anthropic's API, and the turns of a chat that it makes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from service.chat_turns import PARTS_AT_MOST, as_text_parts, part_of
from service.generation import Message, ToolCall
from service.rest.strict import Strict
from service.violations import tag, type_of


class CacheControl(Strict):
    """Accepted and needless: what prompts have in common is cached anyway."""

    type: Literal["ephemeral"]
    ttl: Literal["5m", "1h"] | None = None


class Block(Strict):
    cache_control: CacheControl | None = None


class TextBlock(Block):
    type: Literal["text"]
    text: str
    citations: Annotated[list[Any], Field(max_length=0)] | None = None


class ThinkingBlock(Strict):
    """What a model thought in an earlier turn; templates leave it out."""

    type: Literal["thinking", "redacted_thinking"]
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None


class ToolUseBlock(Block):
    type: Literal["tool_use"]
    id: str = Field(min_length=1)
    name: str = Field(min_length=1)
    input: dict[str, Any]
    caller: dict[str, Any] | None = None
    toolset_name: None = None

    def to_call(self) -> ToolCall:
        return ToolCall(self.id, self.name, json.dumps(self.input, ensure_ascii=False))


Several = Field(max_length=PARTS_AT_MOST, fail_fast=True)
Texts = Annotated[
    list[Annotated[TextBlock, part_of("text")]],
    Several,
    BeforeValidator(
        as_text_parts, json_schema_input_type=str | Annotated[list[TextBlock], Several]
    ),
]


class ToolResultBlock(Block):
    type: Literal["tool_result"]
    tool_use_id: str = Field(min_length=1)
    content: Texts = Field([])
    is_error: bool | None = None

    def to_message(self) -> Message:
        """Templates know of no failed calls: the model is told in the text."""
        text = written(self.content)
        return Message(
            "tool", f"Error: {text}" if self.is_error else text, tool_call_id=self.tool_use_id
        )


def written(blocks: Iterable[Block | ThinkingBlock]) -> str:
    return "".join(block.text for block in blocks if isinstance(block, TextBlock))


def kind(block: Any) -> str:
    """What is none of these is told so before, or lacks a type as a text would."""
    found = getattr(block, "type", None) or type_of(block) or "text"
    return tag(found.removeprefix("redacted_"))
