"""The sandbox's AWS as a process of its own, shared by the tests that need it."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from sandbox.processes import wait_until
from sandbox.runner.agent import Agent
from sandbox.runner.process import ProcessLauncher
from sandbox.state import Ports, State, aws_environment
from tests.sandbox import stacks
from tests.sandbox.keeping import PROGRAM, SPEED, Sandbox

ROOT = Path(__file__).resolve().parents[2]


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def aws_port() -> Iterator[int]:
    """The port of a running `serve-aws`."""
    port = unused_port()
    command = [sys.executable, "-m", "sandbox", "serve-aws", "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, env=dict(os.environ)) as server:
        try:
            assert wait_until(lambda: listening(port), seconds=60)
            yield port
        finally:
            server.kill()


def listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


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
    return Ports(http=unused_port(), grpc=unused_port(), aws=aws)


@pytest.fixture
async def runner(ports: Ports, tmp_path: Path) -> AsyncIterator[None]:
    """The runner of tasks, for a server of AWS; a minute of AWS's takes a tenth of a second."""
    state = State(tmp_path)
    state.prepare()
    agent = Agent(state, ports, ProcessLauncher(PROGRAM, tmp_path), speed=SPEED)
    job = asyncio.create_task(agent.run())
    yield
    await asyncio.to_thread(stacks.delete)
    agent.ask_to_stop()
    await job
