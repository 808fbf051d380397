"""Containers or processes, and the reason that is told."""

from pathlib import Path

import pytest

from sandbox.form import choose_form, default_base
from sandbox.state import SandboxError


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `docker` that does what the test writes into it."""
    program = tmp_path / "docker"
    program.write_text("#!/bin/sh\nexit 0\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return program


@pytest.fixture
def dockerfile(tmp_path: Path) -> Path:
    path = tmp_path / "Dockerfile"
    path.write_text("# a comment\nARG BASE_IMAGE=python:3.11-slim\nFROM ${BASE_IMAGE}\n")
    return path


def test_base_image_is_the_dockerfile_s_default(dockerfile: Path) -> None:
    assert default_base(dockerfile) == "python:3.11-slim"


def test_docker_with_a_base_means_containers(docker: Path, dockerfile: Path) -> None:
    form = choose_form(dockerfile, {})
    assert form.containers
    assert form.base_image == "python:3.11-slim"


def test_environment_names_another_base(docker: Path, dockerfile: Path) -> None:
    assert choose_form(dockerfile, {"LLM_SANDBOX_BASE_IMAGE": "mine"}).base_image == "mine"


def test_no_docker_means_processes(monkeypatch: pytest.MonkeyPatch, dockerfile: Path) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    form = choose_form(dockerfile, {})
    assert (form.name, form.reason) == ("process", "docker is not installed")


def test_docker_without_an_engine_means_processes(docker: Path, dockerfile: Path) -> None:
    docker.write_text("#!/bin/sh\necho 'Cannot connect to the Docker daemon' >&2\nexit 0\n")
    assert choose_form(dockerfile, {}).reason == "the Docker engine does not answer"


def test_docker_without_the_base_means_processes(docker: Path, dockerfile: Path) -> None:
    docker.write_text('#!/bin/sh\ntest "$1" = info\n')
    assert "cannot get the base image python:3.11-slim" in choose_form(dockerfile, {}).reason


def test_processes_can_be_asked_for(docker: Path, dockerfile: Path) -> None:
    assert choose_form(dockerfile, {"LLM_SANDBOX_FORM": "process"}).name == "process"


def test_containers_that_are_asked_for_must_be_possible(
    monkeypatch: pytest.MonkeyPatch, dockerfile: Path
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SandboxError, match=r"docker is not installed; start Docker"):
        choose_form(dockerfile, {"LLM_SANDBOX_FORM": "container"})


def test_another_form_is_refused(dockerfile: Path) -> None:
    with pytest.raises(SandboxError, match="must be process or container: got 'vm'"):
        choose_form(dockerfile, {"LLM_SANDBOX_FORM": "vm"})
