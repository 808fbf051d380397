"""Keeps one service as ECS wants it: replaces dead tasks, rolls out, reports."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from ..report import DeploymentReport, ServiceReport, TargetReport
from .balancer import Balancer
from .launch import Launch, free_port
from .rollout import Failures, plan
from .task import Task
from .wanted import TaskSpec, WantedService

log = logging.getLogger(__name__)

StartTask = Callable[[Launch], Awaitable[Any]]
MakeLaunch = Callable[[str, TaskSpec, dict[int, int]], Awaitable[Launch]]


class ServiceKeeper:
    """The tasks of one service."""

    def __init__(
        self,
        *,
        launch: MakeLaunch,
        start: StartTask,
        balancers: dict[str, Balancer],
        changed: Callable[[], None],
        remember: Callable[[Task | None, str], None],
    ) -> None:
        self.tasks: list[Task] = []
        self._launch = launch
        self._start = start
        self._balancers = balancers
        self._changed = changed
        self._remember = remember
        self._jobs: set[asyncio.Task[Any]] = set()
        self._failures: dict[str, Failures] = {}

    async def reconcile(self, service: WantedService, spec: TaskSpec) -> None:
        """One round: compare what runs with what is wanted, and start the difference."""
        self._adopt(service)
        self._stop_failing(service)
        failures = self._failures_of(service.primary.id)
        if failures.tripped(service):
            self._give_up(service.primary.id)
            return
        todo = plan(
            self.tasks,
            service.primary.id,
            desired=service.desired,
            fewest=service.fewest,
            most=service.most,
        )
        for task in todo.stop:
            self._spawn(task.stop())
        if time.monotonic() >= failures.next_start:
            for _ in range(todo.start):
                await self._start_task(service, spec)

    def _stop_failing(self, service: WantedService) -> None:
        for task in self.tasks:
            if not task.failing(service.grace_seconds):
                continue
            reason = f"{task.name} failed its health checks; read .sandbox/logs/{task.name}.log"
            log.warning("%s", reason)
            if not task.was_ready:
                self._failures_of(task.deployment_id).note_failure(time.monotonic(), reason)
            self._spawn(task.stop())

    def _give_up(self, deployment_id: str) -> None:
        """The rollout has failed: its tasks that serve nobody go, the others go on serving."""
        for task in self.tasks:
            if task.deployment_id == deployment_id and task.live and not task.healthy:
                self._spawn(task.stop())

    async def shut_down(self, seconds: float) -> None:
        """End all tasks at once, as StopTask does; kill what is left after `seconds`."""
        for task in self.tasks:
            self._spawn(task.end())
        await self._all_ended(seconds)
        for task in self.tasks:
            task.running.kill()
        await self._all_ended(5)

    async def _all_ended(self, seconds: float) -> None:
        if self.tasks:
            ended = [asyncio.ensure_future(task.ended.wait()) for task in self.tasks]
            _, late = await asyncio.wait(ended, timeout=seconds)
            for waiter in late:
                waiter.cancel()

    async def retire(self) -> None:
        """The service is gone from ECS: drain and stop its tasks."""
        for task in self.tasks:
            self._spawn(task.stop())

    # Reports.

    def report(self, service: WantedService) -> ServiceReport:
        used = {task.deployment_id for task in self.tasks}
        active = [item for item in service.active if item.id in used]
        deployments = (service.primary, *active)
        return {
            "service_arn": service.arn,
            "deployments": [self._deployment(item.id, service) for item in deployments],
            "targets": {target.arn: self._targets(target.arn) for target in service.targets},
        }

    def _deployment(self, identity: str, service: WantedService) -> DeploymentReport:
        members = [task for task in self.tasks if task.deployment_id == identity]
        state, reason = self._rollout_state(identity, service)
        return {
            "id": identity,
            "running": sum(task.healthy for task in members),
            "pending": sum(task.live and not task.healthy for task in members),
            "failed": self._failures_of(identity).count,
            "state": state,
            "reason": reason,
        }

    def _rollout_state(self, identity: str, service: WantedService) -> tuple[str, str]:
        failures = self._failures_of(identity)
        if identity != service.primary.id:
            return "IN_PROGRESS", f"ECS deployment {identity} is being replaced."
        if failures.tripped(service):
            return "FAILED", (
                f"ECS deployment circuit breaker: tasks failed to start: {failures.reasons[-1]}"
            )
        healthy = sum(task.healthy for task in self.tasks if task.deployment_id == identity)
        old = any(task.live and task.deployment_id != identity for task in self.tasks)
        if failures.done or (healthy >= service.desired and not old):
            failures.done = True
            return "COMPLETED", f"ECS deployment {identity} completed."
        return "IN_PROGRESS", f"ECS deployment {identity} in progress."

    def _targets(self, arn: str) -> list[TargetReport]:
        found = [task.target_states().get(arn) for task in self.tasks]
        return [
            {"id": "127.0.0.1", "port": port, "state": state, "reason": REASONS.get(state)}
            for port, state in filter(None, found)
        ]

    # Tasks.

    def _adopt(self, service: WantedService) -> None:
        """A deployment back to the revision that still runs keeps its tasks (a rollback)."""
        known = {item.id for item in service.active}
        for task in self.tasks:
            same = task.spec.arn == service.primary.task_definition
            if task.deployment_id in known and same:
                task.deployment_id = service.primary.id

    async def _start_task(self, service: WantedService, spec: TaskSpec) -> None:
        name = f"task-{secrets.token_hex(4)}"
        ports = {port: free_port() for port in spec.ports}
        failures = self._failures_of(service.primary.id)
        try:
            running = await self._start(await self._launch(name, spec, ports))
        except OSError as error:
            failures.note_failure(time.monotonic(), f"{name} could not be started: {error}")
            log.error("%s", failures.reasons[-1])
            return
        task = Task(
            name,
            service.primary.id,
            spec,
            running,
            ports=ports,
            targets=service.targets,
            balancers=self._balancers,
            changed=self._changed,
        )
        log.info("%s started, pid %s, ports %s", name, running.pid, ports)
        self.tasks.append(task)
        self._remember(task, name)
        self._spawn(self._watch(task))

    async def _watch(self, task: Task) -> None:
        """Until the task ends; then decide what its end means."""
        status = await task.run()
        self.tasks.remove(task)
        self._remember(None, task.name)
        failures = self._failures_of(task.deployment_id)
        if task.was_ready:
            failures.note_ready()
        elif not task.told_to_stop:
            reason = f"{task.name} ended with status {status}; read .sandbox/logs/{task.name}.log"
            failures.note_failure(time.monotonic(), reason)
        self._changed()

    def _failures_of(self, deployment_id: str) -> Failures:
        return self._failures.setdefault(deployment_id, Failures(deployment_id))

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        job = asyncio.get_running_loop().create_task(work)
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)


REASONS = {
    "initial": "Elb.RegistrationInProgress",
    "unhealthy": "Target.FailedHealthChecks",
    "draining": "Target.DeregistrationInProgress",
}
