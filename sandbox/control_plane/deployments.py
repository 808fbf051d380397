"""The deployments of services: begun by a change, carried out by the runner, waited for by stacks.

moto models no task of a service: its counts and rollouts are placeholders.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.core.utils import utcnow
from moto.ecs.models import Service
from moto.moto_api._internal import mock_random

from . import events, history
from .report import DeploymentReport
from .state import known, news

ROLLOUT_TIMEOUT_SECONDS = 600
"""For tasks to start and stop; the time that a deployment bakes comes on top."""
BAKING = ("PRODUCTION_TRAFFIC_SHIFT", "BAKE_TIME")
STAGE = "sandboxStage"

# A change of one of these makes ECS start new tasks.
STARTS_NEW_TASKS = (
    "task_definition",
    "network_configuration",
    "load_balancers",
    "capacity_provider_strategy",
    "platform_version",
    "enable_execute_command",
)
SETTINGS = "sandboxSettings"
"""Where a deployment keeps the values of those; no answer has such a key."""


# Beginning.


def start_deployment(service: Service, *, force: bool = False) -> None:
    """Give the service a new primary deployment where its settings ask for new tasks."""
    wanted = {name: copy.deepcopy(getattr(service, name, None)) for name in STARTS_NEW_TASKS}
    if wanted["capacity_provider_strategy"]:
        service.launch_type = None  # moto fills in EC2; with a strategy ECS reports none
    ours = [item for item in deployments_of(service) if SETTINGS in item]
    if force or not ours or ours[0][SETTINGS] != wanted:
        again = [item for item in ours if item[SETTINGS] == wanted and not force]
        primary = again[0] if again else _new_deployment(service, wanted)
        reason = f"ECS deployment {primary['id']} in progress."
        _make_primary(service, primary, others=ours, reason=reason)
        history.begin(service, primary)
    deployments_of(service)[0] |= {"desiredCount": service.desired_count, "updatedAt": utcnow()}
    _count(service)


def _make_primary(
    service: Service, primary: dict[str, Any], *, others: list[dict[str, Any]], reason: str
) -> None:
    """The others become active."""
    others = [item for item in others if item is not primary]
    for item in others:
        item["status"] = "ACTIVE"
    primary |= {
        "status": "PRIMARY",
        "rolloutState": "IN_PROGRESS",
        "rolloutStateReason": reason,
    }
    service.deployments = [primary, *others]


def _new_deployment(service: Service, settings: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"ecs-svc/{mock_random.randint(10**18, 10**19)}",
        "taskDefinition": service.task_definition,
        "desiredCount": service.desired_count,
        "runningCount": 0,
        "pendingCount": 0,
        "failedTasks": 0,
        "createdAt": utcnow(),
        "capacityProviderStrategy": getattr(service, "capacity_provider_strategy", None),
        "launchType": service.launch_type,
        "networkConfiguration": service.network_configuration or None,
        SETTINGS: settings,
    }


def deployments_of(service: Service) -> list[dict[str, Any]]:
    """The primary one first."""
    deployments: list[dict[str, Any]] = service.deployments
    return deployments


def _count(service: Service) -> None:
    service.running_count = sum(item["runningCount"] for item in deployments_of(service))
    service.pending_count = sum(item["pendingCount"] for item in deployments_of(service))


# Waiting.


def wait_for_rollout(
    service: Service, deployment: str, *, cancelled: Callable[[], bool] = lambda: False
) -> None:
    """Return when the deployment is complete; at once where there is no runner."""
    deadline = time.monotonic() + ROLLOUT_TIMEOUT_SECONDS
    with news:
        while known(service._backend).runner_runs:
            if cancelled():
                raise ValidationError(message="Resource update cancelled")
            state, reason = _outcome(service, deployment)
            if state == "COMPLETED":
                return
            if state == "FAILED":
                raise ValidationError(message=reason)
            if deployments_of(service)[0].get(STAGE) in BAKING:
                deadline = time.monotonic() + ROLLOUT_TIMEOUT_SECONDS
            elif time.monotonic() > deadline:
                raise ValidationError(
                    message=f"the rollout was not complete after {ROLLOUT_TIMEOUT_SECONDS} s; "
                    "read the tasks' logs in .sandbox/logs"
                )
            news.wait(timeout=1)


def _outcome(service: Service, identity: str) -> tuple[str, str]:
    for item in deployments_of(service):
        if item["id"] == identity:
            return item["rolloutState"], item["rolloutStateReason"]
    return "FAILED", history.last_of(service, identity)["statusReason"]


# What the runner saw.


def write_deployments(service: Service, reports: list[DeploymentReport]) -> None:
    """Take over what the runner saw of them, the primary one first.

    A failed one is rolled back where that is asked.
    """
    seen = {report["id"]: report for report in reports}
    service.deployments = [
        item
        for item in deployments_of(service)
        if item["id"] in seen or item["status"] == "PRIMARY"  # of others the last task is gone
    ]
    for item in service.deployments:
        if item["id"] in seen:
            _write(item, seen[item["id"]])
    _count(service)
    primary = deployments_of(service)[0]
    # Where another has become the primary one since the runner looked, it has not judged that yet.
    if reports and reports[0]["id"] == primary["id"]:
        history.write(service, seen)
        _write_state(service, primary, reports[0])


def _write(deployment: dict[str, Any], report: DeploymentReport) -> None:
    deployment |= {
        "runningCount": report["running"],
        "pendingCount": report["pending"],
        "failedTasks": report["failed"],
        STAGE: report.get("stage"),
    }


def _write_state(service: Service, primary: dict[str, Any], report: DeploymentReport) -> None:
    primary |= {"rolloutState": report["state"], "rolloutStateReason": report["reason"]}
    if report["state"] == "COMPLETED":
        service.sandbox_completed = primary  # type: ignore[attr-defined]
    elif report["state"] == "FAILED" and not (
        report.get("rollback") and roll_back(service, report["reason"])
    ):
        history.fail(service, report["reason"])


def completed(service: Service) -> dict[str, Any] | None:
    """The deployment that a rollback goes back to."""
    found: dict[str, Any] | None = getattr(service, "sandbox_completed", None)
    return found


def roll_back(service: Service, reason: str) -> bool:
    """Make the last completed deployment the primary one again; whether there was one.

    "The deployment changes from a COMPLETED to IN_PROGRESS state", and so is not eligible for
    another rollback: docs.aws.amazon.com/AmazonECS, how the deployment circuit breaker detects
    failures.
    """
    failed, old = deployments_of(service)[0], completed(service)
    failed |= {"rolloutState": "FAILED", "rolloutStateReason": reason}
    if old is None or old is failed:
        return False
    service.sandbox_completed = None  # type: ignore[attr-defined]
    for name, value in old[SETTINGS].items():
        setattr(service, name, copy.deepcopy(value))
    said = f"{reason} Rolling back to deploymentId {old['id']}."
    _make_primary(service, old, others=deployments_of(service), reason=said)
    old["desiredCount"] = service.desired_count
    history.roll_back(service, failed, old, reason)
    events.add(service, f"rolling back to deployment {old['id']}.")
    return True
