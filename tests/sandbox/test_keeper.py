"""The runner's promises, kept with real processes of a stand-in program."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from sandbox.processes import start_time
from sandbox.runner.balancer import Balancer
from sandbox.runner.launch import Launch, task_environment
from sandbox.runner.process import ProcessLauncher
from sandbox.runner.service import ServiceKeeper
from sandbox.runner.task import Task
from sandbox.runner.wanted import Deployment, TaskSpec, WantedService
from tests.sandbox.specs import service, spec, target

PROGRAM = [sys.executable, str(Path(__file__).with_name("program.py"))]
DEADLINE_SECONDS = 20


class Sandbox:
    """A keeper that reconciles whenever something changed, as the agent's loop does."""

    def __init__(self, folder: Path) -> None:
        self.release = folder / "release"
        self._folder = folder
        self._changed = asyncio.Event()
        self.balancer = Balancer(0)
        self.remembered: dict[str, int] = {}
        self.keeper = ServiceKeeper(
            launch=self._launch,
            start=ProcessLauncher(PROGRAM, folder).start,
            balancers={"http": self.balancer},
            changed=self._changed.set,
            remember=self._remember,
        )
        self.wanted, self.spec = service(), spec()

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
        self.wanted, self.spec = wanted, spec
        self._changed.set()

    async def until(self, done: Callable[[], bool]) -> None:
        """Reconcile until `done`; fails when the deadline passes."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not done():
                await self.keeper.reconcile(self.wanted, self.spec)
                with suppress(TimeoutError):
                    async with asyncio.timeout(0.1):
                        await self._changed.wait()
                self._changed.clear()

    def of(self, revision: int) -> list[Task]:
        tasks = self.keeper.tasks
        return [task for task in tasks if task.deployment_id == f"deployment-{revision}"]

    def ready(self, revision: int = 1) -> int:
        return sum(task.healthy for task in self.of(revision))

    def state(self) -> dict[str, Any]:
        report = self.keeper.report(self.wanted)
        return dict(report["deployments"][0])

    async def version(self) -> str:
        """What the address answers."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.balancer.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                return (await reader.read()).rpartition(b"\r\n\r\n")[2].decode()
        finally:
            writer.close()


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    sandbox = Sandbox(tmp_path)
    await sandbox.balancer.start()
    yield sandbox
    sandbox.release.touch()
    await sandbox.keeper.shut_down(5)
    await sandbox.balancer.close()


async def test_wanted_tasks_become_ready_and_answer(sandbox: Sandbox) -> None:
    await sandbox.until(lambda: sandbox.ready() == 2)
    assert await sandbox.version() == "1"
    assert sandbox.state()["state"] == "COMPLETED"
    assert (sandbox.state()["running"], sandbox.state()["pending"]) == (2, 0)


async def test_target_health_names_each_task_s_port(sandbox: Sandbox) -> None:
    await sandbox.until(lambda: sandbox.ready() == 2)
    reported = sandbox.keeper.report(sandbox.wanted)["targets"]["target-group"]
    ports = {task.ports[8080] for task in sandbox.keeper.tasks}
    assert {item["port"] for item in reported} == ports
    assert {item["state"] for item in reported} == {"healthy"}


async def test_killed_task_is_replaced_while_the_other_serves(sandbox: Sandbox) -> None:
    await sandbox.until(lambda: sandbox.ready() == 2)
    killed = sandbox.keeper.tasks[0]
    os.kill(killed.running.pid, signal.SIGKILL)
    await sandbox.until(lambda: killed not in sandbox.keeper.tasks)
    assert await sandbox.version() == "1"
    await sandbox.until(lambda: sandbox.ready() == 2)
    assert sandbox.state()["state"] == "COMPLETED"


async def test_update_starts_new_tasks_before_it_stops_old_ones(sandbox: Sandbox) -> None:
    await sandbox.until(lambda: sandbox.ready() == 2)
    fewest = []
    sandbox.want(service(2, active=(1,)), spec(2))

    def done() -> bool:
        fewest.append(sandbox.ready(1) + sandbox.ready(2))
        return sandbox.ready(2) == 2 and not sandbox.of(1)

    await sandbox.until(done)
    assert min(fewest) >= 2
    assert await sandbox.version() == "2"


