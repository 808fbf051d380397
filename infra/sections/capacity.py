"""Which capacity tasks run on: on demand, or AWS's spare one."""

from collections.abc import Iterator
from typing import Final

from pydantic import Field

from infra.sections.section import Problem, Section

# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html
MOST_BASE: Final = 100_000
MOST_WEIGHT: Final = 1000


class CapacitySettings(Section):
    """Which capacity tasks run on: on demand, or AWS's spare one."""

    spot_weight: int = Field(
        default=0,
        ge=0,
        le=MOST_WEIGHT,
        description="Of the tasks above `on_demand_base`, this part of `spot_weight` + "
        "`on_demand_weight` runs on Fargate Spot; 0: none. Spot is up to 70 % cheaper (AWS moves "
        "the price), and AWS takes it back with two minutes' warning: a stream that has longer to "
        "go ends then, with an error that says to come again. Where there is no spare capacity "
        "such tasks do not start, and ECS takes none on demand instead.",
    )
    on_demand_weight: int = Field(
        default=1,
        ge=1,  # with 0 AWS would not even place the base on it (the page above)
        le=MOST_WEIGHT,
        description="The other part: on demand also above `on_demand_base`.",
    )
    on_demand_base: int | None = Field(
        default=None,
        ge=1,
        le=MOST_BASE,
        description="Tasks that run on demand before any runs on Spot. None: as many as "
        "`scaling.min_tasks`, so that only those that load has added can be taken back.",
    )

    @property
    def spot(self) -> bool:
        """Whether a task may run on spare capacity."""
        return self.spot_weight > 0

    def problems(self) -> Iterator[Problem]:
        """What says something about Spot where there is none."""
        if self.spot:
            return
        for key, value in self.changed("on_demand_weight", "on_demand_base"):
            yield Problem(
                key,
                f"got {value}, but capacity.spot_weight is 0 and every task runs on demand; "
                "remove it, or set spot_weight",
            )
