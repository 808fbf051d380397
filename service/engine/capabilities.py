"""What the served model can do; asked of the engine once it has loaded it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Capabilities:
    """`tools` and `reasoning_effort`: whether the chat template of the model has a place for them.
    `vocabulary_tokens`: how many tokens it has; their ids are below."""

    tools: bool = False
    reasoning_effort: bool = False
    vocabulary_tokens: int = 2**31

    @classmethod
    def of(cls, properties: dict[str, Any], models: dict[str, Any]) -> Capabilities:
        """Of llama.cpp's `/props` and `/v1/models`."""
        template = properties.get("chat_template_caps") or {}
        (model,) = models["data"]
        return cls(
            tools=bool(template.get("supports_tools")),
            reasoning_effort=bool(template.get("supports_reasoning_effort")),
            vocabulary_tokens=model["meta"]["n_vocab"],
        )
