"""What both transports speak: a request for text, and the chunks that answer it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from service.sampling import Sampling

Json = dict[str, Any]

# Of English text; OpenAI's rule of thumb, https://help.openai.com/en/articles/4936856
USUAL_TOKEN_CHARACTERS = 4

Role = Literal["system", "user", "assistant", "tool"]
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh"]  # OpenAI's names


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that the model asks for; `arguments` is JSON, as the model wrote it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat: text, what the assistant called, or what a tool answered."""

    role: Role
    content: str
    name: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None


ToolMode = Literal["none", "auto", "required"]


@dataclass(frozen=True, slots=True)
class Tools:
    """The functions that the model may call, as OpenAI's `tools`, and whether it may or must.

    The engine honours no function by name: who wants one alone leaves the others out.
    """

    functions: tuple[Json, ...]
    choice: ToolMode | None = None
    parallel: bool | None = None


@dataclass(frozen=True, slots=True)
class FieldNames:
    """What an API calls the fields that an error may have to name."""

    prompt: str
    max_tokens: str = "max_tokens"
    effort: str = "reasoning_effort"
    logprobs: str = "logprobs"


@dataclass(frozen=True, slots=True)
class Prompts:
    """Several prompts to continue, or some that are token ids; each is answered `n` times."""

    each: tuple[str | tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRequest:
    """A prompt to continue (a string, or Prompts) or a chat to answer (messages).

    `alternatives` asks for the log probability of each token and of so many others in its place.
    `template_arguments` are what the chat's template is filled with besides.
    """

    prompt: str | Prompts | tuple[Message, ...]
    sampling: Sampling
    model: str | None = None
    tools: Tools | None = None
    alternatives: int | None = None
    names: FieldNames | None = None
    reasoning_effort: str | None = None
    template_arguments: Json | None = None
    token_limits: tuple[int, ...] = ()  # where several were sent; the lowest is the sampling's

    @property
    def is_chat(self) -> bool:
        return isinstance(self.prompt, tuple)

    @property
    def prompts(self) -> int:
        return len(self.prompt.each) if isinstance(self.prompt, Prompts) else 1

    @property
    def choices(self) -> int:
        """Answers that are generated, each in a slot of its own."""
        return self.prompts * (self.sampling.n or 1)

    @property
    def characters(self) -> int:
        """Length of all text in the prompt, the tools' descriptions and calls included.

        A token id counts as the characters that a token usually has.
        """
        if isinstance(self.prompt, str):
            return len(self.prompt)
        if isinstance(self.prompt, Prompts):
            return sum(characters(prompt) for prompt in self.prompt.each)
        calls = sum(len(call.arguments) for turn in self.prompt for call in turn.tool_calls)
        described = len(str(self.tools.functions)) if self.tools else 0
        return sum(len(turn.content) for turn in self.prompt) + calls + described

    @property
    def field_names(self) -> FieldNames:
        """OpenAI's of completions, unless the request's API has others."""
        return self.names or FieldNames("messages" if self.is_chat else "prompt")

    @property
    def prompt_param(self) -> str:
        """The API's name of the field that holds the prompt."""
        return self.field_names.prompt


def characters(prompt: str | tuple[int, ...]) -> int:
    return len(prompt) if isinstance(prompt, str) else len(prompt) * USUAL_TOKEN_CHARACTERS


class FinishReason(StrEnum):
    """Why a generation ended: of itself (or at a stop sequence), at a limit, or to call a tool."""

    STOP = "stop"
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that a request took, all its choices together."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0

    @property
    def total_tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens

    def with_choice(self, other: Usage) -> Usage:
        """Of two choices of one request, which share their prompt."""
        return Usage(
            self.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            max(self.cached_tokens, other.cached_tokens),
        )

    def with_prompt(self, other: Usage) -> Usage:
        """Of two prompts of one request."""
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.cached_tokens + other.cached_tokens,
        )


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """A token, its log probability, its bytes, and the likeliest tokens in its place."""

    token: str
    logprob: float
    utf8: tuple[int, ...]
    alternatives: tuple[TokenLogprob, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolCallPart:
    """A piece of the call number `index`. The first has its id and name, each some arguments."""

    index: int
    arguments: str = ""
    id: str | None = None
    name: str | None = None


@dataclass(slots=True)  # one for each token, which frozen would take four times as long to make
class Chunk:
    """A piece of choice number `index`; its last one has the finish reason, and the stop sequence
    where one came. Nobody changes it.

    The answer's last chunk of all has the usage, and `timings` where they were asked for, as the
    engine writes them. `progress`, where it was asked for, tells how much of the prompt is done.
    """

    index: int = 0
    text: str = ""
    reasoning: str = ""
    tool_calls: tuple[ToolCallPart, ...] = ()
    logprobs: tuple[TokenLogprob, ...] = ()
    finish_reason: FinishReason | None = None
    stop_sequence: str | None = None
    usage: Usage | None = None
    timings: Json | None = None
    progress: Json | None = None

    @property
    def is_content(self) -> bool:
        """Whether it has something that the model generated."""
        return bool(self.text or self.reasoning or self.tool_calls)


@dataclass(frozen=True, slots=True)
class Choice:
    """One whole answer of those that were asked for."""

    text: str = ""
    finish_reason: FinishReason = FinishReason.STOP
    stop_sequence: str | None = None
    reasoning: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    logprobs: tuple[TokenLogprob, ...] = ()


@dataclass(frozen=True, slots=True)
class Completion:
    """A whole answer: its choices in order, at least one."""

    choices: tuple[Choice, ...]
    usage: Usage
    timings: Json | None = None

    @property
    def text(self) -> str:
        """Of the first choice."""
        return self.choices[0].text

    @property
    def finish_reason(self) -> FinishReason:
        """Of the first choice."""
        return self.choices[0].finish_reason
