"""What the runner tells moto about tasks and targets, as the ECS agent and a load balancer would.

moto models no task of a service: its counts and rollouts are placeholders. The stack engine waits
for these reports where a runner sends them, as CloudFormation waits for a service to be stable.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.core.utils import utcnow
from moto.ecs.models import Service, ecs_backends
from moto.elbv2.models import FakeHealthStatus, elbv2_backends
from moto.moto_api._internal import mock_random

from .report import DeploymentReport, ServiceReport, TargetReport

ROLLOUT_TIMEOUT_SECONDS = 600
RUNNER_SILENT_SECONDS = 5.0
"""A runner that has not reported for so long is gone: nothing will finish a rollout."""

# A change of one of these makes ECS start new tasks.
STARTS_NEW_TASKS = (
    "task_definition",
    "network_configuration",
    "load_balancers",
    "capacity_provider_strategy",
    "platform_version",
    "enable_execute_command",
)


_news = threading.Condition()
_last_report = -RUNNER_SILENT_SECONDS
_targets: dict[str, list[TargetReport]] = {}


def find_service(account: str, region: str, arn: str) -> Service:
    for service in ecs_backends[account][region].services.values():
        if service.arn == arn:
            return service
    raise ValidationError(message=f"ECS has no service {arn}")


def start_deployment(service: Service) -> None:
    """Give the service a new primary deployment where its settings ask for new tasks."""
    wanted = {name: getattr(service, name, None) for name in STARTS_NEW_TASKS}
    if wanted["capacity_provider_strategy"]:
        service.launch_type = None  # moto fills in EC2; with a strategy ECS reports none
    known = getattr(service, "sandbox_deployed", None)
    if known != wanted:
        older = [] if known is None else _deployments(service)
        for deployment in older:
            deployment["status"] = "ACTIVE"
        service.deployments = [_new_deployment(service), *older]
        service.sandbox_deployed = wanted  # type: ignore[attr-defined]
    _deployments(service)[0] |= {"desiredCount": service.desired_count, "updatedAt": utcnow()}
    _count(service)


def _new_deployment(service: Service) -> dict[str, Any]:
    identity = f"ecs-svc/{mock_random.randint(10**18, 10**19)}"
    return {
        "id": identity,
        "status": "PRIMARY",
        "taskDefinition": service.task_definition,
        "desiredCount": service.desired_count,
        "runningCount": 0,
        "pendingCount": 0,
        "failedTasks": 0,
        "createdAt": utcnow(),
        "capacityProviderStrategy": getattr(service, "capacity_provider_strategy", None),
        "launchType": service.launch_type,
        "networkConfiguration": service.network_configuration or None,
        "rolloutState": "IN_PROGRESS",
        "rolloutStateReason": f"ECS deployment {identity} in progress.",
    }


def _deployments(service: Service) -> list[dict[str, Any]]:
    deployments: list[dict[str, Any]] = service.deployments
    return deployments


def _count(service: Service) -> None:
    service.running_count = sum(item["runningCount"] for item in _deployments(service))
    service.pending_count = sum(item["pendingCount"] for item in _deployments(service))


def wait_for_rollout(service: Service) -> None:
    """Return when the primary deployment is complete; at once where no runner reports."""
    deadline = time.monotonic() + ROLLOUT_TIMEOUT_SECONDS
    with _news:
        while time.monotonic() - _last_report < RUNNER_SILENT_SECONDS:
            primary = _deployments(service)[0]
            if primary["rolloutState"] == "COMPLETED":
                return
            if primary["rolloutState"] == "FAILED":
                raise ValidationError(message=primary["rolloutStateReason"])
            if time.monotonic() > deadline:
                raise ValidationError(
                    message=f"the rollout was not complete after {ROLLOUT_TIMEOUT_SECONDS} s; "
                    "read the tasks' logs in .sandbox/logs"
                )
            _news.wait(timeout=1)


def accept(account: str, region: str, services: list[ServiceReport]) -> None:
    """Write what the runner saw into moto's services and target groups."""
    global _last_report
    with _news:
        for report in services:
            service = find_service(account, region, report["service_arn"])
            _write_deployments(service, report["deployments"])
            _targets.update(report["targets"])
        _last_report = time.monotonic()
        _news.notify_all()


def _write_deployments(service: Service, reports: list[DeploymentReport]) -> None:
    seen = {report["id"]: report for report in reports}
    kept = []
    for deployment in _deployments(service):
        report = seen.get(deployment["id"])
        if report is None and deployment["status"] != "PRIMARY":
            continue  # its last task is gone
        if report is not None:
            deployment |= {
                "runningCount": report["running"],
                "pendingCount": report["pending"],
                "failedTasks": report["failed"],
                "rolloutState": report["state"],
                "rolloutStateReason": report["reason"],
            }
        kept.append(deployment)
    service.deployments = kept
    _count(service)


def target_health(account: str, region: str, target_group_arn: str) -> list[FakeHealthStatus]:
    """The reported targets of a target group; moto's own list where the runner reported none."""
    backend = elbv2_backends[account][region]
    group = backend.target_groups[target_group_arn]
    if target_group_arn not in _targets:
        return [group.health_for(target, backend.ec2_backend) for target in group.targets.values()]
    return [
        FakeHealthStatus(
            item["id"], str(item["port"]), "traffic-port", item["state"], item["reason"]
        )
        for item in _targets[target_group_arn]
    ]
