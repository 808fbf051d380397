"""Whether this machine can build the image that the tasks run."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from operations.preflight.finding import Finding, Mark, Subject
from operations.stage import ROOT

PLATFORMS: Final = {"x86_64": "linux/amd64", "arm64": "linux/arm64"}
"""Of the task definition, by the stage's `task.architecture`."""
DOCKERFILE: Final = ROOT / "service" / "Dockerfile"
SECONDS: Final = 30
SAME: Final = {"linux/x86_64": "linux/amd64", "linux/aarch64": "linux/arm64"}


def check_image(subject: Subject) -> Iterator[Finding]:
    """An engine is there, builds for the tasks' processor, and has a fitting base image."""
    task = subject.stage.settings.task
    platform = PLATFORMS[task.architecture]
    if not subject.stage.builds_image:
        yield Finding(
            Mark.NOTE,
            f"{task.image} is pulled and nothing is built",
            f"make sure that it is for {platform}",
        )
        return
    engine = _platform("info", "--format", "{{.OSType}}/{{.Architecture}}")
    if engine is None:
        yield Finding(
            Mark.FAILED,
            f"{_program()} does not answer",
            "start Docker, or set task.image and build nothing",
        )
        return
    yield _builder(engine, platform=platform)
    yield _base_image(task.base_image or default_base_image(), platform=platform)


def _builder(engine: str, *, platform: str) -> Finding:
    """Whether an engine of one platform builds for another."""
    if engine == platform:
        return Finding(Mark.OK, f"{_program()} builds for {platform}")
    if platform in (_docker("buildx", "inspect") or ""):
        found = f"{_program()} runs on {engine} and emulates {platform}"
        return Finding(Mark.NOTE, found, "expect a slow build")
    return Finding(
        Mark.FAILED,
        f"{_program()} runs on {engine} and cannot build for {platform}",
        f"build on a {platform} machine, install QEMU for Docker, or set task.architecture",
    )


def default_base_image(dockerfile: Path = DOCKERFILE) -> str:
    """What the Dockerfile builds on where nothing else is asked for."""
    found = re.search(
        r"^ARG BASE_IMAGE=(\S+)$", dockerfile.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert found, f"{dockerfile} has no line ARG BASE_IMAGE=..."
    return found[1]


def _base_image(name: str, *, platform: str) -> Finding:
    found = _platform("image", "inspect", "--format", "{{.Os}}/{{.Architecture}}", name)
    if found is None:
        return Finding(Mark.NOTE, f"the base image {name} is not here yet", "the build pulls it")
    if found != platform:
        todo = f"pull it again with --platform {platform}"
        return Finding(Mark.FAILED, f"the base image {name} here is for {found}", todo)
    return Finding(Mark.OK, f"the base image {name} is here, for {platform}")


def _program() -> str:
    """What the CDK CLI calls: https://docs.aws.amazon.com/cdk/v2/guide/build-containers.html"""
    return os.environ.get("CDK_DOCKER", "docker")


def _platform(*words: str) -> str | None:
    answer = _docker(*words)
    return SAME.get(answer, answer) if answer else None


def _docker(*words: str) -> str | None:
    try:
        done = subprocess.run(
            [_program(), *words], capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
