"""How far a deployment has come: its tasks, its share of the traffic, its end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .rollout import Failures
from .wanted import Step


class Stage(StrEnum):
    """ECS's lifecycle stages, as far as they take time here.

    docs.aws.amazon.com/AmazonECS/latest/developerguide/blue-green-deployment-how-it-works.html
    """

    SCALE_UP = "SCALE_UP"
    PRODUCTION_TRAFFIC_SHIFT = "PRODUCTION_TRAFFIC_SHIFT"
    BAKE_TIME = "BAKE_TIME"
    CLEAN_UP = "CLEAN_UP"
    DONE = "DONE"


@dataclass
class Shift:
    """The way of one deployment through its steps; the times are AWS's divided by `speed`."""

    steps: tuple[Step, ...]
    speed: float = 1.0
    stage: Stage = Stage.SCALE_UP
    _step: int = -1
    _since: float = 0.0

    @classmethod
    def at_once(cls) -> Shift:
        """All the traffic from the start: of a first deployment and of a rollback."""
        return cls((Step(100, 0),), stage=Stage.CLEAN_UP, _step=0)

    @property
    def percent(self) -> float:
        """Of the production traffic that this deployment should have now."""
        return self.steps[min(self._step, len(self.steps) - 1)].percent if self._step >= 0 else 0

    @property
    def keeps_old(self) -> bool:
        """Whether the deployment before still has to stand by."""
        return self.stage not in (Stage.CLEAN_UP, Stage.DONE)

    def advance(self, now: float, *, ready: bool, old_gone: bool) -> None:
        """`ready`: its tasks may have traffic; `old_gone`: no other task is left."""
        if self.stage is Stage.SCALE_UP and ready:
            self._next(now)
        while self._watching and now - self._since >= self._seconds:
            self._next(now)
        if self.stage is Stage.CLEAN_UP and ready and old_gone:
            self.stage = Stage.DONE

    @property
    def _watching(self) -> bool:
        return self.stage in (Stage.PRODUCTION_TRAFFIC_SHIFT, Stage.BAKE_TIME)

    @property
    def _seconds(self) -> float:
        return self.steps[self._step].minutes * 60 / self.speed

    def _next(self, now: float) -> None:
        self._step, self._since = self._step + 1, now
        if self._step == len(self.steps):
            self.stage = Stage.CLEAN_UP
        elif self._step == len(self.steps) - 1:
            self.stage = Stage.BAKE_TIME
        else:
            self.stage = Stage.PRODUCTION_TRAFFIC_SHIFT


@dataclass
class Failed:
    """Why a deployment has failed."""

    reason: str
    rollback: bool
    alarms: tuple[str, ...] = ()


@dataclass
class Progress:
    """What the runner remembers of one deployment."""

    id: str
    shift: Shift
    failures: Failures
    side: int = 0
    """Which target group of each pair its tasks are registered with."""
    source: str | None = None
    """The complete deployment that it replaces."""
    failed: Failed | None = None

    @property
    def done(self) -> bool:
        return self.shift.stage is Stage.DONE

    def state(self) -> tuple[str, str]:
        """ECS's rolloutState and its reason."""
        if self.failed is not None:
            return "FAILED", self.failed.reason
        if self.done:
            return "COMPLETED", f"ECS deployment {self.id} completed."
        return "IN_PROGRESS", f"ECS deployment {self.id} in progress."
