"""Who gets the requests where a service has two target groups, and how ECS moves them over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any, Final

from delivery.deploying.deployed import DeployedStage

ROLLING: Final = "ROLLING"
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeployment.html
GOES_ON: Final = frozenset(
    {"PENDING", "IN_PROGRESS", "STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"}
)


@dataclass(frozen=True, slots=True)
class Shift:
    """How far a rollout with two fleets has come."""

    step: str
    """ECS's word for it, as BAKE_TIME."""
    percent: float | None
    """Of the requests that the new tasks get; None before ECS says it."""

    def __str__(self) -> str:
        if self.percent is None:
            return self.step
        return f"{self.step}, {self.percent:g} % of the requests to the new tasks"


def shift_of(stage: DeployedStage, service: Mapping[str, Any]) -> Shift | None:
    """Of the rollout that goes on; None where none does, or none moves requests."""
    arn = service.get("currentServiceDeployment")
    if not arn or _strategy(service) == ROLLING:
        return None
    answer = stage.account.ask("ecs", "DescribeServiceDeployments", serviceDeploymentArns=[arn])
    for found in (answer or {})["serviceDeployments"]:
        if found["status"] in GOES_ON:
            target = found.get("targetServiceRevision", {})
            step = found.get("lifecycleStage") or found["status"]
            return Shift(step, target.get("requestedProductionTrafficWeight"))
    return None


def shares(stage: DeployedStage, service: Mapping[str, Any]) -> dict[str, float]:
    """Percent of the requests by target group's ARN; none where each port has one group."""
    entries = [item.get("advancedConfiguration", {}) for item in service.get("loadBalancers", ())]
    rules = [item["productionListenerRule"] for item in entries if "productionListenerRule" in item]
    if not rules:
        return {}
    answer = stage.account.ask("elbv2", "DescribeRules", RuleArns=rules)
    found: dict[str, float] = {}
    for rule in (answer or {})["Rules"]:
        found |= _shares(rule)
    return found


def planned_minutes(service: Mapping[str, Any]) -> int:
    """What a rollout's steps and its bake take, besides starting and stopping tasks.

    Nothing waits after the step that reaches 100 percent but the bake.
    """
    strategy = _strategy(service)
    if strategy == ROLLING:
        return 0
    configuration = service["deploymentConfiguration"]
    minutes = configuration.get("bakeTimeInMinutes", 0)
    if strategy == "CANARY":
        minutes += configuration["canaryConfiguration"].get("canaryBakeTimeInMinutes", 0)
    if strategy == "LINEAR":
        linear = configuration["linearConfiguration"]
        steps = ceil(100 / linear["stepPercent"]) - 1
        minutes += steps * linear.get("stepBakeTimeInMinutes", 0)
    return int(minutes)


def _strategy(service: Mapping[str, Any]) -> str:
    configuration = service.get("deploymentConfiguration") or {}
    return str(configuration.get("strategy", ROLLING))


def _shares(rule: Mapping[str, Any]) -> dict[str, float]:
    groups = [
        group
        for action in rule.get("Actions", ())
        for group in action.get("ForwardConfig", {}).get("TargetGroups", ())
    ]
    weights = {group["TargetGroupArn"]: group.get("Weight", 1) for group in groups}
    total = sum(weights.values())
    return {arn: 100 * weight / total for arn, weight in weights.items()} if total else {}
