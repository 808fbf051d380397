"""How many tasks run."""

from collections.abc import Iterator

from pydantic import Field

from infra.sections.section import Problem, Section


class ScalingSettings(Section):
    """How many tasks run, and by what.

    Where several ask, tasks are added for the first that does and removed when all allow it.
    https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
    """

    min_tasks: int = Field(
        default=2,
        ge=1,
        description="Tasks that always run. Two survive the loss of one, and of a zone.",
    )
    max_tasks: int = Field(
        default=10, ge=1, le=1000, description="Tasks that run at most: the bound of the bill."
    )
    by_slots: bool = Field(
        default=True,
        description="false: slots play no part, and `cpu_percent` or `requests_per_minute` must. "
        "What else is set scales as well: the most tasks that one of them asks for run.",
    )
    slot_utilization_percent: int = Field(
        default=70,
        ge=10,
        le=100,
        description="The average of 100 (running + waiting) / slots that scaling holds. The room "
        "above it takes new work during the minutes that another task needs to start.",
    )
    cpu_percent: int | None = Field(
        default=None,
        ge=10,
        le=95,
        description="The average CPU of the tasks that scaling holds, read every 20 seconds, which "
        "CloudWatch bills. One request can fill a task's CPU: so this tells busy from idle, and "
        "not how many wait. None: it plays no part.",
    )
    requests_per_minute: int | None = Field(
        default=None,
        ge=1,
        description="Requests a minute, REST and gRPC together, that scaling gives each task. "
        "Measure it with your own prompts: requests differ a hundredfold. None: it plays no part.",
    )
    start_seconds: int | None = Field(
        default=None,
        ge=10,
        le=3600,
        description="What a task takes from ECS's decision to its first request, where you have "
        "measured it; scaling then waits that long for what it did last. None: as computed in "
        "timeouts.py.",
    )

    def problems(self) -> Iterator[Problem]:
        """Bounds in order, and something to scale by."""
        if self.min_tasks > self.max_tasks:
            yield Problem(
                "min_tasks",
                f"got {self.min_tasks}, above scaling.max_tasks {self.max_tasks}; "
                "lower it, or raise max_tasks",
            )
        if not (self.by_slots or self.cpu_percent or self.requests_per_minute):
            yield Problem(
                "by_slots",
                "got false, but neither scaling.cpu_percent nor requests_per_minute is set, so "
                "nothing would scale; set one of them, or by_slots to true",
            )
