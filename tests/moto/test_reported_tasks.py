"""The tasks that a runner reports, as ECS and CloudWatch Logs give them back."""

import time
from typing import Any

import boto3
import pytest

from sandbox.control_plane import tasks as reported_tasks
from sandbox.control_plane.capacity import provider_of_next
from tests.moto import reports, services
from tests.moto.templates import Tasks, deploy, resource

GROUP = "/tasks"


@pytest.fixture(autouse=True)
def service(aws: None) -> None:
    """A service whose tasks log with awslogs."""
    tasks = Tasks()
    options = {
        "awslogs-group": {"Ref": "Log"},
        "awslogs-stream-prefix": "llm",
        "awslogs-region": "us-east-1",
    }
    logging = {"LogDriver": "awslogs", "Options": options}
    container = tasks.resources["Task"]["Properties"]["ContainerDefinitions"][0]
    container["LogConfiguration"] = logging
    deploy({**tasks.resources, "Log": resource("AWS::Logs::LogGroup", LogGroupName=GROUP)})


def listed(**filters: Any) -> list[str]:
    cluster = services.described()["clusterArn"]
    arns = boto3.client("ecs").list_tasks(cluster=cluster, **filters)["taskArns"]
    return [arn.rpartition("/")[2] for arn in arns]


def described(*ids: str) -> list[dict[str, Any]]:
    cluster = services.described()["clusterArn"]
    answer = boto3.client("ecs").describe_tasks(cluster=cluster, tasks=list(ids))
    return [dict(item) for item in answer["tasks"]]


def test_running_tasks_are_listed_by_their_service() -> None:
    task = reports.task()
    reports.report([task])
    service = services.described()
    assert listed() == listed(serviceName=service["serviceName"]) == [task["id"]]
    assert listed(serviceName="another") == listed(desiredStatus="STOPPED") == []
    (found,) = described(task["id"])
    assert found["group"] == f"service:{service['serviceName']}"
    assert found["startedBy"] == service["deployments"][0]["id"]
    assert (found["lastStatus"], found["healthStatus"]) == ("RUNNING", "HEALTHY")


def test_stopped_task_says_why_and_with_which_code() -> None:
    task = reports.stopped("EssentialContainerExited", "Essential container in task exited")
    task["exit_code"] = 137
    reports.report([task])
    assert listed() == []
    assert listed(desiredStatus="STOPPED") == [task["id"]]
    (found,) = described(task["id"])
    assert found["stopCode"] == "EssentialContainerExited"
    assert found["stoppedReason"] == "Essential container in task exited"
    assert found["containers"][0]["exitCode"] == 137
    assert found["stoppedAt"] >= found["startedAt"]


def test_stopped_task_is_forgotten_after_an_hour() -> None:
    old = time.time() - reported_tasks.KEPT_SECONDS - 1
    reports.report([reports.stopped("UserInitiated", "gone", at=old)])
    assert listed(desiredStatus="STOPPED") == []


def test_task_that_the_runner_no_longer_knows_is_stopped() -> None:
    task = reports.task()
    reports.report([task])
    reports.report([])
    (found,) = described(task["id"])
    assert found["lastStatus"] == "STOPPED"
    assert "runner" in found["stoppedReason"]


def test_missing_task_is_a_failure_of_the_answer() -> None:
    cluster = services.described()["clusterArn"]
    answer = boto3.client("ecs").describe_tasks(cluster=cluster, tasks=["0" * 32])
    assert [item["reason"] for item in answer["failures"]] == ["MISSING"]


def test_stop_task_is_handed_to_the_runner_until_the_task_has_stopped() -> None:
    task = reports.task()
    reports.report([task])
    cluster = services.described()["clusterArn"]
    boto3.client("ecs").stop_task(cluster=cluster, task=task["id"], reason="drill")
    assert reports.report([task])["stop"] == {task["id"]: "drill"}
    assert listed(desiredStatus="STOPPED") == [task["id"]]
    task |= {"status": "STOPPED", "stopping_at": time.time(), "stopped_at": time.time()}
    assert reports.report([task])["stop"] == {}


def test_task_s_lines_are_in_its_log_stream() -> None:
    task = reports.task(log=reports.lines("one", "two"))
    reports.report([task])
    reports.report([{**task, "log": reports.lines("three")}])
    stream = f"llm/main/{task['id']}"
    events = boto3.client("logs").get_log_events(
        logGroupName=GROUP, logStreamName=stream, startFromHead=True
    )["events"]
    assert [event["message"] for event in events] == ["one", "two", "three"]


def test_log_stream_keeps_the_last_lines_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.control_plane.task_logs.KEPT_LINES", 2)
    task = reports.task(log=reports.lines("one", "two", "three"))
    reports.report([task])
    events = boto3.client("logs").filter_log_events(logGroupName=GROUP)["events"]
    assert [event["message"] for event in events] == ["two", "three"]


def test_events_are_listed_newest_first_and_once() -> None:
    reports.report(events=["(service main) has started 1 tasks: (task a)."])
    reports.report(events=["(service main) has reached a steady state."])
    messages = [event["message"] for event in services.described()["events"]]
    assert messages == [
        "(service main) has reached a steady state.",
        "(service main) has started 1 tasks: (task a).",
    ]


def test_capacity_providers_get_their_base_first_and_then_by_weight() -> None:
    strategy = [
        {"capacityProvider": "FARGATE", "base": 2, "weight": 1},
        {"capacityProvider": "FARGATE_SPOT", "weight": 3},
    ]
    running: list[str | None] = []
    for _ in range(6):
        running.append(provider_of_next(strategy, running))
    assert running[:2] == ["FARGATE", "FARGATE"]
    assert sorted(map(str, running[2:])) == ["FARGATE", *["FARGATE_SPOT"] * 3]
