"""The sandbox's AWS as a process of its own, shared by the tests that need it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from sandbox.runner.agent import Agent
from sandbox.runner.launch import free_port
from sandbox.runner.process import ProcessLauncher
from sandbox.state import Ports, State, aws_environment
from tests.sandbox import stacks
from tests.sandbox.keeping import PROGRAM, SPEED, Sandbox
from tests.sandbox.server import serving_aws


@pytest.fixture(scope="session")
def aws_port() -> Iterator[int]:
    """The port of a running `serve-aws`."""
    with serving_aws() as port:
        yield port


@pytest.fixture
def aws(aws_port: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """The environment of a client of that server."""
    for name, value in aws_environment(aws_port).items():
        monkeypatch.setenv(name, value)
    return aws_port


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    """A keeper that no AWS is needed for."""
    sandbox = Sandbox(tmp_path)
    await sandbox.balancer.start()
    yield sandbox
    sandbox.release.touch()
    await sandbox.fleet.shut_down(5)
    await sandbox.balancer.close()


@pytest.fixture
async def ports(aws: int) -> Ports:
    return Ports(http=free_port(), grpc=free_port(), aws=aws)


@pytest.fixture
async def runner(ports: Ports, tmp_path: Path) -> AsyncIterator[Agent]:
    """The runner of tasks, for a server of AWS; a minute of AWS's takes a tenth of a second."""
    state = State(tmp_path)
    state.prepare()
    agent = Agent(state, ports, ProcessLauncher(PROGRAM, tmp_path), speed=SPEED)
    job = asyncio.create_task(agent.run())
    yield agent
    await asyncio.to_thread(stacks.delete)
    agent.ask_to_stop()
    await job
