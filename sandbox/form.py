"""Whether tasks run as containers or as processes, and why."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .state import SandboxError

DOCKER_SECONDS = 5
PULL_SECONDS = 60
FORM = "LLM_SANDBOX_FORM"
BASE_IMAGE = "LLM_SANDBOX_BASE_IMAGE"


@dataclass(frozen=True)
class Form:
    """The form of the tasks, the reason for it, and the base of the image (containers only)."""

    name: str
    reason: str
    base_image: str | None = None

    @property
    def containers(self) -> bool:
        return self.name == "container"


def choose_form(dockerfile: Path | None, environment: dict[str, str]) -> Form:
    """Containers where Docker answers and the base image can be had; processes otherwise."""
    forced = environment.get(FORM)
    if forced not in (None, "", "process", "container"):
        raise SandboxError(f"{FORM} must be process or container: got {forced!r}; set one of them.")
    if forced == "process":
        return Form("process", f"{FORM} asks for processes")
    base = environment.get(BASE_IMAGE) or (default_base(dockerfile) if dockerfile else None)
    problem = _docker_problem(base)
    if problem is None:
        return Form("container", f"Docker answers and {base} is here", base)
    if forced == "container":
        raise SandboxError(
            f"{FORM} asks for containers, but {problem}; start Docker, set {BASE_IMAGE} to a base "
            f"image that is here, or set {FORM}=process."
        )
    return Form("process", problem)


def default_base(dockerfile: Path) -> str | None:
    """The default of the Dockerfile's ARG BASE_IMAGE."""
    if not dockerfile.exists():
        return None
    for line in dockerfile.read_text().splitlines():
        name, found, value = line.strip().partition("=")
        if found and name.split() == ["ARG", "BASE_IMAGE"]:
            return value.strip().strip('"')
    return None


def _docker_problem(base: str | None) -> str | None:
    """Why containers are impossible; None where they are possible."""
    if shutil.which("docker") is None:
        return "docker is not installed"
    if not _succeeds(["docker", "info"], seconds=DOCKER_SECONDS):
        return "the Docker engine does not answer"
    if base is None:
        return "no base image is named"
    here = _succeeds(["docker", "image", "inspect", base], seconds=DOCKER_SECONDS)
    if not here and not _succeeds(["docker", "pull", base], seconds=PULL_SECONDS):
        return f"Docker cannot get the base image {base}"
    return None


def _succeeds(command: list[str], *, seconds: float) -> bool:
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=seconds, check=False, env=dict(os.environ)
        )
    except (subprocess.TimeoutExpired, OSError):
        return False
    # `docker info` without an engine prints the client's part and, in some versions, exits 0.
    return done.returncode == 0 and b"Cannot connect" not in done.stderr
