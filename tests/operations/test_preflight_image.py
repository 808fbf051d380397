"""The image check, with programs that stand in for Docker."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import boto3
import pytest

from operations.account import Account
from operations.preflight.finding import Finding, Mark, Subject
from operations.preflight.image import check_image, default_base_image
from operations.stage import SynthesisedStage

FakeDocker = Callable[[str], None]


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeDocker:
    """Makes the CLI's `docker` a shell script with this body."""

    def make(body: str) -> None:
        program = tmp_path / "docker"
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o700)
        monkeypatch.setenv("CDK_DOCKER", str(program))

    return make


def findings(stage: SynthesisedStage) -> list[Finding]:
    return list(check_image(Subject(stage, Account(boto3.Session()))))


def test_engine_and_base_image_of_the_right_processor_pass(
    dev: SynthesisedStage, docker: FakeDocker
) -> None:
    docker("case $1 in info) echo linux/x86_64;; image) echo linux/amd64;; esac")
    assert [finding.mark for finding in findings(dev)] == [Mark.OK, Mark.OK]


def test_engine_that_cannot_build_for_the_tasks_fails(
    dev: SynthesisedStage, docker: FakeDocker
) -> None:
    docker("case $1 in info) echo linux/aarch64;; *) exit 1;; esac")
    assert findings(dev)[0].mark is Mark.FAILED
    assert "linux/arm64" in findings(dev)[0].found


def test_stage_on_graviton_needs_an_engine_and_a_base_image_for_it(
    dev: SynthesisedStage, docker: FakeDocker
) -> None:
    task = dev.settings.task.model_copy(update={"architecture": "arm64"})
    arm = replace(dev, settings=dev.settings.model_copy(update={"task": task}))
    docker("case $1 in info) echo linux/aarch64;; image) echo linux/arm64;; esac")
    assert [finding.mark for finding in findings(arm)] == [Mark.OK, Mark.OK]
    docker("case $1 in info) echo linux/x86_64;; image) echo linux/amd64;; *) exit 1;; esac")
    assert [finding.mark for finding in findings(arm)] == [Mark.FAILED, Mark.FAILED]


def test_engine_that_emulates_the_processor_is_noted(
    dev: SynthesisedStage, docker: FakeDocker
) -> None:
    docker("case $1 in info) echo linux/aarch64;; buildx) echo linux/amd64;; *) exit 1;; esac")
    assert findings(dev)[0].mark is Mark.NOTE


def test_base_image_of_another_processor_fails(dev: SynthesisedStage, docker: FakeDocker) -> None:
    docker("case $1 in info) echo linux/x86_64;; image) echo linux/arm64;; esac")
    assert findings(dev)[1].mark is Mark.FAILED


def test_missing_engine_fails_with_a_way_out(
    dev: SynthesisedStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDK_DOCKER", "/nowhere/docker")
    (finding,) = findings(dev)
    assert (finding.mark, "task.image" in finding.todo) == (Mark.FAILED, True)


def test_stage_that_builds_nothing_needs_no_engine(
    local: SynthesisedStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDK_DOCKER", "/nowhere/docker")
    (finding,) = findings(local)
    assert finding.mark is Mark.NOTE


def test_base_image_of_the_stage_comes_before_the_dockerfiles(
    dev: SynthesisedStage, docker: FakeDocker
) -> None:
    docker("case $1 in info) echo linux/x86_64;; *) exit 1;; esac")
    task = dev.settings.task.model_copy(update={"base_image": "mirror/python:3"})
    changed = replace(dev, settings=dev.settings.model_copy(update={"task": task}))
    assert "mirror/python:3" in findings(changed)[1].found
    assert default_base_image() in findings(dev)[1].found
