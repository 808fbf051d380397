"""`make down`: ends the tasks, the runner and AWS, in this order, and leaves no process."""

from __future__ import annotations

import shutil
import subprocess
import time

from .processes import ProcessTable
from .runner.ending import WHOLE_SECONDS
from .state import State

RUNNER = "runner"
AWS = "aws"
AWS_SECONDS = 5
TASK_SECONDS = 5
DOCKER_SECONDS = 60


def down(state: State) -> str:
    """Stop everything; what was done, in a sentence."""
    started = time.monotonic()
    stopped = stop_sandbox(state)
    if not stopped:
        return "No sandbox is running."
    return f"Stopped {', '.join(stopped)} in {time.monotonic() - started:.1f} s."


def stop_sandbox(state: State) -> list[str]:
    """The names of what was still running, all of it ended now."""
    table = ProcessTable(state)
    running = [name for name in table.names() if table.pid(name) is not None]
    table.stop(RUNNER, seconds=WHOLE_SECONDS)
    sweep_tasks(state)
    table.stop(AWS, seconds=AWS_SECONDS)
    for path in (state.endpoints, state.status):
        path.unlink(missing_ok=True)
    return running


def sweep_tasks(state: State) -> None:
    """End the tasks that a killed runner left behind."""
    table = ProcessTable(state)
    for name in table.names():
        if name not in (AWS, RUNNER):
            table.stop(name, seconds=TASK_SECONDS)
    _sweep_containers(state)


def _sweep_containers(state: State) -> None:
    """The containers of this sandbox, should the runner have been killed."""
    settings = state.settings()
    if settings is None or settings.form != "container" or shutil.which("docker") is None:
        return
    label = f"label=llm-sandbox={state.folder}"
    listed = subprocess.run(
        ["docker", "ps", "--all", "--quiet", "--filter", label],
        capture_output=True,
        text=True,
        check=False,
        timeout=DOCKER_SECONDS,
    ).stdout.split()
    if listed:
        command = ["docker", "rm", "--force", "--volumes", *listed]
        subprocess.run(command, capture_output=True, check=False, timeout=DOCKER_SECONDS)
