"""One task from its start to its end: started, checked, registered, drained, stopped."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from enum import StrEnum

from . import causes
from .balancer import Balancer
from .checks import ContainerWatch, TargetWatch
from .launch import Running, task_name
from .task_log import TaskLog
from .wanted import Target, TaskSpec

log = logging.getLogger(__name__)

DRAIN_POLL_SECONDS = 0.2


class TaskState(StrEnum):
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    DRAINING = "DRAINING"
    STOPPING = "STOPPING"
    STOPPED = "STOPPED"


class Task:
    """A task of a service; `run` drives it, `stop` and `end` end it."""

    def __init__(
        self,
        identity: str,
        deployment_id: str,
        spec: TaskSpec,
        running: Running,
        *,
        log: TaskLog,
        ports: dict[int, int],
        targets: tuple[Target, ...],
        balancers: dict[str, Balancer],
        changed: Callable[[], None],
    ) -> None:
        self.id = identity
        self.name = task_name(identity)
        self.deployment_id = deployment_id
        self.spec = spec
        self.running = running
        self.ports = ports
        self.state = TaskState.PENDING
        self.was_ready = False
        self.cause: causes.Cause | None = None
        """Why it stops; None while nothing has asked it to."""
        self.exit_code: int | None = None
        self.log = log
        self.ended = asyncio.Event()
        self.born = time.monotonic()
        self.created_at = time.time()
        self.stopping_at: float | None = None
        self.stopped_at: float | None = None
        self._balancers = balancers
        self._changed = changed
        self._watches = [
            TargetWatch(target, ports[target.container_port], self._refresh) for target in targets
        ]
        self._container = (
            ContainerWatch(spec.check, running.check, self._refresh) if spec.check else None
        )
        self._jobs: list[asyncio.Task[None]] = []

    # What the service sees.

    @property
    def live(self) -> bool:
        """Counts for the service: started and not told to stop."""
        return self.state in (TaskState.PENDING, TaskState.RUNNING)

    @property
    def healthy(self) -> bool:
        """Ready in every target group, and its container check passes."""
        targets = all(watch.health.healthy for watch in self._watches)
        return self.live and targets and self._container_state in (None, "HEALTHY")

    def failing(self, grace_seconds: float) -> bool:
        """Whether ECS would replace it: unhealthy by a check, and past the grace period."""
        if not self.live or time.monotonic() - self.born <= grace_seconds:
            return False
        return bool(self.failed_watches) or self.container_health == "UNHEALTHY"

    @property
    def failed_watches(self) -> list[TargetWatch]:
        """The target groups that it is unhealthy in."""
        return [watch for watch in self._watches if watch.unhealthy]

    @property
    def container_health(self) -> str:
        """ECS's healthStatus."""
        return self._container_state or "UNKNOWN"

    @property
    def watches(self) -> list[TargetWatch]:
        return self._watches

    def state_in(self, watch: TargetWatch) -> str:
        """The state in one target group, in the load balancer's words."""
        if not self.live:
            return "draining"
        if watch.health.healthy:
            return "healthy"
        return "unhealthy" if watch.unhealthy else "initial"

    def connections(self) -> int:
        return sum(balancer.connections(self.name) for balancer in self._balancers.values())

    # Its life.

    async def run(self) -> int:
        """Watch the task until it ends; the exit code."""
        self._jobs = [asyncio.create_task(watch.run()) for watch in self._watches]
        await self._refresh()
        try:
            self.exit_code = causes.exit_code(await self.running.wait())
        finally:
            for job in self._jobs:
                job.cancel()
            await asyncio.gather(*self._jobs, return_exceptions=True)
            self._leave_balancers(forget=True)
            self._note_stop(self.cause or causes.EXITED)
            self.stopped_at = time.time()
            self.state = TaskState.STOPPED
            self.ended.set()
        log.info("%s ended with status %s", self.name, self.exit_code)
        self._changed()
        return self.exit_code

    async def stop(self, cause: causes.Cause) -> None:
        """Deregister, wait for the connections to end or the delay to pass, then end the task.

        ECS waits for the target to drain, then sends SIGTERM, then SIGKILL after the stop timeout.
        """
        if not self.live:
            return
        self._note_stop(cause)
        self.state = TaskState.DRAINING
        self._leave_balancers()
        self._changed()
        delay = max((w.target.deregistration_seconds for w in self._watches), default=0.0)
        log.info("%s draining, %s connections", self.name, self.connections())
        await self._until_quiet(delay)
        await self.end(cause)

    async def end(self, cause: causes.Cause) -> None:
        """SIGTERM now, SIGKILL after the stop timeout: what StopTask does."""
        if self.state in (TaskState.STOPPING, TaskState.STOPPED):
            return
        self._note_stop(cause)
        self.state = TaskState.STOPPING
        self._leave_balancers()
        self.running.terminate()
        try:
            async with asyncio.timeout(self.spec.stop_seconds):
                await self.ended.wait()
        except TimeoutError:
            log.warning("%s did not end in %s s: killed", self.name, self.spec.stop_seconds)
            self.running.kill()

    def _note_stop(self, cause: causes.Cause) -> None:
        """The first cause is the one; what follows from it is none."""
        self.cause = self.cause or cause
        self.stopping_at = self.stopping_at or time.time()

    async def _until_quiet(self, delay: float) -> None:
        deadline = time.monotonic() + delay
        while time.monotonic() < deadline and not self.ended.is_set():
            if not any(item.busy(self.name) for item in self._balancers.values()):
                return
            await asyncio.sleep(DRAIN_POLL_SECONDS)

    # Health.

    @property
    def _container_state(self) -> str | None:
        return self._container.state if self._container else None

    async def _refresh(self) -> None:
        """Bring the balancers in line with the target groups' view."""
        if not self.live:
            return
        for watch in self._watches:
            balancer = self._balancers[watch.target.transport]
            if watch.health.healthy:
                await balancer.add(self.name, watch.port, watch.target.arn)
            else:
                await balancer.doubt(self.name)
        self._check_container()
        if self.healthy:
            self._note_ready()
        self._changed()

    def _check_container(self) -> None:
        """Start the container's own check once the targets are up: earlier ones would only fail."""
        ready = all(watch.health.healthy for watch in self._watches)
        if self._container and ready and len(self._jobs) == len(self._watches):
            self._jobs.append(asyncio.create_task(self._container.run()))

    def _note_ready(self) -> None:
        if not self.was_ready:
            log.info("%s ready after %.1f s", self.name, time.monotonic() - self.born)
        self.was_ready = True
        self.state = TaskState.RUNNING

    def _leave_balancers(self, *, forget: bool = False) -> None:
        for watch in self._watches:
            balancer = self._balancers[watch.target.transport]
            with contextlib.suppress(KeyError):
                (balancer.forget if forget else balancer.remove)(self.name)
