"""What the runner reports to the sandbox's AWS, as ECS's agent, scheduler and load balancer would.

Times are seconds since 1970, as a float.
"""

from __future__ import annotations

from typing import NotRequired, TypedDict

PATH = "/_sandbox/reports"


class DeploymentReport(TypedDict):
    id: str
    running: int
    pending: int
    failed: int
    state: str
    """ECS's rolloutState."""
    reason: str
    rollback: NotRequired[bool]
    """Whether a failed one is to be rolled back."""
    stage: NotRequired[str]
    """ECS's lifecycleStage."""
    weight: NotRequired[float | None]
    """Per cent of the production traffic, where a listener's rule divides it."""
    triggered_alarms: NotRequired[list[str]]
    breaker_tripped: NotRequired[bool]
    breaker_threshold: NotRequired[int]


class TargetReport(TypedDict):
    id: str
    port: int
    state: str
    reason: str | None
    description: NotRequired[str | None]


class EventReport(TypedDict):
    id: str
    created_at: float
    message: str


class ServiceReport(TypedDict):
    service_arn: str
    deployments: list[DeploymentReport]
    targets: dict[str, list[TargetReport]]
    """By the target group's ARN."""
    events: NotRequired[list[EventReport]]
    """The last ones, those that were reported before among them."""


class LogLine(TypedDict):
    timestamp: int
    """Milliseconds since 1970, as CloudWatch Logs counts."""
    message: str


class TaskReport(TypedDict):
    id: str
    """Thirty-two hexadecimal digits, as in the ARNs of ECS's tasks."""
    service_arn: str
    cluster_arn: str
    deployment_id: str
    task_definition: str
    status: str
    """ECS's lastStatus."""
    health: str
    created_at: float
    started_at: NotRequired[float | None]
    stopping_at: NotRequired[float | None]
    stopped_at: NotRequired[float | None]
    stop_code: NotRequired[str | None]
    stopped_reason: NotRequired[str | None]
    exit_code: NotRequired[int | None]
    container_reason: NotRequired[str | None]
    log: NotRequired[list[LogLine]]
    """What its container wrote since the last report."""


class Runner(TypedDict):
    """The process that reports; its id and the time of its start name it for good."""

    pid: int
    started: str | None


class Report(TypedDict):
    runner: NotRequired[Runner]
    """The last report has none: nobody carries out anything from then on."""
    services: list[ServiceReport]
    tasks: list[TaskReport]


class Orders(TypedDict):
    """AWS's answer to a report."""

    stop: dict[str, str]
    """Tasks that somebody asked ECS to stop: id and reason."""
