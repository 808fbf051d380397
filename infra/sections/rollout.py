"""How new tasks take over from old ones, and what brings the old ones back."""

from collections.abc import Iterator
from typing import Final, Literal

from pydantic import Field

from infra.sections.section import Problem, Section

Strategy = Literal["rolling", "canary", "linear", "blue-green"]

# CloudFormation refuses longer plans, because it gives up after 36 hours itself.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-ecs-service-canaryconfiguration.html
MOST_MINUTES: Final = 33 * 60
# The alarms on requests look at five minutes, and CloudWatch says within another what it saw.
FEWEST_MINUTES: Final = 6
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LinearConfiguration.html
FEWEST_LINEAR_PERCENT: Final = 3


class RolloutSettings(Section):
    """How new tasks take over from old ones, and what brings the old ones back."""

    strategy: Strategy = Field(
        default="rolling",
        description="'rolling': each new task that is ready takes the place of an old one. The "
        "others run two fleets at once, twice the tasks, and move requests between them, back at "
        "once where alarms say so: 'canary' a few at first, 'linear' step by step, 'blue-green' "
        "all at once. These three are for endpoints without gRPC.",
    )
    step_percent: int = Field(
        default=10,
        ge=1,
        le=50,
        description="Percent of the requests that the new tasks get at first ('canary'), or more "
        "with each step ('linear'). With `rollout.alarms` above 5 and `alarms.error_percent`: a "
        "smaller first step would tell nothing.",
    )
    step_minutes: int = Field(
        default=10, ge=1, le=1440, description="Minutes that each such step lasts."
    )
    bake_minutes: int = Field(
        default=15,
        ge=1,
        le=1440,
        description="Minutes that the old fleet stays after the new one got all requests. Under "
        "'rolling' there is none, and ECS computes how long it watches the alarms.",
    )
    alarms: bool = Field(
        default=True,
        description="true: a rollout during which requests fail, tasks that get requests are not "
        "ready, or first tokens come late, by the thresholds in section `alarms`, is rolled back. "
        "About 0.80 USD a month, 1.10 with two target groups (0.10 for each metric).",
    )
    second_target_group: bool = Field(
        default=False,
        description="true: what two fleets need is there under 'rolling' too. A running service "
        "is to be deployed so once before its first other strategy, and it stays for good: without "
        "it the load balancer knows one group, and the tasks may be in the other.",
    )

    @property
    def two_fleets(self) -> bool:
        """Whether a rollout runs the old and the new tasks side by side, each in full number."""
        return self.strategy != "rolling"

    @property
    def two_target_groups(self) -> bool:
        """Whether the load balancer can divide requests between two fleets."""
        return self.two_fleets or self.second_target_group

    @property
    def planned_minutes(self) -> int:
        """What CloudFormation adds up, and ECS waits for besides starting and stopping tasks."""
        return self.bake_minutes + self._steps * self.step_minutes if self.two_fleets else 0

    @property
    def _steps(self) -> int:
        """Steps that last; nothing waits after the one that reaches 100 percent but the bake.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ecs-service-linearconfiguration.html
        """
        if self.strategy == "linear":
            return -(-100 // self.step_percent) - 1
        return 1 if self.strategy == "canary" else 0

    def problems(self) -> Iterator[Problem]:
        """A plan that CloudFormation takes, with steps in which alarms see something."""
        if self.strategy == "linear" and self.step_percent < FEWEST_LINEAR_PERCENT:
            yield Problem(
                "step_percent",
                f"got {self.step_percent}, but ECS's linear steps are of {FEWEST_LINEAR_PERCENT} "
                f"percent at least; raise it, or choose 'canary'",
            )
        if self.planned_minutes > MOST_MINUTES:
            yield Problem(
                "bake_minutes",
                f"got {self.bake_minutes}, and {self._steps} steps of {self.step_minutes} minutes, "
                f"{self.planned_minutes} minutes in all, of which CloudFormation takes "
                f"{MOST_MINUTES}; shorten them, or take fewer steps",
            )
        if self.two_fleets and self.alarms:
            yield from self._unseen()

    def _unseen(self) -> Iterator[Problem]:
        keys = ("step_minutes", "bake_minutes") if self._steps else ("bake_minutes",)
        for key in keys:
            minutes = getattr(self, key)
            if minutes < FEWEST_MINUTES:
                yield Problem(
                    key,
                    f"got {minutes}, but the alarms that would roll back need {FEWEST_MINUTES} "
                    f"minutes to see anything; raise it, or set rollout.alarms to false",
                )
