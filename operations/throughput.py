"""How many tokens a second a task generates: as measured, and of which machine that was."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from operations.tasks import environment_of, processors_of, vcpus_of

TABLE: Final = Path(__file__).parent / "throughput.toml"


@dataclass(frozen=True, slots=True)
class Throughput:
    """Of one task with all of its slots taken, and what is assumed in saying so."""

    tokens_per_second: float
    basis: str
    is_least: bool = False
    """Whether the task may well do more: it is larger than what was measured."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One run of `python -m bench.generator`; `model` is what LLM_MODEL_PATH names."""

    tokens_per_second: float
    streams: int
    vcpus: int
    processors: str
    model: str
    machine: str
    limits: str
    date: str
    command: str

    def basis(self, vcpus: float) -> str:
        """Where it is from, and what is assumed of a task of this size."""
        size = f"{self.vcpus} vCPUs of Fargate's are assumed to be as fast"
        if vcpus > self.vcpus:
            size = f"{vcpus:g} vCPUs were not measured: assumed no faster than {self.vcpus}"
        told = f"measured {self.date}: {self.streams} streams on {self.machine}"
        return f"{told} ({self.limits}); {size}"


def load_measurements(table: Path = TABLE) -> list[Measurement]:
    """What was measured, in the order of the file."""
    content = tomllib.loads(table.read_text(encoding="utf-8"))
    return [Measurement(**entry) for entry in content["measured"]]


def own(tokens_per_second: float) -> Throughput:
    """What a person says of one task."""
    return Throughput(tokens_per_second, "as you say")


def measured(
    definition: Mapping[str, Any], measurements: Iterable[Measurement]
) -> Throughput | None:
    """The best that was measured with this model and kind of processors, on no more and no busier.

    None where nothing was: a smaller task, fewer slots or another model are not computed from it.
    """
    vcpus, environment = vcpus_of(definition), environment_of(definition)
    fitting = [
        item
        for item in measurements
        if item.processors == processors_of(definition)
        and item.model == environment.get("LLM_MODEL_PATH")
        and item.vcpus <= vcpus
        and item.streams <= int(environment.get("LLM_SLOTS", 0))
    ]
    if not fitting:
        return None
    best = max(fitting, key=lambda item: item.tokens_per_second)
    return Throughput(best.tokens_per_second, best.basis(vcpus), is_least=vcpus > best.vcpus)
