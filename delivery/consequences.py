"""What the comment tells beside the templates: the risk since the last release, and the cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from delivery.assemblies import Assembly
from delivery.errors import DeliveryError
from delivery.risk.judging import judge_released
from delivery.risk.markdown import failing_lines, section
from delivery.risk.verdict import Verdict
from operations.cost.change import changed_cost
from operations.cost.figures import Cost, cost_of
from operations.prices import load_prices
from operations.stage import read_templates
from operations.throughput import load_measurements


@dataclass(frozen=True, slots=True)
class Consequences:
    """`warnings` each stop the update; `risk` and `cost` are Markdown, none where there is none."""

    warnings: tuple[str, ...] = ()
    risk: str = ""
    cost: str = ""


def consequences(reviewed: Path, stages: Iterable[str]) -> Consequences:
    """Of stages whose assemblies a review left in folders `before` and `after`."""
    names = sorted(stages)
    found = list(_since_release(reviewed / "after", names))
    verdicts = [item for item in found if isinstance(item, Verdict)]
    missing = [str(item) for item in found if isinstance(item, DeliveryError)]
    return Consequences(
        warnings=(*missing, *failing_lines(verdicts)),
        risk=section(verdicts),
        cost=changed_cost(dict(_costs(reviewed, names))),
    )


def _since_release(folder: Path, stages: list[str]) -> Iterator[Verdict | DeliveryError]:
    """A stage without a baseline is something to say, and no reason to say nothing."""
    for stage in stages:
        assembly = Assembly(folder / stage)
        if not assembly.templates:
            continue  # the change takes the stage's file away
        try:
            yield judge_released(stage, assembly)
        except DeliveryError as error:
            yield error


def _costs(reviewed: Path, stages: list[str]) -> Iterator[tuple[str, tuple[Cost, Cost]]]:
    prices, measurements = load_prices(), load_measurements()
    for stage in stages:
        before, after = (
            cost_of(read_templates(reviewed / when / stage), prices, measurements)
            for when in ("before", "after")
        )
        yield stage, (before, after)
