"""What ECS's scheduler decides: how many tasks to start, which to stop, when to give up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from .wanted import WantedService

FIRST_BACKOFF_SECONDS = 1.0
LONGEST_BACKOFF_SECONDS = 30.0


class Member(Protocol):
    """What the scheduler needs to know of a task."""

    @property
    def deployment_id(self) -> str: ...

    @property
    def live(self) -> bool: ...

    @property
    def healthy(self) -> bool: ...


MemberT = TypeVar("MemberT", bound=Member)


@dataclass(frozen=True)
class Plan(Generic[MemberT]):
    """What to do now."""

    start: int
    stop: list[MemberT]


def plan(
    tasks: Sequence[MemberT], deployment_id: str, *, desired: int, fewest: int, most: int
) -> Plan[MemberT]:
    """Start the missing tasks within `most`; stop the others while `fewest` stay healthy."""
    live = [task for task in tasks if task.live]
    current = [task for task in live if task.deployment_id == deployment_id]
    others = [task for task in live if task.deployment_id != deployment_id]
    surplus = sorted(current, key=lambda task: task.healthy)[: max(len(current) - desired, 0)]
    healthy = sum(task.healthy for task in live)
    stop = []
    for task in sorted([*others, *surplus], key=lambda task: task.healthy):
        # What serves nobody may go at once, unless its successor has room to start beside it.
        if not task.healthy or healthy - 1 >= fewest:
            stop.append(task)
            healthy -= task.healthy
    room = most - (len(live) - len(stop))
    return Plan(start=max(min(desired - len(current), room), 0), stop=stop)


def breaker_threshold(desired: int) -> int:
    """Failed tasks that stop a rollout: half the desired count, from 3 to 200.

    docs.aws.amazon.com/AmazonECS, how the deployment circuit breaker detects failures.
    """
    return min(max(math.ceil(desired / 2), 3), 200)


@dataclass
class Failures:
    """The failed starts of one deployment, and how long to wait before the next."""

    count: int = 0
    in_a_row: int = 0
    next_start: float = 0.0
    done: bool = False
    """Once it was complete: later failures are replaced, and never fail the deployment."""
    reasons: list[str] = field(default_factory=list)

    def note_failure(self, now: float, reason: str) -> None:
        self.count += 1
        self.in_a_row += 1
        self.reasons.append(reason)
        wait = FIRST_BACKOFF_SECONDS * 2 ** (self.in_a_row - 1)
        self.next_start = now + min(wait, LONGEST_BACKOFF_SECONDS)

    def note_ready(self) -> None:
        self.in_a_row, self.next_start = 0, 0.0

    def tripped(self, service: WantedService) -> bool:
        return (
            service.breaker.enabled
            and not self.done
            and self.in_a_row >= breaker_threshold(service.desired)
        )
