"""ECS services: the task they run, where it is registered, and how they are rolled out."""

from typing import Final

from infra.reading.node import Node
from infra.reading.stack import Resource, Stack
from infra.reading.tasks import TASK, container_named, on_fargate

SERVICE: Final = "AWS::ECS::Service"
CLUSTER: Final = "AWS::ECS::Cluster"
# Strategies that run the old and the new version side by side and shift the traffic.
SHIFTING: Final = ("BLUE_GREEN", "LINEAR", "CANARY")


def services(stack: Stack) -> list[Resource]:
    """The services of a stack."""
    return stack.resources(SERVICE)


def task_of(service: Resource) -> Resource | None:
    """The task definition that it runs, where the template or its assembly has it."""
    return service["TaskDefinition"].resource(TASK)


def container_of(service: Resource, attachment: Node) -> Node | None:
    """The container that a load balancer's entry names."""
    task = task_of(service)
    return None if task is None else container_named(task, attachment["ContainerName"].text())


def attachments(service: Resource) -> list[Node]:
    """The entries of `LoadBalancers`."""
    return service["LoadBalancers"].items()


def runs_on_fargate(service: Resource) -> bool:
    """Whether its tasks get network interfaces of their own on Fargate."""
    providers = [item["CapacityProvider"].text() for item in strategy(service)]
    task = task_of(service)
    return (
        service["LaunchType"].text() == "FARGATE"
        or "FARGATE" in providers
        or (task is not None and on_fargate(task))
    )


def strategy(service: Resource) -> list[Node]:
    """The entries of its capacity provider strategy."""
    return service["CapacityProviderStrategy"].items()


def rollout(service: Resource) -> str | None:
    """The deployment strategy."""
    return service["DeploymentConfiguration"]["Strategy"].text(absent="ROLLING")


def shifts_traffic(service: Resource) -> bool:
    """Whether a rollout shifts traffic from one set of tasks to another."""
    return rollout(service) in SHIFTING


def awsvpc(service: Resource) -> Node:
    """Subnets, security groups and public address of its tasks."""
    return service["NetworkConfiguration"]["AwsvpcConfiguration"]