async def test_update_waits_for_a_request_in_flight(sandbox: Sandbox) -> None:
    await sandbox.until(lambda: sandbox.ready() == 2)
    reader, writer = await asyncio.open_connection("127.0.0.1", sandbox.balancer.port)
    writer.write(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
    await reader.readuntil(b"one")
    sandbox.want(service(2, active=(1,)), spec(2))
    await sandbox.until(lambda: sandbox.ready(2) == 2 and len(sandbox.of(1)) == 1)
    assert sandbox.state()["state"] == "COMPLETED"  # a draining task does not hold the rollout
    sandbox.release.touch()
    assert (await reader.readuntil(b"0\r\n\r\n")).count(b"two") == 1
    await sandbox.until(lambda: not sandbox.of(1))
    writer.close()


async def test_connection_that_outlasts_the_delay_is_ended(sandbox: Sandbox) -> None:
    short = (target(deregistration_seconds=0.2),)
    sandbox.want(service(targets=short), spec(stopTimeout=1))
    await sandbox.until(lambda: sandbox.ready() == 2)
    reader, writer = await asyncio.open_connection("127.0.0.1", sandbox.balancer.port)
    writer.write(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
    await reader.readuntil(b"one")
    sandbox.want(service(2, active=(1,), targets=short), spec(2))
    await sandbox.until(lambda: not sandbox.of(1))
    assert b"two" not in await reader.read()
    writer.close()


async def test_task_that_ignores_sigterm_is_killed_after_the_stop_timeout(
    sandbox: Sandbox,
) -> None:
    sandbox.want(service(desired=1), spec(stopTimeout=0.3, environment={"STUBBORN": "1"}))
    await sandbox.until(lambda: sandbox.ready() == 1)
    pid = sandbox.keeper.tasks[0].running.pid
    sandbox.want(service(desired=0), sandbox.spec)
    await sandbox.until(lambda: not sandbox.keeper.tasks)
    assert start_time(pid) is None


async def test_tasks_that_cannot_start_trip_the_breaker_and_the_old_ones_serve(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.runner.rollout.FIRST_BACKOFF_SECONDS", 0.05)
    await sandbox.until(lambda: sandbox.ready() == 2)
    sandbox.want(service(2, active=(1,)), spec(2, environment={"FAIL": "3"}))
    await sandbox.until(lambda: sandbox.state()["state"] == "FAILED")
    assert "ended with status 3" in sandbox.state()["reason"]
    assert sandbox.state()["failed"] >= 3
    await sandbox.until(lambda: not sandbox.of(2))
    assert (sandbox.ready(1), await sandbox.version()) == (2, "1")


async def test_rollback_keeps_the_tasks_that_serve(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.runner.rollout.FIRST_BACKOFF_SECONDS", 0.05)
    await sandbox.until(lambda: sandbox.ready() == 2)
    before = {task.name for task in sandbox.keeper.tasks}
    sandbox.want(service(2, active=(1,)), spec(2, environment={"FAIL": "3"}))
    await sandbox.until(lambda: sandbox.state()["state"] == "FAILED")
    again = Deployment("deployment-3", spec(1).arn)
    sandbox.want(service(1, active=(2, 1), primary=again), spec(1))
    await sandbox.until(lambda: sandbox.state()["state"] == "COMPLETED")
    assert {task.name for task in sandbox.of(3)} == before


async def test_without_a_breaker_failed_starts_are_spaced_out(sandbox: Sandbox) -> None:
    sandbox.want(service(desired=1, breaker=False), spec(environment={"FAIL": "1"}))
    await sandbox.until(lambda: sandbox.state()["failed"] == 1)
    await sandbox.keeper.reconcile(sandbox.wanted, sandbox.spec)
    assert sandbox.keeper.tasks == []  # the next start is a second away
    assert sandbox.state()["state"] == "IN_PROGRESS"


async def test_task_that_never_answers_is_replaced_after_the_grace_period(
    sandbox: Sandbox,
) -> None:
    wanted = service(desired=1, grace_seconds=0.5)
    sandbox.want(wanted, spec(environment={"STATUS": "503"}))
    await sandbox.until(lambda: len(sandbox.keeper.tasks) == 1)
    first = sandbox.keeper.tasks[0]
    await sandbox.until(lambda: first not in sandbox.keeper.tasks)
    assert sandbox.balancer.connections(first.name) == 0


async def test_container_check_holds_a_task_back(sandbox: Sandbox, tmp_path: Path) -> None:
    flag = tmp_path / "healthy"
    check = {"command": ["CMD-SHELL", f"test -e {flag}"], "interval": 1, "startPeriod": 60}
    sandbox.want(service(desired=1), spec(healthCheck=check))
    await sandbox.until(lambda: sandbox.keeper.report(sandbox.wanted)["targets"] != {})
    assert sandbox.ready() == 0
    flag.touch()
    await sandbox.until(lambda: sandbox.ready() == 1)


async def test_shut_down_leaves_no_process(sandbox: Sandbox) -> None:
    await sandbox.until(lambda: sandbox.ready() == 2)
    pids = list(sandbox.remembered.values())
    await sandbox.keeper.shut_down(10)
    assert [start_time(pid) for pid in pids] == [None, None]
    assert sandbox.remembered == {}


async def test_task_gets_an_environment_of_its_own(sandbox: Sandbox) -> None:
    await sandbox.until(lambda: sandbox.ready() == 2)
    first, second = (_environ(task.running.pid) for task in sandbox.keeper.tasks)
    assert b"HOST=127.0.0.1" in first
    assert b"PYTEST_CURRENT_TEST" not in first
    assert _value(first, b"TMPDIR") != _value(second, b"TMPDIR")


def _environ(pid: int) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()


def _value(environ: bytes, name: bytes) -> bytes:
    pairs = dict(item.partition(b"=")[::2] for item in environ.split(b"\0"))
    return pairs[name]
