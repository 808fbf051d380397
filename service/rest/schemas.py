"""The bodies of OpenAI's chat completions and completions, in and out."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, FailFast, Field

from service.errors import InvalidRequest
from service.generation import (
    Completion,
    FinishReason,
    GenerationRequest,
    Message,
    Sampling,
    Usage,
    as_list,
)

Json = dict[str, Any]


def as_text_parts(content: object) -> object:
    """A message's content may be a plain string; it means one text part."""
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


class Strict(BaseModel):
    """Refuses what it does not know: a field that is ignored in silence is a trap."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class TextPart(Strict):
    type: Literal["text"]
    text: str


class ChatMessage(Strict):
    """One turn. The fields that must be null are there because clients send answers back whole."""

    role: Literal["system", "developer", "user", "assistant"]
    content: Annotated[list[TextPart], FailFast(), BeforeValidator(as_text_parts)] = Field(
        min_length=1
    )
    name: str | None = None
    refusal: None = None
    tool_calls: None = None
    function_call: None = None
    audio: None = None
    annotations: Annotated[list[Any], Field(max_length=0)] | None = None

    def to_message(self) -> Message:
        role = "system" if self.role == "developer" else self.role  # its older name
        return Message(role, "".join(part.text for part in self.content))


class TextFormat(Strict):
    type: Literal["text"]


class StreamOptions(Strict):
    include_usage: bool | None = None


class Body(Sampling):
    """What both kinds of completion share. What is not offered may be sent as what it is then."""

    model: str | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Literal[1] | None = None
    user: str | None = None
    logit_bias: None = None

    @property
    def include_usage(self) -> bool:
        return bool(self.stream_options and self.stream_options.include_usage)

    def to_sampling(self) -> Sampling:
        return Sampling(**{name: getattr(self, name) for name in Sampling.model_fields})

    def to_request(self) -> GenerationRequest:
        raise NotImplementedError


class ChatBody(Body):
    """POST /v1/chat/completions."""

    messages: Annotated[list[ChatMessage], FailFast()] = Field(min_length=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    logprobs: Literal[False] | None = None
    top_logprobs: None = None
    response_format: TextFormat | None = None

    def to_request(self) -> GenerationRequest:
        turns = tuple(message.to_message() for message in self.messages)
        return GenerationRequest(prompt=turns, sampling=self.to_sampling(), model=self.model)

    def to_sampling(self) -> Sampling:
        """`max_completion_tokens` is the newer name of `max_tokens`."""
        sampling = super().to_sampling()
        if self.max_completion_tokens is None:
            return sampling
        if self.max_tokens is not None:
            raise InvalidRequest(
                "Send max_completion_tokens or max_tokens, not both.", param="max_tokens"
            )
        return sampling.model_copy(update={"max_tokens": self.max_completion_tokens})


class CompletionBody(Body):
    """POST /v1/completions."""

    prompt: Annotated[list[str], BeforeValidator(as_list)] = Field(min_length=1, max_length=1)
    best_of: Literal[1] | None = None
    echo: Literal[False] | None = None
    logprobs: None = None
    suffix: None = None

    def to_request(self) -> GenerationRequest:
        return GenerationRequest(
            prompt=self.prompt[0], sampling=self.to_sampling(), model=self.model
        )


class ChatShape:
    """The answers' shapes of chat completions. Every key that OpenAI's schema requires is there."""

    id_prefix = "chatcmpl-"
    object = "chat.completion"
    chunk_object = "chat.completion.chunk"

    @staticmethod
    def choice(completion: Completion) -> Json:
        message = {"role": "assistant", "content": completion.text, "refusal": None}
        return {
            "index": 0,
            "message": message,
            "logprobs": None,
            "finish_reason": completion.finish_reason,
        }

    @staticmethod
    def first_chunk() -> Json | None:
        delta = {"role": "assistant", "content": "", "refusal": None}
        return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}

    @staticmethod
    def chunk(text: str, reason: FinishReason | None) -> Json:
        delta = {"content": text} if text else {}
        return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}


class CompletionShape:
    """The answers' shapes of completions."""

    id_prefix = "cmpl-"
    object = "text_completion"
    chunk_object = "text_completion"

    @staticmethod
    def choice(completion: Completion) -> Json:
        return CompletionShape.chunk(completion.text, completion.finish_reason)

    @staticmethod
    def first_chunk() -> Json | None:
        return None

    @staticmethod
    def chunk(text: str, reason: FinishReason | None) -> Json:
        return {"index": 0, "text": text, "logprobs": None, "finish_reason": reason}


Shape = type[ChatShape] | type[CompletionShape]


def usage_json(usage: Usage) -> Json:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
    }
