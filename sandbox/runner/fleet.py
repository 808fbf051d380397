"""The tasks of one service: how they are started, watched and stopped, and what is told of it."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from ..control_plane.report import TaskReport
from . import causes, reporting
from .balancer import Balancer
from .ending import KILL_SECONDS
from .events import Events
from .launch import CannotStart, Launch, free_port, task_name
from .rollout import Failures
from .task import Task
from .task_log import TaskLog
from .wanted import Deployment, Target, TaskSpec, WantedService

log = logging.getLogger(__name__)

IMPAIRED_AFTER = 3
"""Failed starts in a row before the service is said to be unable; ECS documents no number."""

StartTask = Callable[[Launch], Awaitable[Any]]
MakeLaunch = Callable[[str, TaskSpec, dict[int, int]], Awaitable[Launch]]


class Fleet:
    """The tasks of one service, of all its deployments."""

    def __init__(
        self,
        service: WantedService,
        *,
        launch: MakeLaunch,
        start: StartTask,
        balancers: dict[str, Balancer],
        changed: Callable[[], None],
        remember: Callable[[Task | None, str], None],
    ) -> None:
        self.tasks: list[Task] = []
        self.events = Events(service.name)
        self.ended: list[TaskReport] = []
        """Of tasks that are no more; taken away when AWS knows of them."""
        self.balancers = balancers
        self._service = service
        self._launch = launch
        self._start = start
        self._changed = changed
        self._remember = remember
        self._jobs: set[asyncio.Task[Any]] = set()
        self._failures: dict[str, Failures] = {}

    def live(self, deployment: str) -> list[Task]:
        """Those of one deployment that count; the ones that may go first come first."""
        mine = [task for task in self.tasks if task.live and task.deployment_id == deployment]
        return sorted(mine, key=lambda task: task.healthy)

    def failures_of(self, deployment: str) -> Failures:
        return self._failures.setdefault(deployment, Failures())

    def reports(self) -> list[TaskReport]:
        """The tasks that are, and those that ended since AWS was last told of any."""
        return [*self.ended, *(reporting.task_report(task, self._service) for task in self.tasks)]

    # Starting.

    async def start(
        self, count: int, deployment: Deployment, targets: tuple[Target, ...], spec: TaskSpec
    ) -> None:
        """Start tasks, unless the last ones failed so lately that ECS would wait."""
        if count <= 0 or time.monotonic() < self.failures_of(deployment.id).next_start:
            return
        made = [await self._start_task(deployment, targets, spec) for _ in range(count)]
        started = [task for task in made if task is not None]
        if started:
            self.events.started([task.id for task in started])
            for target in targets:
                self.events.registered(len(started), target.arn)

    async def _start_task(
        self, deployment: Deployment, targets: tuple[Target, ...], spec: TaskSpec
    ) -> Task | None:
        identity = secrets.token_hex(16)
        ports = {port: free_port() for port in spec.ports}
        try:
            launch = await self._launch(task_name(identity), spec, ports)
            running = await self._start(launch)
        except (CannotStart, OSError) as error:
            log.error("%s could not be started: %s", task_name(identity), error)
            unstarted = reporting.unstarted_report(identity, deployment, self._service, str(error))
            self.ended.append(unstarted)
            self._note_failure(deployment.id, str(error))
            return None
        task = Task(
            identity,
            deployment.id,
            spec,
            running,
            log=TaskLog(launch.log),
            ports=ports,
            targets=targets,
            balancers=self.balancers,
            changed=self._changed,
        )
        log.info("%s started, pid %s, ports %s", task.name, running.pid, ports)
        self.tasks.append(task)
        self._remember(task, task.name)
        self._spawn(self._watch(task))
        return task

    async def _watch(self, task: Task) -> None:
        """Until the task ends; then decide what its end means."""
        code = await task.run()
        self.tasks.remove(task)
        self.ended.append(reporting.task_report(task, self._service))
        self._remember(None, task.name)
        if task.was_ready:
            self.failures_of(task.deployment_id).note_ready()
        elif task.cause is causes.EXITED:
            reason = f"{task.name} ended with status {code}; read .sandbox/logs/{task.name}.log"
            self._note_failure(task.deployment_id, reason)
        self._changed()

    def _note_failure(self, deployment: str, reason: str) -> None:
        failures = self.failures_of(deployment)
        failures.note_failure(time.monotonic(), reason)
        if failures.in_a_row == IMPAIRED_AFTER:
            self.events.impaired()

    # Stopping.

    def stop(self, tasks: Sequence[Task], cause: causes.Cause) -> None:
        """Drain and end them."""
        if not tasks:
            return
        for arn in dict.fromkeys(watch.target.arn for task in tasks for watch in task.watches):
            self.events.deregistered(len(tasks), arn)
        self.events.draining(len(tasks))
        self.events.stopped([task.id for task in tasks])
        for task in tasks:
            self._spawn(task.stop(cause))

    def stop_failing(self, grace_seconds: float) -> None:
        """Those that are unhealthy by a check, as ECS would replace them."""
        for task in self.tasks:
            if not task.failing(grace_seconds):
                continue
            reason = f"{task.name} failed its health checks; read .sandbox/logs/{task.name}.log"
            log.warning("%s", reason)
            if not task.was_ready:
                self._note_failure(task.deployment_id, reason)
            self.stop([task], self._unhealthy(task))

    def _unhealthy(self, task: Task) -> causes.Cause:
        """Which check it failed, told in an event too."""
        watch = next(iter(task.failed_watches), None)
        if watch is None:
            self.events.container_unhealthy(task.id)
            return causes.CONTAINER_UNHEALTHY
        self.events.target_unhealthy(watch.port, watch.target.arn, watch.failure)
        return causes.target_unhealthy(watch.target.arn)

    def stop_as_asked(self, reasons: dict[str, str]) -> None:
        """End the tasks whose ids somebody gave to StopTask."""
        for task in self.tasks:
            if task.id in reasons and task.cause is None:
                self._spawn(task.end(causes.asked(reasons[task.id])))

    def retire(self) -> None:
        """The service is gone from ECS: drain and stop its tasks."""
        for deployment in {task.deployment_id for task in self.tasks}:
            self.stop(self.live(deployment), causes.scaling(deployment))

    async def shut_down(self, seconds: float) -> None:
        """End all tasks at once, as StopTask does; kill what is left after `seconds`."""
        for task in self.tasks:
            self._spawn(task.end(causes.scaling(task.deployment_id)))
        await self._all_ended(seconds)
        for task in self.tasks:
            task.running.kill()
        await self._all_ended(KILL_SECONDS)

    async def _all_ended(self, seconds: float) -> None:
        if self.tasks:
            ended = [asyncio.ensure_future(task.ended.wait()) for task in self.tasks]
            _, late = await asyncio.wait(ended, timeout=seconds)
            for waiter in late:
                waiter.cancel()

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        job = asyncio.get_running_loop().create_task(work)
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)
