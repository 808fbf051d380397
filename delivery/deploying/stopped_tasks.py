"""Says why a task stops, as soon as ECS decides it, with the last lines that it wrote."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from delivery.deploying.causes import Cause, Stop, cause_of, stop_of
from delivery.deploying.deployed import DeployedStage, ServiceAddress
from delivery.deploying.news import Level, News
from delivery.deploying.task_log import TaskLogs
from operations.account import CouldNotAsk

LATE_LINES_SECONDS: Final = 30.0
"""How long a stopped task's lines may still be on their way: awslogs sends them every 5 s."""


@dataclass(frozen=True, slots=True)
class _Silent:
    """A task whose lines have not come, and until when they are waited for."""

    stop: Stop
    cause: Cause
    """As it seemed without them."""
    definition: str
    until: float


class StoppedTasks:
    """Follows the tasks of a service that stop; what a rollout or scaling ends is a detail."""

    def __init__(self, stage: DeployedStage, clock: Callable[[], float] = time.monotonic) -> None:
        self._stage = stage
        self._logs = TaskLogs(stage)
        self._clock = clock
        self._seen: set[str] = set()
        self._unmarked: datetime | None = None
        self._silent: dict[str, _Silent] = {}
        self._told: Counter[Cause] = Counter()
        self.log_groups: dict[str, None] = {}
        """Where tasks that failed have written, in the order in which they failed."""

    @property
    def causes(self) -> list[tuple[Cause, int]]:
        """What stopped tasks, and how many each; the first first."""
        return list(self._told.items())

    def leave_out_before(self, moment: datetime | None) -> None:
        """Leave out those that ECS had decided to stop by then."""
        self._unmarked = moment

    def mark(self, address: ServiceAddress) -> None:
        """Leave out those that have stopped before."""
        self._seen |= set(self._stage.task_arns(address, stopped=True))

    def poll(self, address: ServiceAddress) -> Iterator[News]:
        """The tasks that stop since the last time, and lines that came late."""
        arns = self._stage.task_arns(address, stopped=True)
        fresh = [arn for arn in arns if arn not in self._seen]
        for task in self._stage.describe_tasks(address, fresh):
            if not task.get("stoppedReason") and not task.get("stopCode"):
                continue  # ECS tells why in a moment
            self._seen.add(task["taskArn"])
            if not self._is_old(task):
                yield self._news(task)
        yield from self._late_lines()

    def _is_old(self, task: Mapping[str, Any]) -> bool:
        stopped = task.get("stoppingAt") or task.get("stoppedAt") or task["createdAt"]
        return self._unmarked is not None and bool(stopped < self._unmarked)

    def _news(self, task: Mapping[str, Any]) -> News:
        stop = stop_of(task)
        if stop.expected:
            text = f"task {stop.task[:8]} of revision {stop.revision} is replaced or not needed"
            return News("task ends", text, Level.DETAIL, facts={"task": stop.task})
        lines, hidden = self._last_lines(stop, task["taskDefinitionArn"])
        cause = cause_of(stop, lines)
        self._told[cause] += 1
        told = [f"likely: {cause.likely}", f"do: {cause.todo}"]
        if self._told[cause] > 1:
            told = ["likely the same as before"]
            lines = ()
        elif not lines and not hidden:
            until = self._clock() + LATE_LINES_SECONDS
            self._silent[stop.task] = _Silent(stop, cause, task["taskDefinitionArn"], until)
        return News(
            "task stopped",
            f"task {stop.task[:8]} of revision {stop.revision} stopped: {stop.told}",
            Level.BAD,
            lines=(*told, *hidden, *(f"| {line}" for line in lines)),
            facts=_facts(stop, cause, lines) | {"stopping_at": task.get("stoppingAt")},
        )

    def _last_lines(self, stop: Stop, definition: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The lines, and what is to be said where they may not be read."""
        try:
            for group, _ in self._logs.places(definition):
                self.log_groups[group] = None
            return self._logs.last_lines(stop.task, definition), ()
        except CouldNotAsk as error:
            return (), (f"its log could not be read: {error}",)

    def _late_lines(self) -> Iterator[News]:
        for task, silent in list(self._silent.items()):
            lines = self._logs.last_lines(task, silent.definition)
            if lines or self._clock() > silent.until:
                del self._silent[task]
            if lines:
                yield self._news_of_lines(silent, lines)

    def _news_of_lines(self, silent: _Silent, lines: tuple[str, ...]) -> News:
        """They may say more of the cause, also of the tasks that were told to be alike."""
        stop, cause = silent.stop, cause_of(silent.stop, lines)
        told: tuple[str, ...] = ()
        if cause != silent.cause:
            self._told[cause] += self._told.pop(silent.cause, 1)
            told = (f"likely: {cause.likely}", f"do: {cause.todo}")
        facts = {"task": stop.task, "likely": cause.likely, "todo": cause.todo, "log": list(lines)}
        text = f"task {stop.task[:8]} wrote last:"
        return News("task log", text, lines=(*told, *(f"| {line}" for line in lines)), facts=facts)


def _facts(stop: Stop, cause: Cause, lines: tuple[str, ...]) -> dict[str, Any]:
    return {
        "task": stop.task,
        "revision": stop.revision,
        "stop_code": stop.code,
        "stopped_reason": stop.reason,
        "containers": [
            {"name": name, "exit_code": code, "reason": reason}
            for name, code, reason in stop.containers
        ],
        "likely": cause.likely,
        "todo": cause.todo,
        "log": list(lines),
    }
