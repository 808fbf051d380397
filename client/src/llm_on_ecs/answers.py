"""What comes back: the same for REST and gRPC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from llm_on_ecs.asking import Message

# The model ended or met a stop text; a limit on tokens; the model asks for tools to be called.
FinishReason = Literal["stop", "length", "tool_calls"]


@dataclass(frozen=True)
class Usage:
    """Tokens that a call took, all its answers together; `cached_tokens` are of the prompt."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0

    @property
    def total_tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True)
class ToolCall:
    """A call that the model asks for; `arguments` is JSON as the model wrote it: check it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class Choice:
    """One answer of those that were asked for; `reasoning` is what the model thought before."""

    text: str
    finish_reason: FinishReason
    tool_calls: tuple[ToolCall, ...] = ()
    reasoning: str = ""

    @property
    def message(self) -> Message:
        """The answer as the next request's turn."""
        turn: Message = {"role": "assistant", "content": self.text}
        if self.tool_calls:
            turn["tool_calls"] = [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {"name": call.name, "arguments": call.arguments},
                }
                for call in self.tool_calls
            ]
        return turn


@dataclass(frozen=True)
class Completion:
    """A whole answer; with `n` of them in `choices`, it is the first one's."""

    choices: tuple[Choice, ...]
    usage: Usage
    model: str

    @property
    def text(self) -> str:
        return self.choices[0].text

    @property
    def finish_reason(self) -> FinishReason:
        return self.choices[0].finish_reason

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        return self.choices[0].tool_calls

    @property
    def message(self) -> Message:
        """The answer as the next request's turn."""
        return self.choices[0].message


@dataclass(frozen=True)
class ToolCallPart:
    """A piece of the call number `index`: the first has its id and name, each some arguments."""

    index: int
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(frozen=True)
class Chunk:
    """A piece of an answer. The last ones carry the finish reason and the usage."""

    text: str = ""
    finish_reason: FinishReason | None = None
    usage: Usage | None = None
    tool_calls: tuple[ToolCallPart, ...] = ()
    reasoning: str = ""


@dataclass(frozen=True)
class Model:
    """A model that the endpoint serves; `id` is what a request names."""

    id: str
