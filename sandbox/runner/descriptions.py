"""Turns AWS's descriptions into what the runner carries out."""

from __future__ import annotations

from typing import Any

from .wanted import Alarms, Breaker, ContainerCheck, Step, Strategy, TargetCheck, TaskSpec

# ECS's own default where a template sets nothing.
DEFAULT_STOP_SECONDS = 30


def target_check(group: dict[str, Any]) -> TargetCheck:
    grpc = group.get("ProtocolVersion") == "GRPC"
    matcher = group.get("Matcher", {})
    return TargetCheck(
        grpc=grpc,
        path=group.get("HealthCheckPath") or "/",
        codes=matcher.get("GrpcCode", "12") if grpc else matcher.get("HttpCode", "200"),
        interval_seconds=float(group["HealthCheckIntervalSeconds"]),
        timeout_seconds=float(group["HealthCheckTimeoutSeconds"]),
        healthy_count=int(group["HealthyThresholdCount"]),
        unhealthy_count=int(group["UnhealthyThresholdCount"]),
    )


def task_spec(task: dict[str, Any]) -> TaskSpec:
    """The spec of a described task definition; the sandbox runs one container per task."""
    containers = task["containerDefinitions"]
    if len(containers) != 1:
        raise ValueError(
            f"{task['family']}: the sandbox runs one container per task: got {len(containers)}"
        )
    container = containers[0]
    return TaskSpec(
        arn=task["taskDefinitionArn"],
        image=container["image"],
        environment={item["name"]: item["value"] for item in container["environment"]},
        secrets={item["name"]: item["valueFrom"] for item in container.get("secrets", [])},
        ports=tuple(item["containerPort"] for item in container["portMappings"]),
        check=_container_check(container.get("healthCheck")),
        stop_seconds=container.get("stopTimeout", DEFAULT_STOP_SECONDS),
        container=container,
        task=task,
    )


def _container_check(check: dict[str, Any] | None) -> ContainerCheck | None:
    if check is None:
        return None
    return ContainerCheck(
        command=tuple(check["command"]),
        interval_seconds=check.get("interval", 30),
        timeout_seconds=check.get("timeout", 5),
        retries=check.get("retries", 3),
        start_seconds=check.get("startPeriod", 0),
    )


# How a deployment is carried out. The defaults: the ECS API's CanaryConfiguration and
# LinearConfiguration.


def breaker(configuration: dict[str, Any]) -> Breaker:
    found = configuration.get("deploymentCircuitBreaker", {})
    return Breaker(enabled=found.get("enable", False), rollback=found.get("rollback", False))


def strategy(configuration: dict[str, Any], alarms: Alarms | None) -> Strategy:
    """The steps in which traffic goes over; rolling updates have one, and bake for their alarms.

    "Amazon ECS computes this time period based on the alarm configuration" and does not say how;
    here it is the longest time over which an alarm looks:
    docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
    """
    kind = configuration.get("strategy", "ROLLING")
    if kind == "ROLLING":
        return Strategy(kind, (Step(100, alarms.minutes if alarms else 0),))
    bake = configuration.get("bakeTimeInMinutes", 0)
    early: tuple[Step, ...] = ()
    if kind == "CANARY":
        canary = configuration.get("canaryConfiguration", {})
        percent = canary.get("canaryPercent", 5.0)
        early = (Step(percent, canary.get("canaryBakeTimeInMinutes", 10)),)
    elif kind == "LINEAR":
        early = _linear(configuration.get("linearConfiguration", {}))
    return Strategy(kind, (*early, Step(100, bake)))


def _linear(configuration: dict[str, Any]) -> tuple[Step, ...]:
    """ "This bake time is not applied after reaching 100 percent traffic." """
    each = configuration.get("stepPercent", 10.0)
    minutes = configuration.get("stepBakeTimeInMinutes", 6)
    return tuple(Step(round(each * n, 1), minutes) for n in range(1, 101) if each * n < 100)


def alarms(configuration: dict[str, Any], described: list[dict[str, Any]]) -> Alarms | None:
    """The deployment's alarms, as CloudWatch describes those that there are."""
    found = configuration.get("alarms", {})
    if not found.get("enable"):
        return None
    return Alarms(
        names=tuple(found.get("alarmNames", [])),
        rollback=found.get("rollback", False),
        triggered=tuple(a["AlarmName"] for a in described if a["StateValue"] == "ALARM"),
        minutes=max((_alarm_seconds(item) for item in described), default=0) / 60,
    )


def _alarm_seconds(alarm: dict[str, Any]) -> float:
    """Of metric math the longest period counts; a composite alarm has none."""
    periods = [item.get("MetricStat", item).get("Period", 0) for item in alarm.get("Metrics", [])]
    period = alarm.get("Period") or max(periods, default=0)
    return float(period * alarm.get("EvaluationPeriods", 1))
