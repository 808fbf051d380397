"""What a model takes of a task's memory and disk, and the smallest task that has it."""

import math
from dataclasses import dataclass
from typing import Final

from infra.sections.engine import EngineSettings
from infra.sections.model import ModelSettings
from infra.sections.speculation import SpeculationSettings
from infra.sections.task import FARGATE_MEMORY_MIB, TaskSettings

# The bundled file is 98.4 MB. SmolLM2-135M: 30 layers, 3 key-value heads of 64 values, a key and a
# value each, 2 bytes a value.
BUNDLED_WEIGHTS_MIB: Final = 94
BUNDLED_BYTES_PER_TOKEN: Final = 30 * 3 * 64 * 2 * 2
# Measured with the bundled model: the loaded engine takes 513 MiB, of which 94 are weights and 360
# context, so 59 besides. The rest is for the gateway, for the engine's buffers, which grow with the
# model and under load, and for their growth in other versions: an estimate.
RUNNING_MIB: Final = 418
# For a token whose logits are kept, of which each generation has one and the tokens of its guess
# besides, and a batch all, where vectors are made of whole texts. Measured with the bundled model,
# whose vocabulary has 49,152 tokens: 740 MiB for 2048. With this much there is room for one of
# 130,000.
TOKEN_WITH_LOGITS_MIB: Final = 1

# The pulled and the unpacked image lie on the task's disk too; ours is below 1 GiB of each.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-storage.html
IMAGE_GIB: Final = 4
DEFAULT_DISK_GIB: Final = 20


@dataclass(frozen=True, slots=True)
class Footprint:
    """MiB of memory that one task's model needs."""

    weights: int
    context: int
    prompt_cache: int
    shape: str
    """The slots and the length of their context, in words."""
    embeddings: int = 0
    guesses: int = 0

    @property
    def needed(self) -> int:
        besides = self.prompt_cache + self.embeddings + self.guesses
        return self.weights + RUNNING_MIB + self.context + besides

    def __str__(self) -> str:
        vectors = f", {self.embeddings} for embeddings" if self.embeddings else ""
        guesses = f", {self.guesses} for guesses" if self.guesses else ""
        return (
            f"{self.weights} of weights, {RUNNING_MIB} to run, {self.context} for {self.shape}, "
            f"{self.prompt_cache} of prompt cache{vectors}{guesses}"
        )


def footprint(
    engine: EngineSettings,
    speculation: SpeculationSettings,
    *,
    slots: int,
    weights_mib: int,
    kv_bytes_per_token: int,
) -> Footprint:
    """Of weights with this much key-value cache for each token of each slot's context."""
    context = math.ceil(slots * engine.context_tokens * kv_bytes_per_token / 2**20)
    count = "1 slot" if slots == 1 else f"{slots} slots"
    shape = f"{count} of {engine.context_tokens} tokens"
    embedded = engine.batch_tokens if engine.embeds_whole_batches else 0
    guessed = slots * speculation.draft_tokens
    return Footprint(
        weights_mib,
        context,
        engine.prompt_cache_mib,
        shape,
        embeddings=embedded * TOKEN_WITH_LOGITS_MIB,
        guesses=guessed * TOKEN_WITH_LOGITS_MIB,
    )


def declared_footprint(
    model: ModelSettings, engine: EngineSettings, speculation: SpeculationSettings, *, slots: int
) -> Footprint | None:
    """Of the stage's own model; None where the facts that `ModelSettings` demands are missing."""
    weights, per_token = model.weights_mib, model.kv_bytes_per_token
    if model.is_bundled:
        weights, per_token = BUNDLED_WEIGHTS_MIB, BUNDLED_BYTES_PER_TOKEN
    if weights is None or per_token is None:
        return None
    return footprint(
        engine,
        speculation,
        slots=slots,
        weights_mib=weights,
        kv_bytes_per_token=per_token,
    )


def smallest_task(needed_mib: int) -> tuple[int, int] | None:
    """CPU units and MiB of the smallest Fargate task with this memory; None where there is none."""
    sizes = ((cpu, fitting_memory(cpu, needed_mib)) for cpu in FARGATE_MEMORY_MIB)
    return next(((cpu, memory) for cpu, memory in sizes if memory is not None), None)


def fitting_memory(cpu: int, needed_mib: int) -> int | None:
    """The least memory beside these CPU units that is enough."""
    return next((memory for memory in FARGATE_MEMORY_MIB[cpu] if memory >= needed_mib), None)


def needed_disk_gib(model: ModelSettings) -> int:
    """For the image, and the weights where a task fetches them.

    The largest weights that fit a task's memory are 120 GiB, and its disk can have 200.
    """
    return IMAGE_GIB + math.ceil(model.fetched_mib / 1024)


def disk_gib(task: TaskSettings, model: ModelSettings) -> int | None:
    """What a task gets; None where Fargate's default is enough."""
    needed = needed_disk_gib(model)
    return task.disk_gib or (needed if needed > DEFAULT_DISK_GIB else None)
