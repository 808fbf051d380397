"""The runner's loop: read what ECS wants, keep every service so, tell AWS and the status file."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import time
import urllib.request
from typing import Any

import botocore.exceptions

from ..control_plane.report import PATH, Orders, Report, Runner
from ..processes import ProcessTable, start_time
from ..state import Ports, State, aws_endpoint, aws_environment
from .balancer import Balancer
from .ending import ANSWER_SECONDS, LAST_ANSWER_SECONDS, STOP_SECONDS
from .fleet import Fleet
from .launch import Launch, Launcher, task_environment
from .reading import Reader
from .service import ServiceKeeper
from .task import Task
from .wanted import TaskSpec, WantedService

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
KEPT_LOGS = 20


class Agent:
    """All services of the sandbox's ECS, and the two balancers in front of them."""

    def __init__(
        self, state: State, ports: Ports, launcher: Launcher, *, speed: float = 1.0
    ) -> None:
        self._state = state
        self._ports = ports
        self._launcher = launcher
        self._speed = speed
        self._table = ProcessTable(state)
        self._balancers = {"http": Balancer(ports.http), "grpc": Balancer(ports.grpc)}
        self._keepers: dict[str, ServiceKeeper] = {}
        self._wake = asyncio.Event()
        self._stopping = False
        self._reader = Reader()
        self._me: Runner = {"pid": os.getpid(), "started": start_time(os.getpid())}
        self._status: Any = None

    async def run(self) -> None:
        """Until SIGTERM or SIGINT; then every task is ended."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.ask_to_stop)
        for balancer in self._balancers.values():
            await balancer.start()
        log.info("listening on %s", self._ports)
        try:
            while not self._stopping:
                await self._round()
                await self._pause()
        finally:
            await self._shut_down()

    def ask_to_stop(self) -> None:
        """Let `run` end the tasks and return."""
        self._stopping = True
        self._wake.set()

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()

    async def _round(self) -> None:
        try:
            wanted = await asyncio.to_thread(self._reader.services)
            await self._keep(wanted)
            await self._report(wanted)
        except (
            botocore.exceptions.BotoCoreError,
            botocore.exceptions.ClientError,
            OSError,
        ) as error:
            # AWS is starting, stopping or between two states of a deploy: the tasks go on.
            log.warning("AWS did not answer: %s", error)

    async def _keep(self, wanted: list[WantedService]) -> None:
        for service in wanted:
            keeper = self._keepers.get(service.arn) or self._new_keeper(service)
            await keeper.reconcile(service, await asyncio.to_thread(self._specs, service))
        gone = set(self._keepers) - {service.arn for service in wanted}
        for arn in gone:
            fleet = self._keepers[arn].fleet
            fleet.retire()
            if not fleet.tasks and not fleet.ended:
                del self._keepers[arn]

    def _specs(self, service: WantedService) -> dict[str, TaskSpec]:
        arns = {item.task_definition for item in (service.primary, *service.active)}
        return {arn: self._reader.spec(arn) for arn in arns}

    def _new_keeper(self, service: WantedService) -> ServiceKeeper:
        fleet = Fleet(
            service,
            launch=self._launch,
            start=self._launcher.start,
            balancers=self._balancers,
            changed=self._wake.set,
            remember=self._remember,
        )
        keeper = ServiceKeeper(service, fleet, set_weights=self._set_weights, speed=self._speed)
        self._keepers[service.arn] = keeper
        return keeper

    async def _set_weights(self, rule: str, weights: dict[str, int]) -> None:
        log.info("weights of %s: %s", rule, weights)
        await asyncio.to_thread(self._reader.set_weights, rule, weights)

    async def _launch(self, name: str, spec: TaskSpec, ports: dict[int, int]) -> Launch:
        await asyncio.to_thread(self._reader.look_for_image, spec.image)
        values = await asyncio.to_thread(self._reader.secret_values, spec)
        agent = aws_environment(self._ports.aws)
        environment = task_environment(spec, values, ports, agent)
        self._drop_old_logs()
        return Launch(name, spec, environment, self._state.logs / f"{name}.log")

    def _drop_old_logs(self) -> None:
        logs = sorted(self._state.logs.glob("task-*.log"), key=lambda path: path.stat().st_mtime)
        running = {task.name for keeper in self._keepers.values() for task in keeper.fleet.tasks}
        for path in logs[:-KEPT_LOGS]:
            if path.stem not in running:
                path.unlink(missing_ok=True)

    def _remember(self, task: Task | None, name: str) -> None:
        if task is None:
            self._table.forget(name)
        else:
            self._table.record(name, task.running.pid)

    async def _report(self, wanted: list[WantedService]) -> None:
        fleets = [keeper.fleet for keeper in self._keepers.values()]
        told = {fleet: list(fleet.ended) for fleet in fleets}
        report: Report = {
            "runner": self._me,
            "services": [self._keepers[item.arn].report() for item in wanted],
            "tasks": [task for fleet in fleets for task in fleet.reports()],
        }
        orders = await asyncio.to_thread(self._send, report)
        for fleet, ended in told.items():
            del fleet.ended[: len(ended)]
            fleet.stop_as_asked(orders["stop"])
        status = {"services": [self._describe(item) for item in wanted]}
        if status != self._status:
            self._status = status
            self._state.write(self._state.status, status)

    def _send(self, report: Report, *, patience: float = ANSWER_SECONDS) -> Orders:
        request = urllib.request.Request(  # noqa: S310 (our own loopback address)
            aws_endpoint(self._ports.aws) + PATH,
            data=json.dumps(report).encode(),
            method="PUT",
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=patience) as answer:  # noqa: S310
            orders: Orders = json.load(answer)
            return orders

    def _describe(self, service: WantedService) -> dict[str, Any]:
        keeper = self._keepers[service.arn]
        return {
            "name": service.name,
            "desired": service.desired,
            "deployment": service.primary.id,
            "task_definition": service.primary.task_definition,
            "tasks": [_describe_task(task) for task in keeper.fleet.tasks],
        }

    async def _shut_down(self) -> None:
        log.info("stopping")
        started = time.monotonic()
        for balancer in self._balancers.values():
            balancer.stop_listening()
        keepers = self._keepers.values()
        await asyncio.gather(*(keeper.fleet.shut_down(STOP_SECONDS) for keeper in keepers))
        await self._report_the_end()
        for balancer in self._balancers.values():
            await balancer.close()
        log.info("stopped after %.1f s", time.monotonic() - started)

    async def _report_the_end(self) -> None:
        """What became of the tasks; and that nobody carries out anything from now on."""
        tasks = [task for keeper in self._keepers.values() for task in keeper.fleet.reports()]
        with contextlib.suppress(OSError):  # AWS may have ended before
            last: Report = {"services": [], "tasks": tasks}
            await asyncio.to_thread(self._send, last, patience=LAST_ANSWER_SECONDS)


def _describe_task(task: Task) -> dict[str, Any]:
    return {
        "name": task.name,
        "pid": task.running.pid,
        "state": str(task.state),
        "healthy": task.healthy,
        "deployment": task.deployment_id,
        "task_definition": task.spec.arn,
        "ports": task.ports,
        "connections": task.connections(),
    }
