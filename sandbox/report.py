"""What the runner reports to the sandbox's AWS, as the ECS agent and a load balancer would."""

from __future__ import annotations

from typing import TypedDict

PATH = "/_sandbox/reports"


class DeploymentReport(TypedDict):
    id: str
    running: int
    pending: int
    failed: int
    state: str
    reason: str


class TargetReport(TypedDict):
    id: str
    port: int
    state: str
    reason: str | None


class ServiceReport(TypedDict):
    service_arn: str
    deployments: list[DeploymentReport]
    targets: dict[str, list[TargetReport]]
    """By the target group's ARN."""
