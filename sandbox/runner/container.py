"""Tasks as containers: `docker run` with what the task definition declares, and nothing more."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from ..processes import die_with_parent
from .commands import argv, status_of, succeeds
from .launch import Launch
from .wanted import TaskSpec


class ContainerLauncher:
    """Runs the task's image with the Docker engine on this machine."""

    def __init__(self, label: str, docker: str = "docker") -> None:
        """`label` marks the containers of one sandbox, so that `make down` finds its own."""
        self._label = label
        self._docker = docker

    async def start(self, launch: Launch) -> RunningContainer:
        command = run_command(launch, label=self._label)
        with launch.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                self._docker,
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **launch.environment},
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        return RunningContainer(self._docker, launch.name, process)


def run_command(launch: Launch, *, label: str) -> list[str]:
    """The arguments of `docker run`; values of the environment stay off the command line."""
    spec = launch.spec
    words = ["run", "--rm", "--name", launch.name, "--network", "host", "--pull", "never"]
    words += ["--label", f"llm-sandbox={label}"]
    for name in launch.environment:
        words += ["--env", name]
    words += _limits(spec) + _security(spec.container) + _mounts(spec)
    entry = spec.container.get("entryPoint", [])
    words += ["--entrypoint", entry[0]] if entry else []
    if "workingDirectory" in spec.container:
        words += ["--workdir", spec.container["workingDirectory"]]
    return [*words, spec.image, *entry[1:], *spec.container.get("command", [])]


def _limits(spec: TaskSpec) -> list[str]:
    """Fargate gives a task exactly its CPU units (1024 are one vCPU) and memory, and no swap."""
    words = []
    if spec.task.get("cpu"):
        words += ["--cpus", str(int(spec.task["cpu"]) / 1024)]
    if spec.task.get("memory"):
        memory = f"{spec.task['memory']}m"
        words += ["--memory", memory, "--memory-swap", memory]
    for limit in spec.container.get("ulimits", []):
        words += ["--ulimit", f"{limit['name']}={limit['softLimit']}:{limit['hardLimit']}"]
    return [*words, "--stop-timeout", str(int(spec.stop_seconds))]


def _security(container: dict[str, Any]) -> list[str]:
    words = []
    if container.get("readonlyRootFilesystem"):
        words.append("--read-only")
    if container.get("user"):
        words += ["--user", container["user"]]
    linux = container.get("linuxParameters", {})
    if linux.get("initProcessEnabled"):
        words.append("--init")
    capabilities = linux.get("capabilities", {})
    for verb in ("add", "drop"):
        for name in capabilities.get(verb, []):
            words += [f"--cap-{verb}", name]
    return words


def _mounts(spec: TaskSpec) -> list[str]:
    """A task's volume without a host path is an anonymous one that takes the image's content."""
    hosts = {item["name"]: item.get("host", {}).get("sourcePath") for item in spec.task["volumes"]}
    words = []
    for mount in spec.container["mountPoints"]:
        source, target = hosts[mount["sourceVolume"]], mount["containerPath"]
        place = f"{source}:{target}" if source else target
        words += ["--volume", f"{place}:ro" if mount.get("readOnly") and source else place]
    return words


class RunningContainer:
    """A task's container, by way of the docker client that is attached to it."""

    def __init__(self, docker: str, name: str, process: asyncio.subprocess.Process) -> None:
        self.pid = process.pid
        self._docker = docker
        self._name = name
        self._process = process
        self._jobs: set[asyncio.Task[int]] = set()

    async def wait(self) -> int:
        """The client ends with the container's status."""
        status = await self._process.wait()
        await self._run("rm", "--force", "--volumes", self._name)
        return status

    def terminate(self) -> None:
        self._start("kill", "--signal", "SIGTERM", self._name)

    def kill(self) -> None:
        self._start("kill", self._name)

    async def check(self, command: tuple[str, ...], timeout_seconds: float) -> bool:
        words = [self._docker, "exec", self._name, *argv(command)]
        return await succeeds(words, seconds=timeout_seconds)

    def _start(self, *words: str) -> None:
        job = asyncio.get_running_loop().create_task(self._run(*words))
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)

    async def _run(self, *words: str) -> int:
        return await status_of([self._docker, *words])
