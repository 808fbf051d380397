"""How ECS replaces the tasks of the service: its deployments, their tasks, the targets' health."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from delivery.deploying.causes import readable
from delivery.deploying.deployed import DeployedStage, ServiceAddress, revision_of
from delivery.deploying.news import Generation, Level, News, Poll
from delivery.deploying.stopped_tasks import StoppedTasks
from delivery.deploying.traffic import Shift, shift_of

# Of the service's own messages those that say what goes wrong; the others repeat the counts.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
_TROUBLE: Final = re.compile(
    r"unable|fail|unhealthy|error|rolling back|insufficient|unavailable|throttl|not\b.*stable",
    re.IGNORECASE,
)
_SERVICE: Final = re.compile(r"^\(service [^)]*\) ")


def in_progress(deployment: Mapping[str, Any]) -> bool:
    """Whether ECS still replaces tasks for this deployment of a described service."""
    return bool(deployment.get("rolloutState") == "IN_PROGRESS")


def generations(service: Mapping[str, Any]) -> tuple[Generation, ...]:
    """The deployments of a described service, the wanted one first."""
    return tuple(
        Generation(
            revision=revision_of(item["taskDefinition"]),
            role=item["status"],
            desired=item["desiredCount"],
            running=item["runningCount"],
            pending=item["pendingCount"],
            failed=item.get("failedTasks", 0),
            rollout=item.get("rolloutState", ""),
        )
        for item in service["deployments"]
    )


def target_states(targets: Mapping[str, list[dict[str, Any]]]) -> dict[str, int]:
    """How many targets are in each state, over all target groups."""
    counted = Counter(
        target["TargetHealth"]["State"] for group in targets.values() for target in group
    )
    return dict(counted.most_common())


class Rollout:
    """Follows the stage's service, from the moment that there is one."""

    def __init__(self, stage: DeployedStage, clock: Callable[[], float] = time.monotonic) -> None:
        self._stage = stage
        self._clock = clock
        self._address: ServiceAddress | None = None
        self._service: dict[str, Any] | None = None
        self._events: set[str] = set()
        self._unmarked: datetime | None = None
        self._told = ""
        self._began: tuple[str, float] | None = None
        self.stopped = StoppedTasks(stage, clock)
        self.generations: tuple[Generation, ...] = ()
        self.targets: dict[str, int] = {}
        self.shift: Shift | None = None
        """Where two fleets run at once, how far the requests have been moved."""
        self._ill: tuple[str, ...] = ()

    @property
    def runs_for_seconds(self) -> float:
        """How long the wanted deployment has been in progress, as far as it was seen."""
        return self._clock() - self._began[1] if self._began else 0.0

    def mark(self) -> None:
        """Leave out all that has happened until now: by this clock, where AWS does not say it."""
        self._unmarked = datetime.now(UTC)
        self.stopped.leave_out_before(self._unmarked)
        self._find()
        if self._service:
            self._events = {event["id"] for event in self._service.get("events", ())}
            self._told = self._counts()
        self._unmarked = None
        if self._address:
            self.stopped.mark(self._address)
        self.stopped.leave_out_before(None)
        if self._service:
            self._ask_targets(self._service)
            self._told = self._counts()

    @property
    def parts(self) -> tuple[tuple[str, Poll], ...]:
        """What is looked at, each by calls of its own: one that is refused stops no other."""
        return (
            ("the service", self._look),
            ("stopped tasks", self._look_at_stopped),
            ("the targets' health", self._look_at_targets),
            ("how requests are moved", self._look_at_shift),
            ("the rollout", self._progress),
        )

    def _find(self) -> None:
        self._address = self._address or self._stage.service_address()
        self._service = self._stage.service(self._address) if self._address else None
        if self._service:
            self.generations = generations(self._service)

    def _look(self) -> Iterator[News]:
        self._find()
        if self._service:
            self._note_beginning(self._service["deployments"][0])
            yield from self._messages(self._service)

    def _look_at_stopped(self) -> Iterator[News]:
        if self._address:
            yield from self.stopped.poll(self._address)

    def _look_at_targets(self) -> Iterator[News]:
        if self._service:
            self._ask_targets(self._service)
        yield from ()

    def _look_at_shift(self) -> Iterator[News]:
        if self._service:
            self.shift = shift_of(self._stage, self._service)
        yield from ()

    def _ask_targets(self, service: dict[str, Any]) -> None:
        found = self._stage.targets(service)
        self.targets, self._ill = target_states(found), _ill(found)

    def _note_beginning(self, wanted: Mapping[str, Any]) -> None:
        if not in_progress(wanted):
            self._began = None
        elif self._began is None or self._began[0] != wanted["id"]:
            self._began = (wanted["id"], self._clock())

    def _messages(self, service: Mapping[str, Any]) -> Iterator[News]:
        for event in reversed(service.get("events", ())):
            if event["id"] not in self._events and not self._is_old(event):
                self._events.add(event["id"])
                if _TROUBLE.search(event["message"]):
                    yield News("ecs", f"ECS: {_message(event)}", Level.WARNING)

    def _is_old(self, event: Mapping[str, Any]) -> bool:
        return self._unmarked is not None and bool(event["createdAt"] < self._unmarked)

    def _progress(self) -> Iterator[News]:
        told = self._counts()
        if self._service is None or told == self._told:
            return
        self._told = told
        wanted = self.generations[0]
        level = {"FAILED": Level.BAD, "COMPLETED": Level.GOOD}.get(wanted.rollout, Level.STEP)
        facts: dict[str, Any] = {
            "generations": [_facts(item) for item in self.generations],
            "targets": self.targets,
        }
        if self.shift:
            facts |= {"step": self.shift.step, "new_percent": self.shift.percent}
        lines = (*_reason(self._service), *self._ill)
        yield News("rollout", told, level, lines=lines, facts=facts)

    def _counts(self) -> str:
        parts = [_sentence(item) for item in self.generations]
        if self.shift:
            parts.append(str(self.shift))
        if self.targets:
            states = ", ".join(f"{count} {state}" for state, count in self.targets.items())
            parts.append(f"targets: {states}")
        return "; ".join(parts)


def _message(event: Mapping[str, Any]) -> str:
    """ECS's message without the service's name, which begins each of them."""
    return readable(_SERVICE.sub("", event["message"]))


def _ill(targets: Mapping[str, list[dict[str, Any]]]) -> tuple[str, ...]:
    """What the load balancer says of targets that are not well, each once."""
    health = [target["TargetHealth"] for group in targets.values() for target in group]
    said = [item.get("Description", "") for item in health if item["State"] == "unhealthy"]
    return tuple(f"the load balancer: {text}" for text in dict.fromkeys(said) if text)


def _sentence(item: Generation) -> str:
    parts = [f"{item.running} of {item.desired} running"]
    if item.pending:
        parts.append(f"{item.pending} pending")
    if item.failed:
        parts.append(f"{item.failed} failed")
    if item.role == "PRIMARY":
        return f"revision {item.revision}: {', '.join(parts)} ({item.rollout or 'no state'})"
    return f"revision {item.revision}, being replaced: {item.running} running"


def _reason(service: Mapping[str, Any]) -> tuple[str, ...]:
    wanted = service["deployments"][0]
    failed = wanted.get("rolloutState") == "FAILED"
    return (wanted.get("rolloutStateReason", ""),) if failed else ()


def _facts(item: Generation) -> dict[str, Any]:
    return {name: getattr(item, name) for name in Generation.__slots__}
