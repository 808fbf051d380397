"""The task's image: what was taken out of it is missed by nobody."""

from __future__ import annotations

import re
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from bench.image import Image, image
from bench.start import as_container, free_port, until_answered
from tests.e2e.conftest import BASE_IMAGE, ROOT

pytestmark = [pytest.mark.timeout(900), pytest.mark.usefixtures("docker")]

MEGABYTE = 10**6
# By the features that need them: keys and weights in AWS, access tokens, traces, the function.
EVERYTHING = """
import boto3, awslambdaric.bootstrap, xllamacpp
import service.access_tokens, service.function.instance, service.server, service.traces
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
for name in ("s3", "secretsmanager", "sts"):
    boto3.client(name, region_name="eu-west-1")
"""
# The code's own, and the libraries'; tests and templates of theirs excepted, which are no modules.
NOT_COMPILED = """
import importlib.util, pathlib
for root in ("/app", "/venv/lib"):
    for file in pathlib.Path(root).rglob("*.py"):
        if not pathlib.Path(importlib.util.cache_from_source(file)).exists():
            print(file)
"""


def in_image(tag: str, program: str) -> str:
    command = [
        "docker",
        "run",
        "--rm",
        "--read-only",
        "--network",
        "none",
        "--entrypoint",
        "python",
    ]
    done = subprocess.run(
        [*command, tag, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def built(**arguments: str) -> Iterator[str]:
    """The image's tag, while it is there."""
    tag = f"llm-on-ecs-task:{uuid.uuid4().hex}"
    words = [f"--build-arg={name}={value}" for name, value in arguments.items()]
    build = ["docker", "build", "--network", "host", f"--build-arg=BASE_IMAGE={BASE_IMAGE}"]
    build += [*words, "--target", "task", "--tag", tag, str(ROOT / "service")]
    subprocess.run(build, check=True, capture_output=True)
    yield tag
    subprocess.run(["docker", "rmi", "--no-prune", tag], check=True, capture_output=True)


@pytest.fixture(scope="module")
def task() -> Iterator[str]:
    with built() as tag:
        yield tag


@pytest.fixture(scope="module")
def layers(task: str) -> Image:
    return image(task, base=str(BASE_IMAGE))


def test_every_feature_finds_its_libraries(task: str) -> None:
    in_image(task, EVERYTHING)


def test_every_module_is_compiled(task: str) -> None:
    assert in_image(task, NOT_COMPILED).splitlines() == []


def test_nothing_can_be_installed(task: str) -> None:
    finds = "import importlib.util; print(importlib.util.find_spec('pip'))"
    assert in_image(task, finds) == "None\n"


def test_dependencies_and_code_are_small_and_the_model_is_apart(layers: Image) -> None:
    assert layers.bytes < 250 * MEGABYTE
    assert layers.model_bytes > 50 * MEGABYTE


@pytest.mark.timeout(3000)  # it compiles the engine for each kind of processor
def test_engine_built_for_every_processor_runs_the_one_for_this() -> None:
    with built(CPU_VARIANTS="all") as tag:
        assert image(tag, base=str(BASE_IMAGE)).bytes < 250 * MEGABYTE
        port = free_port()
        settings = {
            "LLM_HTTP_PORT": str(port),
            "LLM_GRPC_PORT": "0",
            "LLM_REST_AUTH": "off",
            "LLM_GRPC_AUTH": "off",
        }
        with as_container(tag, settings) as container:
            until_answered(port, "/health/ready", since=time.monotonic())
            answer = httpx.post(
                f"http://127.0.0.1:{port}/v1/completions",
                json={"prompt": "The capital of France is", "max_tokens": 8, "temperature": 0},
                timeout=60,
            )
            mapped = subprocess.run(
                ["docker", "exec", container, "sh", "-c", "cat /proc/[0-9]*/maps"],
                capture_output=True,
                text=True,
                check=False,  # the shell's own ends while it is read
            ).stdout
    assert "Paris" in answer.json()["choices"][0]["text"]
    (variant,) = set(re.findall(r"/engine/libggml-cpu-(\w+)\.so", mapped))
    assert variant not in ("x64", "sse42")
