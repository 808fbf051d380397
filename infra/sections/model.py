"""The model and how much of it runs at once."""

from collections.abc import Iterator
from typing import Final

from pydantic import Field

from infra.sections.section import Problem, Section

BUNDLED_MODEL: Final = "bundled"
BUNDLED_TRAINED_TOKENS: Final = 8192
IN_BUCKET: Final = "s3:"


class ModelSettings(Section):
    """The model and how much of it runs at once."""

    path: str = Field(
        default=BUNDLED_MODEL,
        pattern=r"^(bundled|/.+\.gguf|s3:[A-Za-z0-9][A-Za-z0-9._/-]*\.gguf)$",
        examples=["bundled", "/models/model.gguf", "s3:model-q8_0-0123456789ab.gguf"],
        description="'bundled' (SmolLM2-135M-Instruct), the path of a GGUF file in the image, or "
        "'s3:' and the key of one in the model bucket, as `make model` prints it.",
    )
    bucket: bool = Field(
        default=False,
        description="true: the registry stack has a private bucket for models, into which "
        "`make model` puts them.",
    )
    sha256: str | None = Field(
        default=None,
        pattern=r"^[0-9a-f]{64}$",
        examples=["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
        description="SHA-256 of the model in the bucket; a task that fetches another one ends.",
    )
    weights_mib: int | None = Field(
        default=None,
        ge=1,
        le=122880,
        description="MiB of the model's file, as `make model` prints it: for the sums of a task's "
        "memory, disk and start.",
    )
    kv_bytes_per_token: int | None = Field(
        default=None,
        ge=1,
        description="Bytes of key-value cache for each token of context, as `make model` prints "
        "it: for the sum of a task's memory.",
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

    @property
    def is_bundled(self) -> bool:
        return self.path == BUNDLED_MODEL

    @property
    def key(self) -> str | None:
        """Of the object in the model bucket; None where the image has the model."""
        return self.path.removeprefix(IN_BUCKET) if self.path.startswith(IN_BUCKET) else None

    @property
    def fetched_mib(self) -> int:
        """What a task fetches before it can serve."""
        return (self.weights_mib or 0) if self.key else 0

    def problems(self) -> Iterator[Problem]:
        """A model that can be had and is known, and tokens that it has room for."""
        yield from self._origin()
        yield from self._tokens()

    def _origin(self) -> Iterator[Problem]:
        if self.key and not self.bucket:
            yield Problem(
                "bucket", f"got false, but path is '{self.path}'; set it to true, and deploy"
            )
        for name in ("sha256", "weights_mib", "kv_bytes_per_token"):
            value = getattr(self, name)
            if self.key and value is None:
                yield Problem(
                    name,
                    f"got none, but path is '{self.path}'; copy the line that `make model` prints",
                )
            elif value is not None and (self.is_bundled or (name == "sha256" and not self.key)):
                yield Problem(
                    name, f"got {value!r}, which is of no use with path '{self.path}'; remove it"
                )

    def _tokens(self) -> Iterator[Problem]:
        if self.is_bundled and self.context_tokens > BUNDLED_TRAINED_TOKENS:
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
