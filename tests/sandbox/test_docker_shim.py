"""The CDK's docker: builds for real, keeps images here."""

import io
import json
import subprocess
from pathlib import Path
from typing import Any

import boto3
import pytest

from sandbox import docker_shim

IMAGE = f"sha256:{'1' * 64}"


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A docker that notes its arguments; `image inspect` prints an id."""
    calls = tmp_path / "calls"
    program = tmp_path / "docker"
    program.write_text(f'#!/bin/sh\necho "$@" >> {calls}\necho {IMAGE}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return calls


def test_build_uses_the_host_s_network(docker: Path) -> None:
    assert docker_shim.main(["build", "--tag", "x", "."]) == 0
    assert docker.read_text() == "build --network host --tag x .\n"


def test_other_verbs_pass_through(docker: Path) -> None:
    docker_shim.main(["tag", "a", "b"])
    assert docker.read_text() == "tag a b\n"


def test_login_reads_the_password_and_does_nothing(
    docker: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("password"))
    assert docker_shim.main(["login", "--password-stdin", "registry"]) == 0
    assert not docker.exists()


@pytest.mark.usefixtures("aws")
def test_push_records_the_image_in_ecr(docker: Path) -> None:
    client = boto3.client("ecr")
    uri = client.create_repository(repositoryName="things")["repository"]["repositoryUri"]
    assert docker_shim.main(["push", f"{uri}:tag"]) == 0
    answer = client.batch_get_image(repositoryName="things", imageIds=[{"imageTag": "tag"}])
    manifest: Any = json.loads(answer["images"][0]["imageManifest"])
    assert manifest["config"]["digest"] == IMAGE


def test_shim_is_executable() -> None:
    path = docker_shim.__file__
    done = subprocess.run([path, "version"], capture_output=True, env={"PATH": ""}, check=False)
    assert done.returncode != 126
