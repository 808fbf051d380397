"""What the engine process is started with; crosses to it as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, kw_only=True)
class EngineParameters:
    """What the engine is started with.

    `context_tokens` is the context of one slot. `batch_tokens` is how much of a prompt is processed
    between two looks at whether its client is still there. `embeddings` is how a text's vectors
    become one: `model` as its file says; none where it is empty.
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

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> EngineParameters:
        return cls(**json.loads(text))
