"""Keeps one service as ECS wants it: rolls out, shifts traffic, rolls back, reports."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from ..control_plane.report import ServiceReport
from . import causes, reporting, traffic_weights
from .fleet import Fleet
from .progress import Failed, Progress, Shift
from .rollout import plan
from .wanted import Deployment, Target, TaskSpec, WantedService

SetWeights = Callable[[str, dict[str, int]], Awaitable[None]]


class ServiceKeeper:
    """One service; its `fleet` runs the tasks."""

    def __init__(
        self, service: WantedService, fleet: Fleet, *, set_weights: SetWeights, speed: float = 1.0
    ) -> None:
        self.service = service
        """As it was in the last round."""
        self.fleet = fleet
        self._set_weights = set_weights
        self._speed = speed
        self._progress: dict[str, Progress] = {}
        self._target_groups: set[str] = set()

    async def reconcile(self, service: WantedService, specs: Mapping[str, TaskSpec]) -> None:
        """One round: compare what runs with what is wanted, and start the difference.

        `specs` has the task definitions of the service's deployments, by ARN.
        """
        self.service = service
        progress = self._primary(service)
        self.fleet.stop_failing(service.grace_seconds)
        progress.failed = progress.failed or self._failure(progress, service)
        if progress.failed is not None:
            self._give_up(progress)
            await self._weigh(service)
            return
        self._advance(progress, service)
        self.service = await self._divided(progress, service)
        await self._weigh(self.service)
        blue = self._stands_by(progress, service)
        if blue is not None:
            await self._keep_both(progress, blue, service, specs)
        else:
            await self._roll(progress, service, specs)

    # How far the primary deployment is.

    def _primary(self, service: WantedService) -> Progress:
        """Of the primary deployment; one that is to be reached again begins anew."""
        primary = service.primary
        progress = self._progress.get(primary.id)
        if progress is None:
            progress = self._progress[primary.id] = self._begin(service)
        elif progress.done and primary.in_progress:
            progress.shift = Shift.at_once()
        return progress

    def _begin(self, service: WantedService) -> Progress:
        """A new deployment replaces the last that was complete and still has tasks."""
        complete = [
            item
            for item in self._progress.values()
            if item.failures.done and self.fleet.live(item.id)
        ]
        source = complete[-1] if complete else None
        identity = service.primary.id
        progress = Progress(identity, Shift.at_once(), self.fleet.failures_of(identity))
        if source is not None:
            progress.shift = Shift(service.strategy.steps, self._speed)
            progress.source = source.id
            # A rolling update goes on where the tasks are, wherever an earlier strategy left them.
            progress.side = 1 - source.side if service.strategy.shifts_traffic else source.side
        return progress

    def _advance(self, progress: Progress, service: WantedService) -> None:
        was_done = progress.done
        healthy = sum(task.healthy for task in self.fleet.live(progress.id))
        old_gone = len(self.fleet.live(progress.id)) == sum(t.live for t in self.fleet.tasks)
        ready = healthy >= service.desired
        if not service.strategy.shifts_traffic:
            ready = ready and old_gone
        progress.shift.advance(time.monotonic(), ready=ready, old_gone=old_gone)
        if progress.done and not was_done:
            progress.failures.done = True
            self.fleet.events.completed(progress.id)
            self.fleet.events.steady()

    def _failure(self, progress: Progress, service: WantedService) -> Failed | None:
        """What makes a deployment fail; one that has been complete cannot fail any more."""
        if progress.failures.done:
            return None
        if progress.failures.tripped(service):
            self.fleet.events.failed(progress.id, "tasks failed to start")
            last = progress.failures.reasons[-1]
            reason = f"ECS deployment circuit breaker: tasks failed to start: {last}"
            return Failed(reason, service.breaker.rollback)
        # "ECS starts monitoring as soon as one or more tasks of the updated service are running":
        # aws.amazon.com/blogs/containers, automate rollbacks for Amazon ECS rolling deployments.
        if service.alarms and service.alarms.triggered and self.fleet.live(progress.id):
            names = ", ".join(service.alarms.triggered)
            self.fleet.events.failed(progress.id, f"alarm detected: {names}")
            reason = f"ECS deployment alarms: in state ALARM: {names}."
            return Failed(reason, service.alarms.rollback, service.alarms.triggered)
        return None

    # What is to run.

    async def _roll(
        self, progress: Progress, service: WantedService, specs: Mapping[str, TaskSpec]
    ) -> None:
        """New tasks in, old ones out, within the service's percentages."""
        todo = plan(
            self.fleet.tasks,
            progress.id,
            desired=service.desired,
            fewest=service.fewest,
            most=service.most,
        )
        self.fleet.stop(todo.stop, causes.scaling(progress.id))
        spec = specs[service.primary.task_definition]
        targets = _targets(service, progress)
        await self.fleet.start(todo.start, service.primary, targets, spec)

    def _stands_by(self, progress: Progress, service: WantedService) -> Deployment | None:
        """The deployment that serves beside a green one until that has proved itself."""
        if service.strategy.shifts_traffic and progress.shift.keeps_old:
            return next((item for item in service.active if item.id == progress.source), None)
        return None

    async def _keep_both(
        self,
        green: Progress,
        blue: Deployment,
        service: WantedService,
        specs: Mapping[str, TaskSpec],
    ) -> None:
        """Two whole fleets: the new one beside that which serves; others go."""
        for deployment in (service.primary, blue):
            progress = self._progress[deployment.id]
            mine = self.fleet.live(deployment.id)
            missing = service.desired - len(mine)
            self.fleet.stop(mine[: max(-missing, 0)], causes.scaling(deployment.id))
            spec = specs[deployment.task_definition]
            await self.fleet.start(missing, deployment, _targets(service, progress), spec)
        both = (green.id, blue.id)
        others = [t for t in self.fleet.tasks if t.live and t.deployment_id not in both]
        self.fleet.stop(others, causes.scaling(green.id))

    def _give_up(self, progress: Progress) -> None:
        """The rollout has failed: its tasks that serve nobody go, the others go on serving."""
        useless = [task for task in self.fleet.live(progress.id) if not task.healthy]
        self.fleet.stop(useless, causes.scaling(progress.id))

    # Traffic.

    async def _divided(self, progress: Progress, service: WantedService) -> WantedService:
        """Set the rules' weights while a deployment is on its way; the service as it is then.

        At other times a rule that somebody changes stays as it is: ECS would not mend it either.
        """
        if not service.primary.in_progress:
            return service
        percent = progress.shift.percent if service.strategy.shifts_traffic else 100
        for route in service.routes:
            wanted = traffic_weights.wanted(route, progress.side, percent)
            if route.rule is not None and wanted != traffic_weights.of(route, service.weights):
                await self._set_weights(route.rule, wanted)
                service = replace(service, weights={**service.weights, **wanted})
        return service

    async def _weigh(self, service: WantedService) -> None:
        for balancer in self.fleet.balancers.values():
            await balancer.weigh(service.weights)

    # Reports.

    def report(self) -> ServiceReport:
        """Of the last round."""
        service = self.service
        used = {task.deployment_id for task in self.fleet.tasks}
        active = [item.id for item in service.active if item.id in used]
        known = [self._progress[item] for item in (service.primary.id, *active)]
        tasks = self.fleet.tasks
        self._target_groups |= {target.arn for target in service.targets}
        return {
            "service_arn": service.arn,
            "deployments": [reporting.deployment_report(item, tasks, service) for item in known],
            "targets": {arn: reporting.target_reports(tasks, arn) for arn in self._target_groups},
            "events": self.fleet.events.reports(),
        }


def _targets(service: WantedService, progress: Progress) -> tuple[Target, ...]:
    return tuple(route.side(progress.side) for route in service.routes)
