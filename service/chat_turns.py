"""The turns of a chat, as OpenAI's API has them: a role each, and the content that it may have.

Both transports hold them to this one schema.

Fields of an answer that say nothing may be sent back with it, because clients send answers whole.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)
from pydantic_core import PydanticCustomError

from service.generation import Message, Role, ToolCall
from service.tools import FunctionName, Part
from service.violations import one_of, tag, type_of, unknown_type, unsupported, unsupported_type

ROLES = ("system", "developer", "user", "assistant", "tool")
MESSAGES_AT_MOST = 4096  # far beyond what a context holds; each costs objects before it is counted
PARTS_AT_MOST = 4096  # of one message, likewise
CALLS_AT_MOST = 128

# Of OpenAI's two APIs and of Anthropic's.
OTHER_PARTS = (
    *("image_url", "input_audio", "file"),
    *("input_image", "input_file", "computer_screenshot"),
    *("image", "document", "search_result", "container_upload"),
)


def as_text_parts(content: object) -> object:
    """A message's content may be a plain string; it means one text part."""
    return text_or_parts(content, "text")


def text_or_parts(content: object, kind: str) -> object:
    """A list, where it can be one: a plain text is one part of this type."""
    if isinstance(content, str):
        return [{"type": kind, "text": content}]
    if not isinstance(content, list):
        raise PydanticCustomError("content_type", "Input should be a text, or a list of parts")
    return content


def part_of(*types: str) -> BeforeValidator:
    """Parts that an API knows and no model here are told from parts that nobody knows."""

    def check(part: object) -> object:
        if (kind := type_of(part)) in OTHER_PARTS:
            raise unsupported_type(f"got '{kind}', and models here take text only; send text")
        if isinstance(part, dict) and "type" in part and kind not in types:
            raise unknown_type(part, *types)
        return part

    return BeforeValidator(check)


def current(role: object) -> object:
    if role == "function":
        raise unsupported("it is deprecated; send the role tool, with a tool_call_id")
    return role


class TextPart(Part):
    type: Literal["text"]
    text: str


class RefusalPart(Part):
    type: Literal["refusal"]
    refusal: str


def part_type(part: object) -> str:
    return tag("refusal" if type_of(part) == "refusal" else "text")


AssistantPart = Annotated[
    Annotated[TextPart, Tag(tag("text"))] | Annotated[RefusalPart, Tag(tag("refusal"))],
    Discriminator(part_type),
    part_of("text", "refusal"),
]
UserPart = Annotated[TextPart, part_of("text")]
Some = Field(min_length=1, max_length=PARTS_AT_MOST, fail_fast=True)
TextParts = Annotated[
    list[UserPart],
    Some,
    BeforeValidator(as_text_parts, json_schema_input_type=str | Annotated[list[TextPart], Some]),
]
AssistantParts = Annotated[
    list[AssistantPart],
    Some,
    BeforeValidator(
        as_text_parts, json_schema_input_type=str | Annotated[list[AssistantPart], Some]
    ),
]


class PlainMessage(Part):
    """What the system or the user says."""

    role: Annotated[
        Literal["system", "developer", "user"], one_of(*ROLES), BeforeValidator(current)
    ]
    content: TextParts
    name: str | None = Field(None, max_length=64)

    def to_message(self) -> Message:
        role: Role = "system" if self.role == "developer" else self.role  # its older name
        return Message(role, joined(self.content), name=self.name)


class CalledFunction(Part):
    name: FunctionName
    arguments: str = Field(description="The JSON of an object, or nothing.")


class Call(Part):
    id: str = Field(min_length=1, max_length=256)
    type: Literal["function"]
    function: CalledFunction

    def to_call(self) -> ToolCall:
        return ToolCall(self.id, self.function.name, self.function.arguments)


class AssistantMessage(Part):
    """What the model said: text, a refusal, or calls."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": ["content"], "properties": {"content": {"not": {"type": "null"}}}},
                {"required": ["refusal"], "properties": {"refusal": {"type": "string"}}},
                {"required": ["tool_calls"], "properties": {"tool_calls": {"type": "array"}}},
            ]
        }
    )

    role: Literal["assistant"]
    content: AssistantParts | None = None
    refusal: str | None = None
    tool_calls: Annotated[list[Call], Field(min_length=1, max_length=CALLS_AT_MOST)] | None = Field(
        None, description="Each is answered, once, by a message of the role tool right after it."
    )
    name: str | None = Field(None, max_length=64)
    reasoning_content: str | None = Field(None, description="As an answer has it; not repeated.")
    annotations: Annotated[list[Any], Field(max_length=0)] | None = None
    function_call: None = None
    audio: None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.content is None and self.refusal is None and self.tool_calls is None:
            raise ValueError("it needs content, a refusal or tool_calls")
        return self

    def to_message(self) -> Message:
        text = joined(self.content or []) or self.refusal or ""
        calls = tuple(call.to_call() for call in self.tool_calls or ())
        return Message("assistant", text, name=self.name, tool_calls=calls)


class ToolMessage(Part):
    """What a function answered."""

    role: Literal["tool"]
    content: TextParts
    tool_call_id: str = Field(min_length=1, max_length=256)

    def to_message(self) -> Message:
        return Message("tool", joined(self.content), tool_call_id=self.tool_call_id)


def role_kind(message: object) -> str | None:
    role = message.get("role") if isinstance(message, dict) else None
    return tag(role) if role in ("assistant", "tool") else tag("plain")


ChatMessage = Annotated[
    Annotated[PlainMessage, Tag(tag("plain"))]
    | Annotated[AssistantMessage, Tag(tag("assistant"))]
    | Annotated[ToolMessage, Tag(tag("tool"))],
    Discriminator(role_kind),
]
Messages = Annotated[
    list[ChatMessage], Field(min_length=1, max_length=MESSAGES_AT_MOST, fail_fast=True)
]


def joined(parts: list[TextPart] | list[AssistantPart]) -> str:
    return "".join(part.text if isinstance(part, TextPart) else part.refusal for part in parts)
