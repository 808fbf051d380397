"""The function's image, built by Docker and run as Lambda runs it, against a local Runtime API."""

from __future__ import annotations

import json
import statistics
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from infra.container_env import function_environment
from infra.settings import StageSettings
from tests.e2e.conftest import BASE_IMAGE, ROOT
from tests.service.function.runtime_api import RuntimeApi, runtime_api
from tests.service.function.url_events import url_event

pytestmark = [pytest.mark.timeout(900), pytest.mark.usefixtures("docker")]

SETTINGS = StageSettings.model_validate({"name": "e2e", "function": {"enabled": True}})
INIT_SECONDS = 10  # what Lambda allows before it starts the init phase anew
PATH = "/v1/chat/completions"
CHAT = {
    "messages": [{"role": "user", "content": "What is gravity?"}],
    "max_tokens": 32,
    "temperature": 0,
}
LONG = {"prompt": "Count from 1 to 1000: 1, 2, 3,", "max_tokens": 1000, "temperature": 0}
# Lambda's: a user of its own, a read-only root, a writable /tmp, no shared memory; its least CPU.
CONDITIONS = (
    *("--network", "host", "--read-only", "--tmpfs", "/tmp:size=512m", "--ipc", "none"),
    *("--user", "993:990", "--cap-drop", "ALL", "--cpus", "1"),
    *("--memory", f"{SETTINGS.function.memory_mib}m"),
)

KILL_ENGINE = """
import os, pathlib, signal
for file in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
    if b"service.engine." + b"child" in file.read_bytes():
        os.kill(int(file.parent.name), signal.SIGKILL)
"""
# The most that the function and its engine have held, weights mapped from the image included.
PEAK_MIB = """
import os, pathlib
files = pathlib.Path("/proc").glob("[0-9]*/status")
texts = [file.read_text() for file in files if file.parent.name != str(os.getpid())]
print(sum(int(text.split("VmHWM:")[1].split()[0]) for text in texts) // 1024)
"""


def run_docker(*words: str) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@dataclass(frozen=True)
class Function:
    """A running function and the seconds of its init phase, its container's start included."""

    api: RuntimeApi
    container: str
    init_seconds: float


@pytest.fixture(scope="module")
def image() -> Iterator[str]:
    tag = f"llm-on-ecs-function:{uuid.uuid4().hex}"
    build = ("build", "--network", "host", "--build-arg", f"BASE_IMAGE={BASE_IMAGE}")
    run_docker(*build, "--target", "function", "--tag", tag, str(ROOT / "service"))
    yield tag
    run_docker("rmi", "--no-prune", tag)


@contextmanager
def running(image: str, **variables: str) -> Iterator[Function]:
    """The image with the variables of the deployed function."""
    with runtime_api() as api:
        told = function_environment(SETTINGS) | variables
        told["AWS_LAMBDA_RUNTIME_API"] = f"127.0.0.1:{api.port}"
        environment = [word for item in told.items() for word in ("--env", "=".join(item))]
        started = time.monotonic()
        container = run_docker("run", "--detach", *CONDITIONS, *environment, image)
        try:
            assert api.asked.wait(60), run_docker("logs", container)
            yield Function(api, container, time.monotonic() - started)
        finally:
            print(run_docker("logs", container))
            run_docker("rm", "--force", container)


@pytest.fixture(scope="module")
def function(image: str) -> Iterator[Function]:
    """One for the tests of this file; each leaves it able to answer."""
    with running(image) as started:
        started.api.wait_until_initialised()
        yield started


def document(response: dict[str, Any]) -> Any:
    return json.loads(response["body"])


def test_first_answers_come_from_the_real_model_within_lambda_s_limits(function: Function) -> None:
    first = function.api.invocation(url_event(PATH, CHAT))
    others = [function.api.invocation(url_event(PATH, CHAT)).seconds for _ in range(5)]
    peak = run_docker("exec", function.container, "python", "-c", PEAK_MIB)
    print(
        f"init {function.init_seconds:.2f} s, first answer {first.seconds:.2f} s, "
        f"next {statistics.median(others):.2f} s (median of 5), peak {peak} MiB"
    )
    assert function.init_seconds < INIT_SECONDS
    assert int(peak) < SETTINGS.function.memory_mib
    assert "gravity" in document(first.answer)["choices"][0]["message"]["content"].lower()


def test_direct_invocation_is_answered_with_the_document(function: Function) -> None:
    answer = function.api.invoke({"prompt": "The capital of France is", "max_tokens": 4})
    assert answer["object"] == "text_completion"
    assert answer["choices"][0]["text"]


def test_stream_is_refused(function: Function) -> None:
    response = function.api.invoke(url_event(PATH, CHAT | {"stream": True}))
    assert response["statusCode"] == 400
    assert document(response)["error"]["param"] == "stream"


def test_unknown_model_is_not_found(function: Function) -> None:
    response = function.api.invoke(url_event(PATH, CHAT | {"model": "gpt-9"}))
    assert response["statusCode"] == 404
    assert document(response)["error"]["code"] == "model_not_found"


def test_deadline_that_passes_is_an_error_and_the_next_invocation_works(
    function: Function,
) -> None:
    late = function.api.invocation(LONG, seconds=3)
    assert late.answer["error"]["code"] == "deadline_exceeded"
    assert function.api.invoke(CHAT)["choices"]
    print(f"a 3 s invocation was answered after {late.seconds:.2f} s")


def test_engine_that_was_killed_is_back_within_the_next_invocation(function: Function) -> None:
    run_docker("exec", function.container, "python", "-c", KILL_ENGINE)
    again = function.api.invocation(CHAT)
    assert again.answer["choices"]
    print(f"answered {again.seconds:.2f} s after the engine was killed")


def test_init_phase_ends_in_time_where_the_model_takes_longer(image: str) -> None:
    with running(image, LLM_MODEL_PATH="/models/none.gguf") as loading:  # for ever
        assert loading.init_seconds < INIT_SECONDS
        assert loading.api.invoke(CHAT, seconds=3)["error"]["code"] == "deadline_exceeded"
        print(f"init {loading.init_seconds:.2f} s while the model still loads")
