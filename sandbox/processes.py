"""Processes that outlive the command that started them: how they are found and stopped safely."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .state import State

PR_SET_PDEATHSIG = 1
POLL_SECONDS = 0.05
# Loaded here: between fork and exec another thread may hold the loader's lock.
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent() -> None:
    """For the child, between fork and exec: be killed when the parent dies (Linux only)."""
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def start_time(pid: int) -> str | None:
    """When the process started, as the kernel counts; None if it is gone or a zombie.

    With the id it names one process for good: an id alone is used again.
    """
    if sys.platform == "linux":
        return _start_time_from_proc(pid)
    listed = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return None if not listed or listed.startswith("Z") else listed.partition(" ")[2]


def _start_time_from_proc(pid: int) -> str | None:
    try:
        # The second field is the name in brackets, which may hold anything.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else fields[19]


class ProcessTable:
    """The processes of a sandbox, each recorded in a file with its start time."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._children: list[subprocess.Popen[bytes]] = []

    def record(self, name: str, pid: int, **details: Any) -> None:
        value = {"pid": pid, "started": start_time(pid), **details}
        self._state.write(self._path(name), value)

    def forget(self, name: str) -> None:
        self._path(name).unlink(missing_ok=True)

    def names(self) -> list[str]:
        return sorted(path.stem for path in self._state.processes.glob("*.json"))

    def details(self, name: str) -> dict[str, Any]:
        value: dict[str, Any] | None = self._state.read(self._path(name))
        return value or {}

    def pid(self, name: str) -> int | None:
        """The process's id while it is the one that was recorded, else None."""
        value = self.details(name)
        gone = not value.get("started") or start_time(value["pid"]) != value["started"]
        # After the look, so that one of ours that it finds dead is no zombie any more.
        for child in self._children:
            child.poll()
        return None if gone else int(value["pid"])

    def start(self, name: str, command: list[str], *, environment: dict[str, str]) -> int:
        """Start a detached process that writes to logs/NAME.log."""
        with (self._state.logs / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._state.root,
                env=environment,
                start_new_session=True,
            )
        self._children.append(process)
        self.record(name, process.pid)
        return process.pid

    def stop(self, name: str, *, seconds: float) -> None:
        """SIGTERM, then SIGKILL to the process's whole group when `seconds` have passed."""
        pid = self.pid(name)
        if pid is not None:
            signal_quietly(pid, signal.SIGTERM)
            if not wait_until(lambda: self.pid(name) is None, seconds=seconds):
                signal_group(pid, signal.SIGKILL)
                wait_until(lambda: self.pid(name) is None, seconds=5)
        self.forget(name)

    def _path(self, name: str) -> Path:
        return self._state.processes / f"{name}.json"


def signal_quietly(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def signal_group(pid: int, number: signal.Signals) -> None:
    """Signal the group that the process leads (each of ours starts a session of its own)."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def listens(port: int) -> bool:
    """Whether something on this machine takes connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(done: Callable[[], bool], *, seconds: float) -> bool:
    """Poll until `done`; False when the time is over."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
