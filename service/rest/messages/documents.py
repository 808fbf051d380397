"""The answers of Anthropic's Messages API, and their events."""

from __future__ import annotations

from typing import Any, Literal

from typing_extensions import TypedDict

StopReason = Literal["end_turn", "max_tokens", "stop_sequence", "tool_use"]


class TextBlock(TypedDict):
    type: Literal["text"]
    text: str
    citations: None


class ThinkingBlock(TypedDict):
    """What a model thought. The signature is empty: nobody vouches for it."""

    type: Literal["thinking"]
    thinking: str
    signature: str


class ToolUseBlock(TypedDict):
    type: Literal["tool_use"]
    id: str
    name: str
    input: dict[str, Any]


ContentBlock = TextBlock | ThinkingBlock | ToolUseBlock


class DeltaUsage(TypedDict):
    """The sum of the three kinds of input is the prompt."""

    input_tokens: int
    cache_creation_input_tokens: int
    cache_read_input_tokens: int
    output_tokens: int
    output_tokens_details: None
    server_tool_use: None


class Usage(DeltaUsage):
    cache_creation: None
    inference_geo: None
    service_tier: Literal["standard"]
    speed: None


class Message(TypedDict):
    id: str
    type: Literal["message"]
    role: Literal["assistant"]
    model: str
    container: None
    diagnostics: None
    content: list[ContentBlock]
    stop_reason: StopReason | None
    stop_sequence: str | None
    stop_details: None
    usage: Usage


class MessageStart(TypedDict):
    type: Literal["message_start"]
    message: Message


class BlockStart(TypedDict):
    type: Literal["content_block_start"]
    index: int
    content_block: ContentBlock


class TextDelta(TypedDict):
    type: Literal["text_delta"]
    text: str


class ThinkingDelta(TypedDict):
    type: Literal["thinking_delta"]
    thinking: str


class InputDelta(TypedDict):
    type: Literal["input_json_delta"]
    partial_json: str


class BlockDelta(TypedDict):
    type: Literal["content_block_delta"]
    index: int
    delta: TextDelta | ThinkingDelta | InputDelta


class BlockStop(TypedDict):
    type: Literal["content_block_stop"]
    index: int


class Stop(TypedDict):
    stop_reason: StopReason | None
    stop_sequence: str | None
    stop_details: None
    container: None


class MessageDelta(TypedDict):
    type: Literal["message_delta"]
    delta: Stop
    usage: DeltaUsage


class MessageStop(TypedDict):
    type: Literal["message_stop"]


class Ping(TypedDict):
    type: Literal["ping"]


class Failure(TypedDict):
    type: str
    message: str


class Failed(TypedDict):
    """An error, as an event or as the whole answer."""

    type: Literal["error"]
    error: Failure
    request_id: str | None


Event = (
    MessageStart | BlockStart | BlockDelta | BlockStop | MessageDelta | MessageStop | Ping | Failed
)


class Counted(TypedDict):
    input_tokens: int
