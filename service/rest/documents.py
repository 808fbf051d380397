"""The answers of chat completions and completions: every key that OpenAI's schema requires.

Keys that are not always there are llama.cpp's, or were asked for.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from service.generation import FinishReason

Timings = dict[str, Any]


class TopLogprob(TypedDict):
    token: str
    logprob: float
    bytes: list[int]


class TokenLogprobDocument(TopLogprob):
    top_logprobs: list[TopLogprob]


class ChatLogprobs(TypedDict):
    content: list[TokenLogprobDocument]
    refusal: None


class CalledFunction(TypedDict):
    name: str
    arguments: str


class CallDocument(TypedDict):
    id: str
    type: Literal["function"]
    function: CalledFunction


class AssistantMessage(TypedDict):
    role: Literal["assistant"]
    content: str | None
    refusal: None
    annotations: list[Any]
    reasoning_content: NotRequired[str]
    tool_calls: NotRequired[list[CallDocument]]


class ChatChoice(TypedDict):
    index: int
    message: AssistantMessage
    logprobs: ChatLogprobs | None
    finish_reason: FinishReason


class FunctionDelta(TypedDict):
    name: NotRequired[str]
    arguments: str


class CallDelta(TypedDict):
    index: int
    id: NotRequired[str]
    type: NotRequired[Literal["function"]]
    function: FunctionDelta


class ChatDelta(TypedDict):
    role: NotRequired[Literal["assistant"]]
    content: NotRequired[str | None]
    refusal: NotRequired[None]
    reasoning_content: NotRequired[str]
    tool_calls: NotRequired[list[CallDelta]]


class ChatChunkChoice(TypedDict):
    index: int
    delta: ChatDelta
    logprobs: ChatLogprobs | None
    finish_reason: FinishReason | None


class TextLogprobs(TypedDict):
    """The older shape: four lists of the same length. Offsets are characters of `text`."""

    tokens: list[str]
    token_logprobs: list[float]
    top_logprobs: list[dict[str, float]] | None
    text_offset: list[int]


class TextChoice(TypedDict):
    index: int
    text: str
    logprobs: TextLogprobs | None
    finish_reason: FinishReason


class TextChunkChoice(TypedDict):
    index: int
    text: str
    logprobs: TextLogprobs | None
    finish_reason: FinishReason | None


class PromptTokens(TypedDict):
    cached_tokens: int
    audio_tokens: int


class CompletionTokens(TypedDict):
    reasoning_tokens: int
    audio_tokens: int
    accepted_prediction_tokens: int
    rejected_prediction_tokens: int


class UsageDocument(TypedDict):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: PromptTokens
    completion_tokens_details: CompletionTokens


class Repeated(TypedDict):
    """What every document and chunk of one answer has."""

    id: str
    created: int
    model: str
    system_fingerprint: str


class ChatCompletion(Repeated):
    object: Literal["chat.completion"]
    service_tier: Literal["default"]
    choices: list[ChatChoice]
    usage: UsageDocument
    timings: NotRequired[Timings]


class ChatCompletionChunk(Repeated):
    object: Literal["chat.completion.chunk"]
    service_tier: Literal["default"]
    choices: list[ChatChunkChoice]
    usage: NotRequired[UsageDocument | None]
    timings: NotRequired[Timings]
    prompt_progress: NotRequired[dict[str, int]]


class TextCompletion(Repeated):
    object: Literal["text_completion"]
    choices: list[TextChoice]
    usage: UsageDocument
    timings: NotRequired[Timings]


class TextCompletionChunk(Repeated):
    object: Literal["text_completion"]
    choices: list[TextChunkChoice]
    usage: NotRequired[UsageDocument | None]
    timings: NotRequired[Timings]
    prompt_progress: NotRequired[dict[str, int]]


class InputTokens(TypedDict):
    """How many tokens a chat has, as llama.cpp's server and the Responses API say it."""

    object: Literal["response.input_tokens"]
    input_tokens: int
