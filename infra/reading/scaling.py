"""Application Auto Scaling of services, and CloudWatch's metrics."""

from collections.abc import Iterator
from typing import Final

from infra.reading.node import Node
from infra.reading.services import SERVICE
from infra.reading.stack import Resource, Stack

ALARM: Final = "AWS::CloudWatch::Alarm"
TARGET: Final = "AWS::ApplicationAutoScaling::ScalableTarget"
POLICY: Final = "AWS::ApplicationAutoScaling::ScalingPolicy"
TRACKING: Final = "TargetTrackingScalingPolicyConfiguration"


def targets(stack: Stack) -> list[Resource]:
    """The scalable targets that are ECS services."""
    return [
        target
        for target in stack.resources(TARGET)
        if target["ScalableDimension"].text() == "ecs:service:DesiredCount"
    ]


def scaled_service(owner: Resource) -> Resource | None:
    """The service that a scalable target, or a policy by its target, scales."""
    target = owner["ScalingTargetId"].resource() or owner
    mentioned = [item for item in target["ResourceId"].mentions() if item.type == SERVICE]
    return mentioned[0] if mentioned else None


def targets_of(stack: Stack, service: Resource) -> list[Resource]:
    """The scalable targets, here and in the assembly, of a service."""
    return [target for target in stack.everywhere(TARGET) if scaled_service(target) == service]


def predefined(policy: Resource) -> Node:
    """The name of the predefined metric that a policy tracks."""
    return policy[TRACKING]["PredefinedMetricSpecification"]["PredefinedMetricType"]


def policies(stack: Stack) -> list[Resource]:
    """The scaling policies of a stack."""
    return stack.resources(POLICY)


def metrics(stack: Stack) -> Iterator[Node]:
    """What names a metric by namespace, name and dimensions: in alarms and scaling policies."""
    for alarm in stack.resources(ALARM):
        yield alarm.properties
        yield from (query["MetricStat"]["Metric"] for query in alarm["Metrics"].items())
    for policy in policies(stack):
        custom = policy[TRACKING]["CustomizedMetricSpecification"]
        yield custom
        yield from (query["MetricStat"]["Metric"] for query in custom["Metrics"].items())
