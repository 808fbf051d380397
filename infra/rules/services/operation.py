"""What a running service needs beside its deployments."""

from collections.abc import Iterator
from typing import Final

from infra.reading.balancing import LOAD_BALANCER, TARGET_GROUP
from infra.reading.node import Node
from infra.reading.permissions import lacks, role_of
from infra.reading.rule import Finding, Rule
from infra.reading.services import SERVICE, services, task_of
from infra.reading.stack import Resource, Stack
from infra.reading.tasks import containers

EXEC: Final = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html"
NAMES: Final = {SERVICE: "ServiceName", TARGET_GROUP: "Name", LOAD_BALANCER: "Name"}


def _entered(stack: Stack) -> Iterator[tuple[Node, Resource]]:
    """Where a service lets people in by ECS Exec, and its task definition."""
    for service in services(stack):
        task, place = task_of(service), service["EnableExecuteCommand"]
        if task is not None and place.flag():
            yield place, task


class ExecReadOnly(Rule):
    """ECS Exec and a read-only root."""

    id = "E9542"
    shortdesc = "A container that ECS Exec enters has a writable root file system"
    description = "Exec's agent writes into the container, so that no session starts otherwise."
    source_url = EXEC

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for place, task in _entered(stack):
            for container in containers(task):
                if container["ReadonlyRootFilesystem"].flag():
                    wrong = "ECS Exec does not work on a read-only root file system"
                    name = container["Name"].text() or "a container"
                    remedy = "set its ReadonlyRootFilesystem to false, or this"
                    yield Finding(place, wrong, name, remedy)


class ExecPermission(Rule):
    """The task role that ECS Exec needs."""

    id = "E9543"
    shortdesc = "ECS Exec has a task role that may open its channels"
    description = "Without ssmmessages in the task role no session starts."
    source_url = EXEC

    def findings(self, stack: Stack) -> Iterator[Finding]:
        action = "ssmmessages:CreateControlChannel"
        remedy = (
            "set one that may CreateControlChannel, CreateDataChannel, OpenControlChannel and "
            "OpenDataChannel of ssmmessages"
        )
        for place, task in _entered(stack):
            role = role_of(task["TaskRoleArn"])
            if not task["TaskRoleArn"].exists:
                yield Finding(place, "ECS Exec needs a task role", None, remedy)
            elif role is not None and lacks(stack, role, action):
                wrong = f"the task role may not {action}, which ECS Exec needs"
                yield Finding(place, wrong, role.logical_id, remedy)


class ServiceConnectPort(Rule):
    """Names of ports in Service Connect."""

    id = "E9544"
    shortdesc = "Service Connect names a port mapping of the task"
    description = "ECS refuses a service whose portName no port mapping has."
    source_url = (
        "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceConnectService.html"
    )

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for service in services(stack):
            names = _port_names(task_of(service))
            for entry in service["ServiceConnectConfiguration"]["Services"].items():
                name = entry["PortName"].text()
                if names is not None and name is not None and name not in names:
                    wrong = "Service Connect names a port that no port mapping has"
                    remedy = "set Name of the port mapping to it"
                    yield Finding(entry["PortName"], wrong, name, remedy)


def _port_names(task: Resource | None) -> set[str | None] | None:
    """The names of a task's port mappings; None where one is unknown."""
    if task is None or task["ContainerDefinitions"].all_items() is None:
        return None
    each = [container["PortMappings"].all_items() for container in containers(task)]
    names = [mapping["Name"].text(absent="") for mappings in each for mapping in mappings or []]
    return None if None in each or None in names else set(names)


class FixedNames(Rule):
    """Names of one's own."""

    id = "W9545"
    shortdesc = "What CloudFormation may have to replace has no name of its own"
    description = (
        "CloudFormation makes the new one before it removes the old, and a name exists once: an "
        "update that replaces it fails."
    )
    source_url = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for kind, key in NAMES.items():
            for resource in stack.resources(kind):
                name = resource[key]
                if name.exists:
                    wrong = "a fixed name makes an update fail that replaces the resource"
                    yield Finding(name, wrong, name.text() or "a name", f"leave {key} out")
