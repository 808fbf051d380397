"""How ECS is told to replace tasks, by the strategy that a stage chose."""

from collections.abc import Sequence
from typing import Final, TypedDict

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs

from infra.sections.rollout import RolloutSettings, Strategy

STRATEGIES: Final[dict[Strategy, ecs.DeploymentStrategy]] = {
    "rolling": ecs.DeploymentStrategy.ROLLING,
    "canary": ecs.DeploymentStrategy.CANARY,
    "linear": ecs.DeploymentStrategy.LINEAR,
    "blue-green": ecs.DeploymentStrategy.BLUE_GREEN,
}


class RolloutOptions(TypedDict, total=False):
    """What a service takes to replace its tasks."""

    deployment_strategy: ecs.DeploymentStrategy
    bake_time: Duration
    canary_configuration: ecs.TrafficShiftConfig
    linear_configuration: ecs.TrafficShiftConfig
    deployment_alarms: ecs.DeploymentAlarmConfig
    circuit_breaker: ecs.DeploymentCircuitBreaker
    min_healthy_percent: int
    max_healthy_percent: int


def rollout_options(
    rollout: RolloutSettings, *, alarms: Sequence[cloudwatch.Alarm]
) -> RolloutOptions:
    """The strategy is always named, because an update that names none leaves the one before."""
    options: RolloutOptions = {
        "deployment_strategy": STRATEGIES[rollout.strategy],
        # New tasks start before old ones stop.
        "min_healthy_percent": 100,
        "max_healthy_percent": 200,
        "circuit_breaker": ecs.DeploymentCircuitBreaker(enable=True, rollback=True),
    }
    if alarms:
        options["deployment_alarms"] = ecs.DeploymentAlarmConfig(
            alarm_names=[alarm.alarm_name for alarm in alarms],
            behavior=ecs.AlarmBehavior.ROLLBACK_ON_ALARM,
        )
    return {**options, **_pace(rollout)}


def _pace(rollout: RolloutSettings) -> RolloutOptions:
    """How fast requests move between two fleets."""
    if not rollout.two_fleets:
        return {}
    # Without one ECS bakes for 36 hours, which is as long as CloudFormation waits.
    options: RolloutOptions = {"bake_time": Duration.minutes(rollout.bake_minutes)}
    step = ecs.TrafficShiftConfig(
        step_percent=rollout.step_percent, step_bake_time=Duration.minutes(rollout.step_minutes)
    )
    if rollout.strategy == "canary":
        options["canary_configuration"] = step
    if rollout.strategy == "linear":
        options["linear_configuration"] = step
    return options
