"""The model: which weights, where they come from, and what is known of them."""

from collections.abc import Iterator
from typing import Final

from pydantic import Field

from infra.sections.section import Problem, Section

BUNDLED_MODEL: Final = "bundled"
BUNDLED_TRAINED_TOKENS: Final = 8192
IN_BUCKET: Final = "s3:"
FACTS_FROM: Final = {
    True: "copy the line that `make model` prints",
    False: "copy what `python -m service.model prepare FILE` prints of it",
}


class ModelSettings(Section):
    """Which weights, where they come from, and what is known of them."""

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
        description="MiB of the model's file, as `make model` prints it (for one in the image, "
        "`python -m service.model prepare`): for the sums of a task's memory, disk and start.",
    )
    kv_bytes_per_token: int | None = Field(
        default=None,
        ge=1,
        description="Bytes of key-value cache for each token of context, printed likewise: for the "
        "sum of a task's memory.",
    )
    name: str = Field(
        default="smollm2-135m-instruct",
        min_length=1,
        description="The model's public name, as clients write it.",
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
        """A model that can be had and is known."""
        if self.key and not self.bucket:
            yield Problem(
                "bucket", f"got false, but path is '{self.path}'; set it to true, and deploy"
            )
        for name in ("sha256", "weights_mib", "kv_bytes_per_token"):
            value = getattr(self, name)
            needed = self.key is not None or not (self.is_bundled or name == "sha256")
            if needed and value is None:
                yield Problem(
                    name, f"got none, but path is '{self.path}'; {FACTS_FROM[self.key is not None]}"
                )
            elif value is not None and not needed:
                yield Problem(
                    name, f"got {value!r}, which is of no use with path '{self.path}'; remove it"
                )
