"""`make up` before it starts anything: what it checks, and the sentences it says."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.preflight import check_sandbox
from sandbox.processes import ProcessTable
from sandbox.runner.launch import free_port
from sandbox.state import Ports, SandboxError, Settings, State
from sandbox.up import Wish, process_image
from tests.sandbox.server import ROOT

WISH = Wish(program="python -m x", stage="local", dockerfile=None, source=Path("source"))


@pytest.fixture
def state(tmp_path: Path) -> State:
    state = State(tmp_path)
    state.prepare()
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "main.py").write_text("one")
    return state


@pytest.fixture
def ports() -> Ports:
    return Ports(http=free_port(), grpc=free_port(), aws=free_port())


def settings_with(ports: Ports) -> Settings:
    return Settings(ports, "process", "python -m x", "local")


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_free_ports_are_accepted(state: State, ports: Ports) -> None:
    check_sandbox(state, settings_with(ports))
    settings = state.settings()
    assert settings is not None
    assert settings.ports == ports


def test_taken_port_is_named_with_its_variable(state: State, ports: Ports, taken: int) -> None:
    mine = Ports(http=taken, grpc=ports.grpc, aws=ports.aws)
    with pytest.raises(SandboxError, match=rf"Port {taken} .*LLM_SANDBOX_HTTP_PORT to a free port"):
        check_sandbox(state, settings_with(mine))


def test_running_sandbox_with_other_settings_is_left_alone(state: State, ports: Ports) -> None:
    check_sandbox(state, settings_with(ports))
    table = ProcessTable(state)
    table.start("aws", [sys.executable, "-c", "import time; time.sleep(60)"], environment={})
    other = Settings(ports, "process", "python -m y", "local")
    with pytest.raises(SandboxError, match=r"program python -m x, wanted python -m y.*make down"):
        check_sandbox(state, other)
    assert table.pid("aws") is not None
    table.stop("aws", seconds=5)


def test_image_of_processes_changes_with_the_source(state: State) -> None:
    before = process_image(state, WISH)
    assert process_image(state, WISH) == before
    (state.root / "source" / "main.py").write_text("two")
    assert process_image(state, WISH) != before


def test_compiled_files_are_no_change(state: State) -> None:
    before = process_image(state, WISH)
    cache = state.root / "source" / "__pycache__"
    cache.mkdir()
    (cache / "main.pyc").write_text("x")
    assert process_image(state, WISH) == before


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *words],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_error_is_one_sentence_and_no_traceback() -> None:
    done = run("up", "--program", "true", LLM_SANDBOX_AWS_PORT="no")
    assert done.returncode == 1
    assert done.stderr.strip() == (
        "LLM_SANDBOX_AWS_PORT must be a port from 1024 to 65535: got 'no'; set another one."
    )


def test_bake_time_is_hurried_by_a_number_only() -> None:
    done = run("up", "--program", "true", LLM_SANDBOX_SPEED="fast")
    assert done.returncode == 1
    assert done.stderr.strip().endswith(
        "LLM_SANDBOX_SPEED must be a number from 1 to 3600: got 'fast'; set another."
    )


def test_help_names_the_verbs() -> None:
    done = run("--help")
    assert all(verb in done.stdout for verb in ("up", "down", "status", "key"))
