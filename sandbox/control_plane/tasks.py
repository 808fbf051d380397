"""The tasks that the runner reports, as ECS lists and describes them; stopped ones for an hour."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from moto.ecs.models import EC2ContainerServiceBackend, Service, TaskDefinition

from . import capacity
from .report import TaskReport

KEPT_SECONDS = 3600
"""Stopped tasks "appear in the returned results for at least one hour": ECS API, ListTasks."""

RUNNER_GONE = "The runner of this sandbox ended, and its tasks with it."
STOPPED_BY_USER = "Task stopped by user"


class ReportedTask:
    """A task with the attributes that moto's answers are written from."""

    tags: list[dict[str, str]]
    container_instance_arn = None
    connectivity = "CONNECTED"
    platform_version = "1.4.0"
    platform_family = "Linux"

    def __init__(self, report: TaskReport, service: Service, definition: TaskDefinition) -> None:
        self.id = report["id"]
        self.cluster_arn = report["cluster_arn"]
        self.cluster_name = self.cluster_arn.rpartition("/")[2]
        prefix = self.cluster_arn.replace(":cluster/", ":task/")
        self.task_arn = f"{prefix}/{self.id}"
        self.service_arn = report["service_arn"]
        self.group = f"service:{service.name}"
        self.task_definition_arn = report["task_definition"]
        self.cpu, self.memory = definition.cpu, definition.memory
        self.tags = service.tags if service.propagate_tags == "SERVICE" else []
        self.enable_execute_command = getattr(service, "enable_execute_command", False)
        self.launch_type = "FARGATE"
        self.capacity_provider_name: str | None = None
        self.version = 0
        self.stop_requested: str | None = None
        self._container = definition.container_definitions[0]
        self._report = report
        self.take(report)

    def take(self, report: TaskReport) -> None:
        """The newest report; a task that has stopped stays so."""
        self.version += report != self._report
        self._report = report
        self.started_by = report["deployment_id"]
        self.last_status = report["status"]
        self.health_status = report["health"]
        stopping = report.get("stopping_at") is not None or self.stop_requested is not None
        self.desired_status = "STOPPED" if stopping else "RUNNING"
        self.stop_code = report.get("stop_code")
        self.stopped_reason = report.get("stopped_reason")
        self.created_at = _moment(report["created_at"])
        self.started_at = _moment(report.get("started_at"))
        self.stopping_at = _moment(report.get("stopping_at"))
        self.stopped_at = self.execution_stopped_at = _moment(report.get("stopped_at"))

    @property
    def stopped(self) -> bool:
        return self.last_status == "STOPPED"

    @property
    def expired(self) -> bool:
        stopped_at = self._report.get("stopped_at")
        return stopped_at is not None and time.time() - stopped_at > KEPT_SECONDS

    @property
    def containers(self) -> list[dict[str, Any]]:
        """One, as every task of this sandbox has."""
        container = {
            "containerArn": self.task_arn.replace(":task/", ":container/"),
            "taskArn": self.task_arn,
            "name": self._container["name"],
            "image": self._container["image"],
            "lastStatus": self.last_status,
            "exitCode": self._report.get("exit_code"),
            "reason": self._report.get("container_reason"),
            "healthStatus": self.health_status,
            "networkInterfaces": [],
        }
        return [{key: value for key, value in container.items() if value is not None}]

    def ask_to_stop(self, reason: str) -> None:
        """What StopTask does; the runner hears of it in the answer to its next report."""
        self.stop_requested = reason
        self.desired_status = "STOPPED"

    def lose(self) -> None:
        """The runner does not know it any more."""
        now = time.time()
        self.take(
            {
                **self._report,
                "status": "STOPPED",
                "stopping_at": self._report.get("stopping_at") or now,
                "stopped_at": now,
                "stop_code": self._report.get("stop_code") or "TerminationNotice",
                "stopped_reason": self._report.get("stopped_reason") or RUNNER_GONE,
            }
        )

    def advance(self) -> None:
        """moto's own tasks change their state when they are looked at; these do not."""


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def tasks_of(backend: EC2ContainerServiceBackend) -> list[ReportedTask]:
    """All that the runner has reported, stopped ones among them."""
    every: list[Any] = [task for tasks in backend.tasks.values() for task in tasks.values()]
    return [task for task in every if isinstance(task, ReportedTask)]


def accept(backend: EC2ContainerServiceBackend, reports: list[TaskReport]) -> dict[str, str]:
    """Take the reports in; which tasks somebody has asked to stop, and why."""
    known = {task.id: task for task in tasks_of(backend)}
    services = {service.arn: service for service in backend.services.values()}
    for report in reports:
        task = known.get(report["id"])
        if task is not None:
            task.take(report)
        elif report["service_arn"] in services:
            _add(backend, report, services[report["service_arn"]])
    reported = {report["id"] for report in reports}
    for task in known.values():
        if task.id not in reported and not task.stopped:
            task.lose()
    _forget_expired(backend)
    return {
        task.id: task.stop_requested
        for task in tasks_of(backend)
        if task.stop_requested is not None and not task.stopped
    }


def _add(backend: EC2ContainerServiceBackend, report: TaskReport, service: Service) -> None:
    definition = backend.describe_task_definition(report["task_definition"])
    task = ReportedTask(report, service, definition)
    others = [item for item in tasks_of(backend) if item.service_arn == service.arn]
    running = [item.capacity_provider_name for item in others if not item.stopped]
    strategy = getattr(service, "capacity_provider_strategy", None)
    task.capacity_provider_name = capacity.provider_of_next(strategy or [], running)
    tasks: dict[str, Any] = backend.tasks.setdefault(task.cluster_name, {})
    tasks[task.task_arn] = task


def _forget_expired(backend: EC2ContainerServiceBackend) -> None:
    for task in tasks_of(backend):
        if task.expired:
            del backend.tasks[task.cluster_name][task.task_arn]
