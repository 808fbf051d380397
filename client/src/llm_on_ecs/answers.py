"""What comes back: the same for REST and gRPC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FinishReason = Literal["stop", "length"]  # the model ended or met a stop text; a limit on tokens


@dataclass(frozen=True)
class Usage:
    """Tokens that a call took."""

    prompt_tokens: int
    completion_tokens: int

    @property
    def total_tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True)
class Completion:
    """A whole answer."""

    text: str
    finish_reason: FinishReason
    usage: Usage
    model: str


@dataclass(frozen=True)
class Chunk:
    """A piece of an answer. The last ones carry the finish reason and the usage."""

    text: str = ""
    finish_reason: FinishReason | None = None
    usage: Usage | None = None


@dataclass(frozen=True)
class Model:
    """A model that the endpoint serves; `id` is what a request names."""

    id: str
