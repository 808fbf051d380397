"""What is said of a task that stopped, for the reasons that ECS and Fargate give."""

from typing import Any

import pytest

from delivery.deploying.causes import Cause, cause_of, stop_of
from tests.delivery.deploying.ecs import task

PULL = "CannotPullContainerError: pull image manifest has been retried 1 time(s): "
INIT = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource "


def of(*log: str, **changes: Any) -> Cause:
    return cause_of(stop_of(task(**changes)), log)


def failed_to_start(reason: str) -> Cause:
    return of(stopCode="TaskFailedToStart", stoppedReason=reason, containers=[{"name": "service"}])


@pytest.mark.parametrize(
    ("reason", "likely"),
    [
        (PULL + "failed to resolve ref repo:tag: repo:tag: not found", "no image of this name"),
        (PULL + "dial tcp 52.94.1.1:443: i/o timeout", "no way to the registry"),
        (PULL + "403 Forbidden", "refuses the task's execution role"),
        (PULL + "429 Too Many Requests - toomanyrequests: reached rate limit", "no more images"),
        (PULL + "write /var/lib: no space left on device", "larger than the task's disk"),
        (
            PULL + "image Manifest does not contain descriptor matching platform 'linux/amd64'",
            "for another processor",
        ),
        ("CannotPullContainerError: something new", "cannot be pulled"),
        (INIT + "retrieval failed: unable to retrieve ecr registry auth: i/o timeout", "no way to"),
        (INIT + "retrieval failed: secrets manager: AccessDeniedException", "may not read"),
        ("ResourceInitializationError: failed to validate logger args: log group", "log group"),
        ("ResourceInitializationError: failed to configure ENI", "could not prepare the task"),
        ("Capacity is unavailable at this time. Please try again later", "no room for such a task"),
        ("OutOfMemoryError: Container killed due to memory usage", "more memory than it has"),
    ],
)
def test_reason_of_a_task_that_never_ran_is_explained(reason: str, likely: str) -> None:
    assert likely in failed_to_start(reason).likely


@pytest.mark.parametrize(
    ("code", "likely"),
    [
        (137, "killed (SIGKILL): out of memory"),
        (139, "crashed (SIGSEGV)"),
        (127, "no such command"),
        (3, "ended with an error"),
        (0, "ended by itself"),
    ],
)
def test_exit_code_of_the_essential_container_is_explained(code: int, likely: str) -> None:
    assert likely in of(containers=[{"name": "service", "exitCode": code}]).likely


def test_memory_is_named_where_the_container_says_so() -> None:
    container = {"name": "service", "exitCode": 137, "reason": "OutOfMemoryError: killed"}
    assert "task.memory_mib" in of(containers=[container]).todo


@pytest.mark.parametrize(
    ("reason", "likely"),
    [
        (
            "Task failed ELB health checks in (target-group arn) (reason Health checks failed with "
            "these codes: [503])",
            "does not become ready",
        ),
        ("Task failed ELB health checks in (target-group arn) (Request timed out)", "no answer in"),
        ("Task failed container health checks", "liveness check"),
    ],
)
def test_failed_health_check_is_explained(reason: str, likely: str) -> None:
    stopped = of(stopCode="ServiceSchedulerInitiated", stoppedReason=reason, containers=[])
    assert likely in stopped.likely


@pytest.mark.parametrize(
    ("line", "likely"),
    [
        ("exec /usr/local/bin/python: exec format error", "another processor"),
        ("OSError: [Errno 98] address already in use", "want one port"),
        ('{"message": "srv load_model: failed to load model"}', "cannot load the model"),
        ('{"message": "engine ended; restarting"}', "ends again and again"),
        ('{"event": "keys not loaded"}', "cannot read its API keys"),
        ('{"event": "keys not loaded: the document is not valid"}', "entry that is not valid"),
    ],
)
def test_last_lines_tell_more_than_the_exit_code(line: str, likely: str) -> None:
    assert likely in of("starting", line).likely


def test_log_of_a_task_that_fails_its_checks_tells_more_than_the_checks() -> None:
    reason = "Task failed ELB health checks in (target-group x)"
    found = of("failed to load model", stoppedReason=reason, containers=[])
    assert "cannot load the model" in found.likely


def test_target_group_is_called_by_its_name() -> None:
    arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/rest/73e2d6bc24d8a067"
    stopped = stop_of(task(stoppedReason=f"Task failed ELB health checks in (target-group {arn})"))
    assert "in (target-group rest)" in stopped.told


def test_unknown_reason_is_not_explained_away() -> None:
    assert failed_to_start("Something that nobody has seen").likely == "none that is known here"


@pytest.mark.parametrize(
    "reason", ["Scaling activity initiated by (deployment ecs-svc/1)", "Task rebalanced"]
)
def test_task_that_a_rollout_or_scaling_ends_is_expected(reason: str) -> None:
    assert stop_of(task(stopCode="ServiceSchedulerInitiated", stoppedReason=reason)).expected


def test_words_of_ecs_are_told_with_exit_code_and_the_containers_reason() -> None:
    container = {"name": "service", "exitCode": 137, "reason": "OutOfMemoryError: killed"}
    assert stop_of(task(containers=[container])).told == (
        "Essential container in task exited; service exited with 137; OutOfMemoryError: killed"
    )
