"""A keeper with real processes of a stand-in program, driven as the agent's loop drives it."""

import asyncio
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from sandbox.runner.balancer import Balancer
from sandbox.runner.fleet import Fleet
from sandbox.runner.launch import Launch, task_environment
from sandbox.runner.process import ProcessLauncher
from sandbox.runner.service import ServiceKeeper
from sandbox.runner.task import Task
from sandbox.runner.wanted import TaskSpec, WantedService
from tests.sandbox.specs import service, spec
from tests.sandbox.waiting import LONG_SECONDS

PROGRAM = [sys.executable, str(Path(__file__).with_name("program.py"))]
SPEED = 600.0
"""A minute of AWS's takes a tenth of a second."""


class Sandbox:
    """A keeper that reconciles whenever something changed, as the agent's loop does."""

    def __init__(self, folder: Path) -> None:
        self.release = folder / "release"
        self._folder = folder
        self._changed = asyncio.Event()
        self.balancer = Balancer(0)
        self.remembered: dict[str, int] = {}
        self.wanted = service()
        self._specs: dict[str, TaskSpec] = {}
        self.want(self.wanted, spec())
        self.fleet = Fleet(
            self.wanted,
            launch=self._launch,
            start=ProcessLauncher(PROGRAM, folder).start,
            balancers={"http": self.balancer},
            changed=self._changed.set,
            remember=self._remember,
        )
        self.keeper = ServiceKeeper(
            self.wanted, self.fleet, set_weights=self._set_weights, speed=SPEED
        )

    async def _set_weights(self, rule: str, weights: dict[str, int]) -> None:
        self.wanted = replace(self.wanted, weights={**self.wanted.weights, **weights})

    async def _launch(self, name: str, spec: TaskSpec, ports: dict[int, int]) -> Launch:
        agent = {"RELEASE": str(self.release)}
        environment = task_environment(spec, {}, ports, agent)
        return Launch(name, spec, environment, self._folder / f"{name}.log")

    def _remember(self, task: Task | None, name: str) -> None:
        if task is None:
            self.remembered.pop(name)
        else:
            self.remembered[name] = task.running.pid

    def want(self, wanted: WantedService, spec: TaskSpec) -> None:
        """Ask for another service; `spec` is its primary deployment's."""
        self.wanted = wanted
        self._specs[spec.arn] = spec
        self._changed.set()

    async def until(self, done: Callable[[], bool]) -> None:
        """Reconcile until `done`; fails when the deadline passes."""
        async with asyncio.timeout(LONG_SECONDS):
            while True:
                await self.round()
                if done():
                    return
                with suppress(TimeoutError):
                    async with asyncio.timeout(0.1):
                        await self._changed.wait()
                self._changed.clear()

    async def round(self) -> None:
        """One round, after which AWS knows how the primary deployment is."""
        await self.keeper.reconcile(self.wanted, self._specs)
        primary = replace(self.wanted.primary, state=self.state()["state"])
        self.wanted = replace(self.wanted, primary=primary)

    def of(self, revision: int) -> list[Task]:
        tasks = self.fleet.tasks
        return [task for task in tasks if task.deployment_id == f"deployment-{revision}"]

    def ready(self, revision: int = 1) -> int:
        return sum(task.healthy for task in self.of(revision))

    def state(self) -> dict[str, Any]:
        report = self.keeper.report()
        return dict(report["deployments"][0])

    async def version(self) -> str:
        """What the address answers."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.balancer.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        try:
            async with asyncio.timeout(LONG_SECONDS):
                return (await reader.read()).rpartition(b"\r\n\r\n")[2].decode()
        finally:
            writer.close()

    async def versions(self, count: int) -> list[str]:
        """What it answers to requests on one connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.balancer.port)
        answers = []
        try:
            async with asyncio.timeout(LONG_SECONDS):
                for _ in range(count):
                    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                    head = await reader.readuntil(b"\r\n\r\n")
                    length = int(head.lower().partition(b"content-length:")[2].split()[0])
                    answers.append((await reader.readexactly(length)).decode())
        finally:
            writer.close()
        return answers
