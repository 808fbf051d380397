"""A service's tasks and targets as the runner reports them to AWS."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from ..control_plane.report import DeploymentReport, TargetReport, TaskReport
from . import causes
from .progress import Progress, Stage
from .rollout import breaker_threshold
from .task import Task, TaskState
from .wanted import Deployment, WantedService

STATUS = {
    TaskState.PENDING: "RUNNING",  # its container runs, healthy or not
    TaskState.RUNNING: "RUNNING",
    TaskState.DRAINING: "DEACTIVATING",
    TaskState.STOPPING: "STOPPING",
    TaskState.STOPPED: "STOPPED",
}
"""docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html"""

REASONS = {
    "initial": "Elb.RegistrationInProgress",
    "unhealthy": "Target.FailedHealthChecks",
    "draining": "Target.DeregistrationInProgress",
}
"""docs.aws.amazon.com/elasticloadbalancing, the reason codes of TargetHealth."""


def deployment_report(
    progress: Progress, tasks: Sequence[Task], service: WantedService
) -> DeploymentReport:
    """The deployment with its tasks, its failures and its share of the traffic."""
    state, reason = progress.state()
    report: DeploymentReport = {
        "id": progress.id,
        "running": sum(task.live for task in tasks if task.deployment_id == progress.id),
        "pending": 0,  # a process runs at once, and whether it is healthy is another question
        "failed": progress.failures.count,
        "state": state,
        "reason": reason,
        "stage": str(Stage.CLEAN_UP if progress.done else progress.shift.stage),
        "weight": _weight(progress, service),
        "breaker_tripped": progress.failures.tripped(service),
        "breaker_threshold": breaker_threshold(service.desired),
    }
    if progress.failed is not None:
        report["rollback"] = progress.failed.rollback
        report["triggered_alarms"] = list(progress.failed.alarms)
    return report


def _weight(progress: Progress, service: WantedService) -> float | None:
    """Per cent of the traffic that the first divided route gives to the deployment's side."""
    for route in service.routes:
        if route.rule is not None:
            weights = [service.weights.get(target.arn, 0.0) for target in route.sides]
            return round(100 * weights[progress.side] / (sum(weights) or 1), 1)
    return None


def task_report(task: Task, service: WantedService) -> TaskReport:
    """The task as ECS would describe it, with what it has written since the last call."""
    stopped = task.state == TaskState.STOPPED
    return {
        "id": task.id,
        "service_arn": service.arn,
        "cluster_arn": service.cluster,
        "deployment_id": task.deployment_id,
        "task_definition": task.spec.arn,
        "status": STATUS[task.state],
        "health": task.container_health,
        "created_at": task.created_at,
        "started_at": task.created_at,
        "stopping_at": task.stopping_at,
        "stopped_at": task.stopped_at,
        "stop_code": task.cause.code if task.cause else None,
        "stopped_reason": task.cause.reason if task.cause else None,
        "exit_code": task.exit_code,
        "log": task.log.new_lines(ended=stopped),
    }


def unstarted_report(
    identity: str, deployment: Deployment, service: WantedService, reason: str
) -> TaskReport:
    """A task that never ran."""
    now = time.time()
    cause = causes.not_started(reason)
    return {
        "id": identity,
        "service_arn": service.arn,
        "cluster_arn": service.cluster,
        "deployment_id": deployment.id,
        "task_definition": deployment.task_definition,
        "status": "STOPPED",
        "health": "UNKNOWN",
        "created_at": now,
        "stopping_at": now,
        "stopped_at": now,
        "stop_code": cause.code,
        "stopped_reason": cause.reason,
        "container_reason": reason,
    }


def target_reports(tasks: Iterable[Task], target_group_arn: str) -> list[TargetReport]:
    """The health of the tasks that are registered with the target group."""
    found: list[TargetReport] = []
    for task in tasks:
        for watch in task.watches:
            if watch.target.arn == target_group_arn:
                state = task.state_in(watch)
                description = watch.failure if state == "unhealthy" else None
                found.append(
                    {
                        "id": "127.0.0.1",
                        "port": watch.port,
                        "state": state,
                        "reason": REASONS.get(state),
                        "description": description,
                    }
                )
    return found
