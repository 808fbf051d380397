"""What the sandbox's ECS says of its services while `make up` waits for their tasks."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import boto3

from .down import RUNNER
from .processes import ProcessTable
from .progress import Phase
from .services import active_services
from .state import SandboxError, State

READY_SECONDS = 240


def services() -> list[dict[str, Any]]:
    return active_services(boto3.client("ecs"))


def retry_failed_rollouts() -> bool:
    """A rollout that failed before is tried again, though its template has not changed."""
    failed = [item for item in services() if _rollout(item) == "FAILED"]
    for item in failed:
        names = {"cluster": item["clusterArn"], "service": item["serviceName"]}
        boto3.client("ecs").update_service(**names, forceNewDeployment=True)
    return bool(failed)


def wait_for_tasks(
    state: State, table: ProcessTable, phase: Phase, *, patience_seconds: float = 0
) -> str:
    """Show the tasks until all rollouts are complete; what there is then.

    For `patience_seconds` a failed rollout may be one that is about to be tried again.
    """
    began = time.monotonic()
    shown = ""
    while True:
        found = services()
        told = "; ".join(_progress_of(item, _healthy(state)) for item in found)
        if told != shown:
            phase.step(told)
            shown = told
        waited = time.monotonic() - began
        if waited >= patience_seconds:
            _raise_failure(found)
        if state.status.exists() and found and all(_settled(item) for item in found):
            return told
        if table.pid(RUNNER) is None:
            raise SandboxError(f"The runner ended; read {state.logs / f'{RUNNER}.log'}.")
        if waited > READY_SECONDS:
            raise SandboxError(
                f"The tasks were not ready after {READY_SECONDS} s ({told}); read the newest "
                f"task-*.log in {state.logs}."
            )
        time.sleep(0.2)


def _raise_failure(found: list[dict[str, Any]]) -> None:
    for item in found:
        if _rollout(item) == "FAILED":
            reason = item["deployments"][0]["rolloutStateReason"]
            raise SandboxError(f"The tasks did not start: {reason}")


def _rollout(service: dict[str, Any]) -> str:
    return str(service["deployments"][0]["rolloutState"])


def _settled(service: dict[str, Any]) -> bool:
    primary = service["deployments"][0]
    wanted = service["desiredCount"]
    return _rollout(service) == "COMPLETED" and primary["runningCount"] >= wanted > 0


def _healthy(state: State) -> dict[str, int]:
    """How many tasks of each deployment the runner found ready."""
    known = state.read(state.status) or {"services": []}
    tasks = [task for service in known["services"] for task in service["tasks"]]
    return Counter(task["deployment"] for task in tasks if task["healthy"])


def _progress_of(service: dict[str, Any], healthy: dict[str, int]) -> str:
    ready, wanted = healthy.get(service["deployments"][0]["id"], 0), service["desiredCount"]
    return f"{ready} of {wanted} tasks ready"
