"""The runner's promises, kept with real processes of a stand-in program."""

import asyncio
import os
import signal
from functools import partial
from pathlib import Path

import pytest

from sandbox.processes import start_time
from sandbox.runner.launch import CannotStart, Launch
from sandbox.runner.wanted import Breaker, Route
from tests.sandbox.keeping import Sandbox
from tests.sandbox.specs import service, spec, target


async def test_wanted_tasks_become_ready_and_answer(sandbox: Sandbox) -> None:
    await sandbox.until(lambda: sandbox.ready() == 2)
    assert await sandbox.version() == "1"
    assert sandbox.state()["state"] == "COMPLETED"
    assert (sandbox.state()["running"], sandbox.state()["pending"]) == (2, 0)


async def test_target_health_names_each_task_s_port(sandbox: Sandbox) -> None:
    await sandbox.until(lambda: sandbox.ready() == 2)
    reported = sandbox.keeper.report()["targets"]["target-group"]
    ports = {task.ports[8080] for task in sandbox.fleet.tasks}
    assert {item["port"] for item in reported} == ports
    assert {item["state"] for item in reported} == {"healthy"}


async def test_killed_task_is_replaced_while_the_other_serves(sandbox: Sandbox) -> None:
    await sandbox.until(lambda: sandbox.ready() == 2)
    killed = sandbox.fleet.tasks[0]
    os.kill(killed.running.pid, signal.SIGKILL)
    await sandbox.until(lambda: killed not in sandbox.fleet.tasks)
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
    # A draining task does not hold the rollout.
    await sandbox.until(lambda: sandbox.state()["state"] == "COMPLETED" and len(sandbox.of(1)) == 1)
    sandbox.release.touch()
    assert (await reader.readuntil(b"0\r\n\r\n")).count(b"two") == 1
    await sandbox.until(lambda: not sandbox.of(1))
    writer.close()


async def test_connection_that_outlasts_the_delay_is_ended(sandbox: Sandbox) -> None:
    short = (Route(target(deregistration_seconds=0.2)),)
    sandbox.want(service(routes=short), spec(stopTimeout=1))
    await sandbox.until(lambda: sandbox.ready() == 2)
    reader, writer = await asyncio.open_connection("127.0.0.1", sandbox.balancer.port)
    writer.write(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
    await reader.readuntil(b"one")
    sandbox.want(service(2, active=(1,), routes=short), spec(2))
    await sandbox.until(lambda: not sandbox.of(1))
    assert b"two" not in await reader.read()
    writer.close()


async def test_task_that_ignores_sigterm_is_killed_after_the_stop_timeout(
    sandbox: Sandbox,
) -> None:
    sandbox.want(service(desired=1), spec(stopTimeout=0.3, environment={"STUBBORN": "1"}))
    await sandbox.until(lambda: sandbox.ready() == 1)
    pid = sandbox.fleet.tasks[0].running.pid
    sandbox.want(service(desired=0), spec(stopTimeout=0.3, environment={"STUBBORN": "1"}))
    await sandbox.until(lambda: not sandbox.fleet.tasks)
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
    before = {task.name for task in sandbox.fleet.tasks}
    sandbox.want(service(2, active=(1,)), spec(2, environment={"FAIL": "3"}))
    await sandbox.until(lambda: sandbox.state()["state"] == "FAILED")
    sandbox.want(service(1, active=(2,)), spec(1))  # as ECS does: the old deployment again
    await sandbox.until(lambda: sandbox.state()["state"] == "COMPLETED")
    assert {task.name for task in sandbox.of(1)} == before


class Clock:
    """Stands still until a test moves it on."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


async def test_without_a_breaker_failed_starts_are_spaced_out(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failed(count: int) -> bool:
        return bool(sandbox.state()["failed"] == count)

    clock = Clock()
    monkeypatch.setattr("sandbox.runner.fleet.time", clock)
    sandbox.want(service(desired=1, breaker=Breaker()), spec(environment={"FAIL": "1"}))
    for count, wait in enumerate((1.0, 2.0, 4.0), start=1):
        await sandbox.until(partial(failed, count))
        clock.now += wait - 0.25
        await sandbox.round()
        assert sandbox.fleet.tasks == []
        clock.now += 0.25
    assert sandbox.state()["state"] == "IN_PROGRESS"


async def test_task_that_cannot_be_started_is_told_with_ecs_s_reason(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> Launch:
        raise CannotStart("CannotPullContainerError: x: not found")

    monkeypatch.setattr(sandbox.fleet, "_launch", refuse)
    await sandbox.until(lambda: len(sandbox.fleet.ended) == 2)
    told = sandbox.fleet.reports()[0]
    assert (told["status"], told["stop_code"]) == ("STOPPED", "TaskFailedToStart")
    assert told["stopped_reason"] == "CannotPullContainerError: x: not found"
    assert sandbox.state()["failed"] == 2


async def test_task_that_never_answers_is_replaced_after_the_grace_period(
    sandbox: Sandbox,
) -> None:
    wanted = service(desired=1, grace_seconds=0.5)
    sandbox.want(wanted, spec(environment={"STATUS": "503"}))
    await sandbox.until(lambda: len(sandbox.fleet.tasks) == 1)
    first = sandbox.fleet.tasks[0]
    await sandbox.until(lambda: first not in sandbox.fleet.tasks)
    assert sandbox.balancer.connections(first.name) == 0


async def test_container_check_holds_a_task_back(sandbox: Sandbox, tmp_path: Path) -> None:
    flag = tmp_path / "healthy"
    check = {"command": ["CMD-SHELL", f"test -e {flag}"], "interval": 1, "startPeriod": 60}
    sandbox.want(service(desired=1), spec(healthCheck=check))
    await sandbox.until(lambda: len(sandbox.fleet.tasks) == 1)
    assert sandbox.ready() == 0
    flag.touch()
    await sandbox.until(lambda: sandbox.ready() == 1)


async def test_shut_down_leaves_no_process(sandbox: Sandbox) -> None:
    await sandbox.until(lambda: sandbox.ready() == 2)
    pids = list(sandbox.remembered.values())
    await sandbox.fleet.shut_down(10)
    assert [start_time(pid) for pid in pids] == [None, None]
    assert sandbox.remembered == {}


async def test_task_gets_an_environment_of_its_own(sandbox: Sandbox) -> None:
    await sandbox.until(lambda: sandbox.ready() == 2)
    first, second = (_environ(task.running.pid) for task in sandbox.fleet.tasks)
    assert b"HOST=127.0.0.1" in first
    assert b"PYTEST_CURRENT_TEST" not in first
    assert _value(first, b"TMPDIR") != _value(second, b"TMPDIR")


def _environ(pid: int) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()


def _value(environ: bytes, name: bytes) -> bytes:
    pairs = dict(item.partition(b"=")[::2] for item in environ.split(b"\0"))
    return pairs[name]
