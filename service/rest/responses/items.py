"""What the input of a response is made of, and the turns of a chat that it makes."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from service.call_history import CallHistory
from service.chat_turns import MESSAGES_AT_MOST, PARTS_AT_MOST, part_of, text_or_parts
from service.generation import Message, ToolCall
from service.rest.strict import Strict
from service.violations import tag, type_of, unsupported_type

READABLE = ("message", "function_call", "function_call_output", "reasoning")

Status = Literal["in_progress", "completed", "incomplete"]


class TextPart(Strict):
    """Of the user, or of an earlier answer that is sent back."""

    type: Literal["input_text", "output_text"]
    text: str
    annotations: Annotated[list[Any], Field(max_length=0)] | None = None
    logprobs: list[Any] | None = None


def parts(content: object) -> object:
    """A plain string is one part."""
    return text_or_parts(content, "input_text")


Several = Field(max_length=PARTS_AT_MOST, fail_fast=True)
Parts = Annotated[
    list[Annotated[TextPart, part_of("input_text", "output_text")]],
    Several,
    BeforeValidator(parts, json_schema_input_type=str | Annotated[list[TextPart], Several]),
]


def text_of(found: Iterable[TextPart]) -> str:
    return "".join(part.text for part in found)


class Item(Strict):
    id: str | None = None
    status: Status | None = None


class MessageItem(Item):
    type: Literal["message"] | None = None
    role: Literal["user", "assistant", "system", "developer"]
    content: Parts
    phase: Literal["commentary", "final_answer"] | None = None

    def to_message(self) -> Message:
        role = "system" if self.role == "developer" else self.role  # its older name
        return Message(role, text_of(self.content))


class CallItem(Item):
    """A call that the model asked for."""

    type: Literal["function_call"]
    call_id: str = Field(min_length=1)
    name: str = Field(min_length=1)
    arguments: str

    def to_message(self) -> Message:
        call = ToolCall(self.call_id, self.name, self.arguments)
        return Message("assistant", "", tool_calls=(call,))


class OutputItem(Item):
    """What the function answered."""

    type: Literal["function_call_output"]
    call_id: str = Field(min_length=1)
    output: Parts

    def to_message(self) -> Message:
        return Message("tool", text_of(self.output), tool_call_id=self.call_id)


class ReasoningItem(Item):
    """What a model thought in an earlier turn; templates leave it out."""

    type: Literal["reasoning"]
    summary: list[Any] = Field([])
    content: list[Any] | None = None
    encrypted_content: None = None


def readable(item: object) -> object:
    kind = type_of(item)
    if kind not in (None, *READABLE):
        raise unsupported_type(
            f"got '{kind}'; nothing is kept here to refer to, and no tools are run: send messages, "
            "function calls, their outputs and reasoning"
        )
    return item


def kind(item: Any) -> str:
    """A message may be without a type."""
    found = item.get("type") if isinstance(item, dict) else getattr(item, "type", None)
    return tag(str(found or "message"))


AnyItem = Annotated[
    Annotated[MessageItem, Tag(tag("message"))]
    | Annotated[CallItem, Tag(tag("function_call"))]
    | Annotated[OutputItem, Tag(tag("function_call_output"))]
    | Annotated[ReasoningItem, Tag(tag("reasoning"))],
    Discriminator(kind),
    BeforeValidator(readable),
]


def items(content: object) -> object:
    """A plain string is one turn of the user."""
    if isinstance(content, str):
        return [{"role": "user", "content": content}]
    if not isinstance(content, list):
        raise PydanticCustomError("content_type", "Input should be a text, or a list of items")
    return content


Some = Field(min_length=1, max_length=MESSAGES_AT_MOST, fail_fast=True)
Items = Annotated[
    list[AnyItem],
    Some,
    BeforeValidator(items, json_schema_input_type=str | Annotated[list[AnyItem], Some]),
]


def check_calls(found: Iterable[AnyItem]) -> None:
    """Raises InvalidRequest where calls and outputs are not those of a CallHistory.

    Others may come between them: here they belong together by their ids, wherever they are.
    """
    history = CallHistory()
    for position, item in enumerate(found):
        place = f"input[{position}].call_id"
        if isinstance(item, CallItem):
            history.called(item.call_id, place=place)
        elif isinstance(item, OutputItem):
            history.answered(item.call_id, place=place)
    history.goes_on()


def turns(found: Iterable[AnyItem]) -> tuple[Message, ...]:
    """What the assistant says and calls is one turn, whichever of them comes first; the outputs of
    its calls follow it."""
    made: list[list[Message]] = []  # each with the outputs of its calls
    calling: dict[str, list[Message]] = {}
    for item in found:
        if isinstance(item, ReasoningItem):
            continue
        turn = item.to_message()
        if isinstance(item, OutputItem) and item.call_id in calling:
            calling[item.call_id].append(turn)
            continue
        joined = both(made[-1][0], turn) if made and len(made[-1]) == 1 else None
        if joined is None:
            made.append([turn])
        else:
            made[-1][0] = joined
        if isinstance(item, CallItem):
            calling[item.call_id] = made[-1]
    return tuple(itertools.chain.from_iterable(made))


def both(before: Message, turn: Message) -> Message | None:
    """The assistant's turns as one, where one is calls alone."""
    calls, texts = before.tool_calls + turn.tool_calls, [before.content, turn.content]
    if {before.role, turn.role} != {"assistant"} or not calls or all(texts):
        return None
    return replace(before, content="".join(texts), tool_calls=calls)
