"""What a runner would report of a service, for tests that have none: tasks, targets, events."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Sequence
from typing import Any

from sandbox.control_plane import intake
from sandbox.control_plane.report import (
    DeploymentReport,
    LogLine,
    Orders,
    Report,
    Runner,
    TaskReport,
)
from sandbox.state import ACCOUNT, REGION
from tests.moto.services import described


def task(**changes: Any) -> TaskReport:
    """A running task of the service's primary deployment."""
    service = described()
    primary = service["deployments"][0]
    report: dict[str, Any] = {
        "id": secrets.token_hex(16),
        "service_arn": service["serviceArn"],
        "cluster_arn": service["clusterArn"],
        "deployment_id": primary["id"],
        "task_definition": primary["taskDefinition"],
        "status": "RUNNING",
        "health": "HEALTHY",
        "created_at": time.time(),
        "started_at": time.time(),
    }
    made: Any = report | changes
    return made  # type: ignore[no-any-return]


def stopped(code: str, reason: str, *, at: float | None = None, **changes: Any) -> TaskReport:
    """A task that has stopped, now or at a time in seconds since 1970."""
    moment = time.time() if at is None else at
    times = {"created_at": moment - 60, "started_at": moment - 50}
    times |= {"stopping_at": moment, "stopped_at": moment}
    return task(status="STOPPED", stop_code=code, stopped_reason=reason, **times, **changes)


def lines(*texts: str) -> list[LogLine]:
    now = int(time.time() * 1000)
    return [{"timestamp": now, "message": text} for text in texts]


def deployment(identity: str, **changes: Any) -> DeploymentReport:
    """One that is in progress, of which nothing runs."""
    report: Any = {
        "id": identity,
        "running": 0,
        "pending": 0,
        "failed": 0,
        "state": "IN_PROGRESS",
        "reason": "",
    }
    made: Any = report | changes
    return made  # type: ignore[no-any-return]


def report(
    tasks: Sequence[TaskReport] = (),
    *,
    events: Sequence[str] = (),
    others: Iterable[DeploymentReport] = (),
    runner: Runner | None = None,
    **changes: Any,
) -> Orders:
    """One report of the runner: these tasks, and the primary deployment as `changes` say."""
    service = described()
    running = sum(item["status"] == "RUNNING" for item in tasks)
    seen = {"id": service["deployments"][0]["id"], "running": running} | changes
    notes = [
        {"id": secrets.token_hex(8), "created_at": time.time(), "message": text} for text in events
    ]
    said: Any = {
        "service_arn": service["serviceArn"],
        "deployments": [deployment(seen.pop("id"), **seen), *others],
        "targets": {},
        "events": notes,
    }
    whole: Report = {"services": [said], "tasks": list(tasks)}
    return intake.accept(ACCOUNT, REGION, {"runner": runner, **whole} if runner else whole)
