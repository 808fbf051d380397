"""A stack waits for its service's rollout as long as there is a runner that may finish it."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest
from moto.cloudformation.exceptions import ValidationError

from sandbox.control_plane import deployments, state
from sandbox.control_plane.report import Runner
from sandbox.processes import start_time
from sandbox.state import ACCOUNT, REGION
from tests.moto import reports, services
from tests.moto.templates import Tasks, deploy

LONG_SECONDS = 60


@pytest.fixture(autouse=True)
def service(aws: None) -> None:
    deploy(Tasks("image:1").resources)


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    """What reports, and does nothing else."""
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    with subprocess.Popen(command) as process:
        yield process
        process.kill()


@pytest.fixture
def runner(process: subprocess.Popen[bytes]) -> Runner:
    return {"pid": process.pid, "started": start_time(process.pid)}


def wait(cancelled: Callable[[], bool] = lambda: False) -> None:
    described = services.described()
    service = state.find_service(ACCOUNT, REGION, described["serviceArn"])
    deployments.wait_for_rollout(service, described["deployments"][0]["id"], cancelled=cancelled)


@pytest.fixture
def waiting(runner: Runner) -> threading.Thread:
    """Somebody who waits while the runner is silent."""
    reports.report(runner=runner)
    looked = threading.Event()

    def look() -> bool:
        looked.set()
        return False

    thread = threading.Thread(target=wait, args=(look,), daemon=True)
    thread.start()
    assert looked.wait(LONG_SECONDS)
    return thread


def test_wait_ends_with_the_rollout(waiting: threading.Thread, runner: Runner) -> None:
    assert waiting.is_alive()
    reports.report(state="COMPLETED", runner=runner)
    waiting.join(LONG_SECONDS)
    assert not waiting.is_alive()


def test_wait_ends_when_the_runner_was_killed(
    waiting: threading.Thread, process: subprocess.Popen[bytes]
) -> None:
    assert waiting.is_alive()
    process.kill()
    waiting.join(LONG_SECONDS)
    assert not waiting.is_alive()


def test_wait_ends_when_the_runner_says_that_it_ends(waiting: threading.Thread) -> None:
    assert waiting.is_alive()
    reports.report()
    waiting.join(LONG_SECONDS)
    assert not waiting.is_alive()


def test_wait_that_is_cancelled_fails(runner: Runner) -> None:
    reports.report(runner=runner)
    with pytest.raises(ValidationError, match="Resource update cancelled"):
        wait(lambda: True)


def test_without_a_runner_nobody_waits() -> None:
    reports.report()
    wait()
