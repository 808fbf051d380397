"""What the engine process is started with; crosses to it as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

POOLINGS = ("mean", "cls", "last")


@dataclass(frozen=True, kw_only=True)
class EngineParameters:
    """What the engine is started with.

    `context_tokens` is the context of one slot. `batch_tokens` is how much of a prompt is processed
    between two looks at whether its client is still there. `embeddings` is how a text's vectors
    become one: `model` as its file says; none where it is empty. `draft_tokens` are guessed at most
    in one step, after `match_tokens` that the text had before. `program` is a `llama-server` to run
    instead of the wheel's.
    """

    socket_path: str
    model_path: str
    model_name: str
    threads: int
    slots: int
    context_tokens: int
    batch_tokens: int
    prompt_cache_mib: int
    max_output_tokens: int
    embeddings: str = ""
    draft_tokens: int = 0
    match_tokens: int = 0
    program: str = ""

    @property
    def context_tokens_of_all(self) -> int:
        return self.context_tokens * self.slots

    @property
    def batch_tokens_at_most(self) -> int:
        """For vectors a multiple of the slots, or the engine's process aborts."""
        whole = max(self.slots, self.batch_tokens - self.batch_tokens % self.slots)
        return whole if self.embeddings else self.batch_tokens

    @property
    def pooling(self) -> str | None:
        """None: as the model's file says."""
        return self.embeddings if self.embeddings in POOLINGS else None

    @property
    def http_threads(self) -> int:
        """Each stream holds one; the rest answers /health."""
        return self.slots + 4

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> EngineParameters:
        return cls(**json.loads(text))
