"""The rules between the model and what it runs on."""

from collections.abc import Iterator
from typing import Final

from infra.consistency.scaling import Schedules, all_day
from infra.footprint import IMAGE_GIB, Footprint, declared_footprint, needed_disk_gib
from infra.sections.capacity import CapacitySettings
from infra.sections.engine import EngineSettings
from infra.sections.function import FunctionSettings
from infra.sections.model import BUNDLED_TRAINED_TOKENS, ModelSettings
from infra.sections.scaling import ScalingSettings
from infra.sections.section import Problem
from infra.sections.speculation import SpeculationSettings
from infra.sections.task import TaskSettings

# Lambda gives an instance one request at a time.
FUNCTION_SLOTS: Final = 1


def memory(
    task: TaskSettings,
    *,
    model: ModelSettings,
    engine: EngineSettings,
    speculation: SpeculationSettings,
) -> Iterator[Problem]:
    """The model, its context, its cache and its guesses fit the task."""
    size = declared_footprint(model, engine, speculation, slots=engine.slots)
    yield from _memory("task.memory_mib", task.memory_mib, size=size)


def context(model: ModelSettings, engine: EngineSettings) -> Iterator[Problem]:
    """No longer context than the model was trained on, where that is known."""
    if model.is_bundled and engine.context_tokens > BUNDLED_TRAINED_TOKENS:
        yield Problem(
            "engine.context_tokens",
            f"got {engine.context_tokens}, beyond what the bundled model was trained on; "
            f"choose at most {BUNDLED_TRAINED_TOKENS}",
        )


def engine_build(task: TaskSettings, engine: EngineSettings) -> Iterator[Problem]:
    """An engine is built only into an image that is built, and by a compiler that knows how."""
    if engine.cpu_variants and task.image:
        yield Problem(
            "engine.cpu_variants",
            f"got true, but task.image is '{task.image}' and nothing is built; build that image "
            "with CPU_VARIANTS=all, and leave this false",
        )
    if engine.cpu_variants and task.architecture == "arm64":
        yield Problem(
            "engine.cpu_variants",
            "got true, but task.architecture is 'arm64', whose newest variants need GCC 14, which "
            "the base image's Debian does not have; leave it false",
        )


def guesses(speculation: SpeculationSettings, engine: EngineSettings) -> Iterator[Problem]:
    """The guesses of all slots leave half of a batch to prompts.

    Where they fill it a prompt of 512 tokens took 5 times as long beside them (docs/engine.md).
    Where they do not fit it at all the engine's process ends itself, which `service/settings.py`
    refuses as well.
    """
    if not speculation.draft_tokens:
        return
    needed = 2 * engine.slots * (1 + speculation.draft_tokens)
    if needed > engine.batch_tokens:
        yield Problem(
            "engine.batch_tokens",
            f"got {engine.batch_tokens}, of which guesses of {speculation.draft_tokens} tokens in "
            f"{engine.slots} slots take more than half, and prompts would wait; choose at least "
            f"{needed}, or lower speculation.draft_tokens or engine.slots",
        )
    if engine.embeddings != "off":
        yield Problem(
            "speculation.draft_tokens",
            f"got {speculation.draft_tokens}, but engine.embeddings is '{engine.embeddings}', and "
            "the two have not been tested together; set this to 0, or that to 'off'",
        )


def function(
    function: FunctionSettings,
    *,
    task: TaskSettings,
    model: ModelSettings,
    engine: EngineSettings,
    speculation: SpeculationSettings,
) -> Iterator[Problem]:
    """The function's image is built here with its model, which fits its memory."""
    if not function.enabled:
        return
    if task.image:
        yield Problem(
            "function.enabled",
            f"got true, but task.image is '{task.image}' and nothing is built; "
            "let the image be built, or set function.enabled to false",
        )
    if model.key:
        yield Problem(
            "function.enabled",
            f"got true, but model.path is '{model.path}' and a function fetches no model; "
            "take one that is in the image, or set function.enabled to false",
        )
    size = declared_footprint(model, engine, speculation, slots=FUNCTION_SLOTS)
    yield from _memory("function.memory_mib", function.memory_mib, size=size)


def _memory(key: str, memory_mib: int, *, size: Footprint | None) -> Iterator[Problem]:
    if size and size.needed > memory_mib:
        yield Problem(
            key,
            f"got {memory_mib}, but about {size.needed} MiB are needed ({size}); give it "
            "more memory, or the model fewer slots, less context, a smaller cache or shorter "
            "guesses",
        )


def disk(task: TaskSettings, model: ModelSettings) -> Iterator[Problem]:
    """The image, and the model where a task fetches it, fit the disk."""
    needed = needed_disk_gib(model)
    if task.disk_gib is not None and task.disk_gib < needed:
        yield Problem(
            "task.disk_gib",
            f"got {task.disk_gib}, but {needed} GiB are needed ({IMAGE_GIB} for the image, the "
            f"rest for the {model.fetched_mib} MiB of model.path '{model.path}'); remove it, or "
            f"choose at least {needed}",
        )


def spot(
    capacity: CapacitySettings, scaling: ScalingSettings, schedules: Schedules
) -> Iterator[Problem]:
    """Tasks that Spot is for, at some time of day at least."""
    if not capacity.spot:
        return
    base = capacity.on_demand_base
    most = all_day(schedules, scaling).most
    if base is not None and base >= most:
        yield Problem(
            "capacity.on_demand_base",
            f"got {base}, but at most {most} tasks run at any time (scaling.max_tasks, schedules) "
            "and none would run on Spot; lower it, raise max_tasks, or set spot_weight to 0",
        )
    elif base is None and scaling.min_tasks >= most:
        yield Problem(
            "capacity.spot_weight",
            f"got {capacity.spot_weight}, but scaling.min_tasks is {scaling.min_tasks}, that many "
            f"run on demand first, and at most {most} tasks run at any time; set "
            "capacity.on_demand_base, raise max_tasks, or set spot_weight to 0",
        )
