"""What the deployed services ask for, as far as the runner carries it out."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class TargetCheck:
    """A target group's health check."""

    grpc: bool
    path: str
    codes: str
    interval_seconds: float
    timeout_seconds: float
    healthy_count: int
    unhealthy_count: int

    def accepts(self, code: int) -> bool:
        """Whether the matcher ("200", "200,202", "200-299", "0") covers `code`."""
        for part in self.codes.split(","):
            first, _, last = part.partition("-")
            if int(first) <= code <= int(last or first):
                return True
        return False


@dataclass(frozen=True)
class Target:
    """A target group that the service's tasks are registered with."""

    arn: str
    container_port: int
    check: TargetCheck
    deregistration_seconds: float

    @property
    def transport(self) -> str:
        return "grpc" if self.check.grpc else "http"


@dataclass(frozen=True)
class ContainerCheck:
    """The health check of a container definition."""

    command: tuple[str, ...]
    interval_seconds: float
    timeout_seconds: float
    retries: int
    start_seconds: float


@dataclass(frozen=True)
class TaskSpec:
    """A revision of a task definition: its one container and how it is run."""

    arn: str
    image: str
    environment: dict[str, str]
    secrets: dict[str, str]
    ports: tuple[int, ...]
    check: ContainerCheck | None
    stop_seconds: float
    container: dict[str, Any] = field(repr=False)
    task: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Deployment:
    id: str
    task_definition: str
    state: str = "IN_PROGRESS"
    """ECS's rolloutState."""

    @property
    def in_progress(self) -> bool:
        return self.state == "IN_PROGRESS"


@dataclass(frozen=True)
class Route:
    """A target group; for blue/green its twin, and the rule that divides traffic between them."""

    target: Target
    alternate: Target | None = None
    rule: str | None = None

    @property
    def sides(self) -> tuple[Target, ...]:
        return (self.target,) if self.alternate is None else (self.target, self.alternate)

    def side(self, number: int) -> Target:
        return self.sides[number] if number < len(self.sides) else self.target


@dataclass(frozen=True)
class Step:
    """A share of the traffic, and how long to watch it before the next."""

    percent: float
    minutes: float


@dataclass(frozen=True)
class Alarms:
    """The alarms that fail a deployment."""

    names: tuple[str, ...]
    rollback: bool
    triggered: tuple[str, ...] = ()
    """Those in ALARM, as long as a deployment is in progress."""
    minutes: float = 0.0
    """The longest time over which one of them looks."""


@dataclass(frozen=True)
class Breaker:
    """The circuit breaker of deployments."""

    enabled: bool = False
    rollback: bool = False


@dataclass(frozen=True)
class Strategy:
    """How a deployment replaces the one before."""

    kind: str = "ROLLING"
    steps: tuple[Step, ...] = (Step(100, 0),)
    """The last one has all the traffic, and its minutes are the bake time."""

    @property
    def shifts_traffic(self) -> bool:
        return self.kind != "ROLLING"


@dataclass(frozen=True)
class WantedService:
    """A service as ECS describes it."""

    arn: str
    name: str
    cluster: str
    desired: int
    primary: Deployment
    active: tuple[Deployment, ...]
    routes: tuple[Route, ...]
    minimum_percent: int
    maximum_percent: int
    grace_seconds: float
    breaker: Breaker = Breaker()
    alarms: Alarms | None = None
    strategy: Strategy = Strategy()
    weights: dict[str, float] = field(default_factory=dict)
    """By target group, where a rule divides the traffic; others have all that comes."""

    @property
    def targets(self) -> tuple[Target, ...]:
        return tuple(target for route in self.routes for target in route.sides)

    @property
    def fewest(self) -> int:
        """Healthy tasks that a rollout keeps: ECS rounds minimumHealthyPercent up."""
        return math.ceil(self.desired * self.minimum_percent / 100)

    @property
    def most(self) -> int:
        """Tasks that a rollout may run: ECS rounds maximumPercent down."""
        return max(self.desired * self.maximum_percent // 100, 1)
