"""What both transports speak: a request for text, and the chunks that answer it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

STOP_SEQUENCES_AT_MOST = 4  # OpenAI's API reference, `stop`
INT64_MAX = 2**63 - 1


def as_list(value: object) -> object:
    """OpenAI's API takes one string where it takes a list of them."""
    return [value] if isinstance(value, str) else value


StopSequence = Annotated[str, Field(min_length=1, max_length=256)]


class Sampling(BaseModel):
    """How to generate. Ranges are OpenAI's; None leaves the engine's default."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)

    max_tokens: int | None = Field(None, ge=1, description="Most tokens to generate.")
    temperature: float | None = Field(None, ge=0, le=2, description="0 is greedy.")
    top_p: float | None = Field(None, ge=0, le=1, description="Nucleus sampling's mass.")
    seed: int | None = Field(None, ge=-INT64_MAX - 1, le=INT64_MAX)
    frequency_penalty: float | None = Field(None, ge=-2, le=2)
    presence_penalty: float | None = Field(None, ge=-2, le=2)
    stop: Annotated[list[StopSequence] | None, BeforeValidator(as_list)] = Field(
        None, max_length=STOP_SEQUENCES_AT_MOST, description="Texts that end the generation."
    )


Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRequest:
    """A prompt to continue (a string) or a chat to answer (messages)."""

    prompt: str | tuple[Message, ...]
    sampling: Sampling
    model: str | None = None

    @property
    def is_chat(self) -> bool:
        return not isinstance(self.prompt, str)

    @property
    def characters(self) -> int:
        """Length of all text in the prompt."""
        if isinstance(self.prompt, str):
            return len(self.prompt)
        return sum(len(turn.content) for turn in self.prompt)

    @property
    def prompt_param(self) -> str:
        """The API's name of the field that holds the prompt."""
        return "messages" if self.is_chat else "prompt"


class FinishReason(StrEnum):
    """Why a generation ended: of itself (or at a stop sequence), or at a limit."""

    STOP = "stop"
    LENGTH = "length"


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that a request took."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0

    @property
    def total_tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of the answer. The last ones carry the finish reason and the usage."""

    text: str = ""
    finish_reason: FinishReason | None = None
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """A whole answer."""

    text: str
    finish_reason: FinishReason
    usage: Usage
