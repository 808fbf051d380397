"""How the engine runs the model: how much of it at once, and how much of a prompt in a step."""

from collections.abc import Iterator
from typing import Final, Literal

from pydantic import Field

from infra.sections.section import Problem, Section

EMBEDDED_TOKENS_AT_LEAST: Final = 128  # a paragraph; shorter ones are rarely all that is asked for


class EngineSettings(Section):
    """How the engine runs the model: how much of it at once, and how much of a prompt in a step."""

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
    embeddings: Literal["off", "model", "mean", "cls", "last"] = Field(
        default="off",
        description="How the vectors of a text's tokens become the one of `/v1/embeddings`: as the "
        "model's file says ('model'), by their mean, the first or the last. 'off' makes none, and "
        "refuses. But for 'last', a text has to fit `batch_tokens`, each of which takes memory: "
        "0.4 MiB with the bundled model.",
    )
    cpu_variants: bool = Field(
        default=False,
        description="Build the engine from source, once for every kind of processor; a task then "
        "runs the one for the processor that it gets. The wheel's is for AVX2. It pays where there "
        "is AMX, as docs/engine.md shows; the image's build takes a quarter of an hour more. For "
        "x86_64 only.",
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

    @property
    def embeds_whole_batches(self) -> bool:
        """Whether a text's vector is made of all its tokens at once."""
        return self.embeddings not in ("off", "last")

    def problems(self) -> Iterator[Problem]:
        """Tokens that there is room for."""
        if self.embeds_whole_batches and self.batch_tokens < EMBEDDED_TOKENS_AT_LEAST:
            yield Problem(
                "batch_tokens",
                f"got {self.batch_tokens}, and with embeddings '{self.embeddings}' no longer text "
                f"gets a vector; choose at least {EMBEDDED_TOKENS_AT_LEAST}",
            )
        for key in ("batch_tokens", "max_output_tokens"):
            value = getattr(self, key)
            if value >= self.context_tokens:
                yield Problem(
                    key,
                    f"got {value}, which a context of {self.context_tokens} has no room for; "
                    f"choose at most {self.context_tokens - 1}",
                )
