"""The sandbox's AWS as a process of its own, shared by the tests that need it."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.processes import wait_until
from sandbox.state import aws_environment

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
