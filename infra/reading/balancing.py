"""Load balancers, listeners, their rules and target groups."""

from collections.abc import Iterator
from typing import Final

from infra.reading.node import UNKNOWN, Node
from infra.reading.stack import Resource, Stack

LOAD_BALANCER: Final = "AWS::ElasticLoadBalancingV2::LoadBalancer"
LISTENER: Final = "AWS::ElasticLoadBalancingV2::Listener"
LISTENER_RULE: Final = "AWS::ElasticLoadBalancingV2::ListenerRule"
TARGET_GROUP: Final = "AWS::ElasticLoadBalancingV2::TargetGroup"

IDLE_TIMEOUT: Final = "idle_timeout.timeout_seconds"
IDLE_SECONDS: Final = 60.0  # unless set; docs: LoadBalancerAttribute
DRAIN: Final = "deregistration_delay.timeout_seconds"
DRAIN_SECONDS: Final = 300.0  # unless set; docs: TargetGroupAttribute
GRPC_HEALTH: Final = "/grpc.health.v1.Health/Check"


def attributes(resource: Resource) -> Node:
    """The list of a load balancer's or target group's attributes."""
    kind = "TargetGroup" if resource.type == TARGET_GROUP else "LoadBalancer"
    return resource[f"{kind}Attributes"]


def attribute(resource: Resource, key: str) -> Node:
    """An attribute's value; unknown where an attribute's key is."""
    listed = attributes(resource)
    for item in listed.items():
        if item["Key"].text() == key:
            return item["Value"]
    keys = listed.all_items()
    unknown = keys is None or any(item["Key"].text() is None for item in keys)
    return Node(resource.stack, UNKNOWN, listed.path) if unknown else listed[key]


def target_group(node: Node) -> Resource | None:
    """The target group that a value names."""
    return node.resource(TARGET_GROUP)


def speaks_grpc(group: Resource) -> bool:
    """Whether requests reach the targets as gRPC."""
    return group["ProtocolVersion"].text() == "GRPC"


def actions(route: Resource) -> list[Node]:
    """What a listener does by default, or a rule of it."""
    return route["DefaultActions" if route.type == LISTENER else "Actions"].items()


def forwards(route: Resource) -> Iterator[Node]:
    """The values that name the target groups to which a listener or a rule forwards."""
    for action in actions(route):
        if action["TargetGroupArn"].exists:
            yield action["TargetGroupArn"]
        for weighted in action["ForwardConfig"]["TargetGroups"].items():
            yield weighted["TargetGroupArn"]


def routes(stack: Stack, group: Resource) -> list[Resource]:
    """The listeners and rules, here and in the assembly, that forward to a target group."""
    return [
        route
        for route in stack.everywhere(LISTENER, LISTENER_RULE)
        if any(node.resource() == group for node in forwards(route))
    ]


def listener_of(route: Resource) -> Resource | None:
    """The listener itself, or that of a rule."""
    return route if route.type == LISTENER else route["ListenerArn"].resource()


def load_balancer_of(route: Resource) -> Resource | None:
    """The load balancer of a listener or a rule."""
    listener = listener_of(route)
    return None if listener is None else listener["LoadBalancerArn"].resource()


def load_balancers_of(stack: Stack, group: Resource) -> list[Resource]:
    """The load balancers that send requests to a target group."""
    found = [load_balancer_of(route) for route in routes(stack, group)]
    return list({item.logical_id: item for item in found if item is not None}.values())
