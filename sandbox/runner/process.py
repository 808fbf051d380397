"""Tasks as processes: the program that stands for the image, in an environment of its own."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from ..processes import die_with_parent, signal_group, signal_quietly
from .commands import argv, succeeds
from .launch import Launch

INHERITED = ("HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "USER")


class ProcessLauncher:
    """Runs `program` in the checkout with the task's environment and a /tmp of its own."""

    def __init__(self, program: list[str], root: Path) -> None:
        self._program = program
        self._root = root

    async def start(self, launch: Launch) -> RunningProcess:
        scratch = Path(tempfile.mkdtemp(prefix=f"{launch.name}-"))
        environment = {**_base_environment(), "TMPDIR": str(scratch), **launch.environment}
        with launch.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *self._program,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._root,
                env=environment,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        return RunningProcess(process, environment, self._root, scratch)


def _base_environment() -> dict[str, str]:
    """What an image has of itself: a PATH with the right `python`, a home, a language."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    here = str(Path(sys.executable).parent)
    path = os.environ.get("PATH", os.defpath)
    return {**inherited, "PATH": f"{here}{os.pathsep}{path}"}


class RunningProcess:
    """A task's process, the leader of a session that ends with it."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        environment: dict[str, str],
        root: Path,
        scratch: Path,
    ) -> None:
        self.pid = process.pid
        self._process = process
        self._environment = environment
        self._root = root
        self._scratch = scratch

    async def wait(self) -> int:
        status = await self._process.wait()
        # As a container's end takes all its processes with it.
        signal_group(self.pid, signal.SIGKILL)
        shutil.rmtree(self._scratch, ignore_errors=True)
        return status

    def terminate(self) -> None:
        signal_quietly(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        signal_group(self.pid, signal.SIGKILL)

    async def check(self, command: tuple[str, ...], timeout_seconds: float) -> bool:
        where = {"cwd": self._root, "env": self._environment}
        return await succeeds(argv(command), seconds=timeout_seconds, **where)
