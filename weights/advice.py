"""What a stage file needs for a model: its section, and the smallest task, with the sum."""

from __future__ import annotations

from collections.abc import Iterator

from infra.footprint import Footprint, fitting_memory, footprint, smallest_task
from infra.settings import StageSettings
from service.model.errors import ModelError
from service.model.inspection import ModelFacts


def stage_lines(stage: StageSettings, *, facts: ModelFacts, key: str, sha256: str) -> Iterator[str]:
    """TOML for the stage file. Raises ModelError where no Fargate task is large enough."""
    size = footprint(
        stage.engine,
        stage.speculation,
        slots=stage.engine.slots,
        weights_mib=facts.mib,
        kv_bytes_per_token=facts.kv_bytes_per_token,
    )
    yield "[model]"
    yield "bucket = true"
    yield f'path = "s3:{key}"'
    yield f'sha256 = "{sha256}"'
    yield f"weights_mib = {facts.mib}"
    yield f"kv_bytes_per_token = {facts.kv_bytes_per_token}"
    yield from engine_lines(stage, trained_tokens=facts.trained_tokens)
    yield ""
    yield from task_lines(stage, size)


def engine_lines(stage: StageSettings, *, trained_tokens: int) -> Iterator[str]:
    """Where the stage's context is longer than the model was trained on."""
    if stage.engine.context_tokens > trained_tokens:
        yield ""
        yield "[engine]"
        yield f"context_tokens = {trained_tokens}  # what the model was trained on"
        if stage.engine.max_output_tokens >= trained_tokens:
            yield f"max_output_tokens = {trained_tokens // 2}"


def task_lines(stage: StageSettings, size: Footprint) -> Iterator[str]:
    smallest = smallest_task(size.needed)
    if smallest is None:
        raise ModelError(
            f"model: needs {size.needed} MiB ({size}), more than a Fargate task can have; choose a "
            "smaller type, fewer slots or less context"
        )
    yield f"[task]  # {size.needed} MiB: {size}"
    yield f"cpu = {smallest[0]}  # the smallest that has the memory; more vCPUs answer faster"
    yield f"memory_mib = {smallest[1]}"
    beside = fitting_memory(stage.task.cpu, size.needed)
    if beside is None:
        yield f"# The stage's cpu = {stage.task.cpu} is too small for it."
    elif stage.task.cpu != smallest[0]:
        yield f"# With the stage's cpu = {stage.task.cpu}: memory_mib = {beside}"
