"""How a task is run: what the runner hands to a launcher, and what it gets back."""

from __future__ import annotations

import random
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from .wanted import TaskSpec

# Below the range from which Linux and macOS take ports for outgoing connections.
PORTS = range(20_000, 30_000)


@dataclass(frozen=True)
class Launch:
    """One task to start."""

    name: str
    spec: TaskSpec
    environment: dict[str, str]
    log: Path


class CannotStart(Exception):
    """ECS could not start a task; the message begins with the name of ECS's error."""


def task_name(identity: str) -> str:
    """What a task's files and its container are called on this machine."""
    return f"task-{identity[:8]}"


class Running(Protocol):
    """A started task."""

    pid: int

    async def wait(self) -> int:
        """The exit status, once the task has ended and nothing of it is left."""

    def terminate(self) -> None:
        """Ask it to end (SIGTERM)."""

    def kill(self) -> None:
        """End it and all that it started (SIGKILL)."""

    async def check(self, command: tuple[str, ...], timeout_seconds: float) -> bool:
        """Run a health check's command in the task; whether it succeeded in time."""


class Launcher(Protocol):
    """Starts tasks in one form: processes or containers."""

    async def start(self, launch: Launch) -> Running:
        """Start the task; raises OSError where that is impossible."""


def task_environment(
    spec: TaskSpec, secrets: dict[str, str], ports: dict[int, int], agent: dict[str, str]
) -> dict[str, str]:
    """The container's environment, changed only in the addresses it listens on.

    A value that is one of the container's ports becomes the host's port for it, and the address of
    all interfaces becomes loopback: tasks share the machine's network. `agent` is what the ECS
    agent adds: the region, credentials, and (here only) the endpoint of AWS.
    """
    listening = {str(port): str(host) for port, host in ports.items()} | {"0.0.0.0": "127.0.0.1"}
    declared = {name: listening.get(value, value) for name, value in spec.environment.items()}
    return {**declared, **secrets, **agent}


def free_port() -> int:
    """A port that nothing listens on now."""
    while True:
        port = random.choice(PORTS)  # noqa: S311 (no secret)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
