"""Why a task stopped, in the words of ECS.

docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html and the stop codes
of the API's Task.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """ECS's stopCode and stoppedReason."""

    code: str
    reason: str


EXITED = Cause("EssentialContainerExited", "Essential container in task exited")
CONTAINER_UNHEALTHY = Cause("ServiceSchedulerInitiated", "Task failed container health checks")


def scaling(deployment_id: str) -> Cause:
    """A rollout, a scale-in or the service's end takes the task away."""
    reason = f"Scaling activity initiated by (deployment {deployment_id})"
    return Cause("ServiceSchedulerInitiated", reason)


def target_unhealthy(target_group_arn: str) -> Cause:
    reason = f"Task failed ELB health checks in (target-group {target_group_arn})"
    return Cause("ServiceSchedulerInitiated", reason)


def not_started(reason: str) -> Cause:
    """`reason` begins with the name of ECS's error."""
    return Cause("TaskFailedToStart", reason)


def asked(reason: str) -> Cause:
    """Somebody called StopTask."""
    return Cause("UserInitiated", reason)


def exit_code(status: int) -> int:
    """As a container engine gives it: 128 and the signal, where Python has the negative signal."""
    return 128 - status if status < 0 else status
