"""A stack waits for its service's rollout as long as there is a runner that may finish it."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from moto.cloudformation.exceptions import ValidationError

from sandbox.assembly import DeployFailed
from sandbox.cloudformation import stacks
from sandbox.control_plane import deployments, state
from sandbox.control_plane.report import Runner
from sandbox.processes import start_time
from sandbox.state import ACCOUNT, REGION
from tests.moto import reports, services
from tests.moto.templates import Tasks, deploy, status

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


def added() -> dict[str, Any]:
    resources = Tasks("image:1").resources
    return resources | {"Second": resources["Service"]}


@pytest.mark.parametrize(
    "resources",
    [Tasks("image:2").resources, Tasks("image:1", ServiceName="other").resources, added()],
    ids=["changed", "replaced", "added"],
)
def test_cancelled_update_waits_for_no_service(
    resources: dict[str, Any], runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = services.described()["serviceArn"]
    reports.report(runner=runner)
    begun, wait_for_rollout = threading.Event(), deployments.wait_for_rollout

    def begin(*arguments: Any, **options: Any) -> None:
        if begun.is_set():
            reports.report()  # the way back waits too, for a runner that goes on
        begun.set()
        wait_for_rollout(*arguments, **options)

    monkeypatch.setattr(deployments, "wait_for_rollout", begin)
    with ThreadPoolExecutor() as pool:
        deployed = pool.submit(deploy, resources)
        assert begun.wait(LONG_SECONDS)
        boto3.client("cloudformation").cancel_update_stack(StackName="example")
        with pytest.raises(DeployFailed, match="Resource update cancelled"):
            deployed.result(LONG_SECONDS)
    assert services.described()["serviceArn"] == before


def test_cancel_that_comes_before_the_first_resource_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = stacks._run

    def cancel_first(work: Callable[[], None]) -> None:
        boto3.client("cloudformation").cancel_update_stack(StackName="example")
        run(work)

    monkeypatch.setattr(stacks, "_run", cancel_first)
    with pytest.raises(DeployFailed, match="Resource update cancelled"):
        deploy(Tasks("image:2").resources)
    assert status() == "UPDATE_ROLLBACK_COMPLETE"
    monkeypatch.setattr(stacks, "_run", run)
    deploy(Tasks("image:2").resources)
