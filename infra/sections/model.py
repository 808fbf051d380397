"""The model and how much of it runs at once."""

from collections.abc import Iterator
from typing import Final

from pydantic import Field

from infra.sections.section import Problem, Section

BUNDLED_MODEL: Final = "bundled"
BUNDLED_TRAINED_TOKENS: Final = 8192


class ModelSettings(Section):
    """The model and how much of it runs at once."""

    path: str = Field(
        default=BUNDLED_MODEL,
        pattern=r"^(bundled|/.+\.gguf)$",
        examples=["bundled", "/models/model.gguf"],
        description="'bundled' (SmolLM2-135M-Instruct), or the path of a GGUF file in the image.",
    )
    name: str = Field(
        default="smollm2-135m-instruct",
        min_length=1,
        description="The model's public name, as clients write it.",
    )
    slots: int = Field(
        default=8,
        ge=1,
        le=64,
        description="Generations that one task runs at once. More raise the throughput and slow "
        "each stream.",
    )
    context_tokens: int = Field(
        default=2048,
        ge=256,
        le=131072,
        description="Context of one slot in tokens, prompt and answer together. The memory for all "
        "slots is taken at start.",
    )
    batch_tokens: int = Field(
        default=64,
        ge=32,
        le=4096,
        description="Prompt tokens between two looks at whether the client has gone. 64 freed a "
        "slot within 0.6 s during a 1,000-word prompt, 2048 after 15 to 32 s (two threads, "
        "measured).",
    )
    prompt_cache_mib: int = Field(
        default=256,
        ge=0,
        description="MiB of memory for prompts seen before. The engine's own default, 8192, has "
        "tasks killed.",
    )
    max_output_tokens: int = Field(
        default=1024,
        ge=1,
        description="Most tokens that one request may generate; a request may ask for fewer.",
    )

    def problems(self) -> Iterator[Problem]:
        """Numbers of tokens that the context, and the model's training, have room for."""
        if self.path == BUNDLED_MODEL and self.context_tokens > BUNDLED_TRAINED_TOKENS:
            yield Problem(
                "context_tokens",
                f"got {self.context_tokens}, beyond what the bundled model was trained on; "
                f"choose at most {BUNDLED_TRAINED_TOKENS}",
            )
        for key in ("batch_tokens", "max_output_tokens"):
            value = getattr(self, key)
            if value >= self.context_tokens:
                yield Problem(
                    key,
                    f"got {value}, which a context of {self.context_tokens} has no room for; "
                    f"choose at most {self.context_tokens - 1}",
                )
