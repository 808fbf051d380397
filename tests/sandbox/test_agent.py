"""The runner against the sandbox's AWS: what a deploy asks for is what runs and is reported."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from sandbox.processes import wait_until
from sandbox.runner.agent import Agent
from sandbox.runner.checks import ask_http
from sandbox.runner.process import ProcessLauncher
from sandbox.state import Ports, State
from tests.sandbox import stacks
from tests.sandbox.conftest import unused_port

PROGRAM = [sys.executable, str(Path(__file__).with_name("program.py"))]


@pytest.fixture
async def ports(aws: int) -> Ports:
    return Ports(http=unused_port(), grpc=unused_port(), aws=aws)


@pytest.fixture
async def runner(ports: Ports, tmp_path: Path) -> AsyncIterator[None]:
    state = State(tmp_path)
    state.prepare()
    agent = Agent(state, ports, ProcessLauncher(PROGRAM, tmp_path))
    job = asyncio.create_task(agent.run())
    yield
    await asyncio.to_thread(stacks.delete)
    agent.ask_to_stop()
    await job


async def until(done: Callable[[], bool]) -> None:
    assert await asyncio.to_thread(wait_until, done, seconds=30)


def ready() -> bool:
    service = stacks.described()
    primary = service["deployments"][0] if service else {}
    return bool(service) and primary["runningCount"] == service["desiredCount"] == 2


@pytest.mark.usefixtures("runner")
async def test_deployed_service_runs_rolls_out_and_rolls_back(ports: Ports) -> None:
    await asyncio.to_thread(stacks.execute, "1")
    await until(ready)
    assert await asyncio.to_thread(stacks.status) == "CREATE_COMPLETE"
    assert await asyncio.to_thread(stacks.target_states) == ["healthy", "healthy"]
    assert await ask_http(ports.http, "/health", 5) == 200

    await asyncio.to_thread(stacks.execute, "2")
    await until(lambda: stacks.status() == "UPDATE_COMPLETE")
    service = await asyncio.to_thread(stacks.described)
    assert service["deployments"][0]["rolloutState"] == "COMPLETED"
    assert service["taskDefinition"].endswith("family:2")

    await asyncio.to_thread(stacks.execute, "3", FAIL="1")
    await until(lambda: stacks.status() == "UPDATE_ROLLBACK_COMPLETE")
    service = await asyncio.to_thread(stacks.described)
    assert service["taskDefinition"].endswith("family:2")
    assert await ask_http(ports.http, "/health", 5) == 200
