"""How many tasks run."""

from collections.abc import Iterator

from pydantic import Field

from infra.sections.section import Problem, Section


class ScalingSettings(Section):
    """How many tasks run."""

    min_tasks: int = Field(
        default=2,
        ge=1,
        description="Tasks that always run. Two survive the loss of one, and of a zone.",
    )
    max_tasks: int = Field(
        default=10, ge=1, le=1000, description="Tasks that run at most: the bound of the bill."
    )
    slot_utilization_percent: int = Field(
        default=70,
        ge=10,
        le=100,
        description="The average of 100 (running + waiting) / slots that scaling holds. The room "
        "above it takes new work during the minutes that another task needs to start.",
    )

    def problems(self) -> Iterator[Problem]:
        """Bounds in order."""
        if self.min_tasks > self.max_tasks:
            yield Problem(
                "min_tasks",
                f"got {self.min_tasks}, above scaling.max_tasks {self.max_tasks}; "
                "lower it, or raise max_tasks",
            )
