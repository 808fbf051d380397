"""The ways out that a service's tasks have, and what they call by themselves."""

from collections.abc import Iterator
from typing import NamedTuple

from infra.reading.networking import Way, endpoints, subnets, way_out
from infra.reading.node import Node
from infra.reading.services import awsvpc, services, task_of
from infra.reading.stack import Resource, Stack
from infra.reading.tasks import containers, is_in_ecr, logs_to_cloudwatch, secrets, store_of


def ways(stack: Stack, network: Node) -> tuple[set[Way | None], list[Resource]]:
    """The ways out of a network's subnets, and the subnets; nothing unless all are known."""
    known = subnets(network) or []
    return {way_out(stack, subnet) for subnet in known}, known


class Isolated(NamedTuple):
    """Where a service's tasks have no way out: what they call, and the endpoints that there are."""

    network: Node
    subnets: list[Resource]
    calls: set[str]
    endpoints: list[Resource]


def isolated(stack: Stack) -> Iterator[Isolated]:
    """Of all services of a stack, those of which all subnets are known to have no way out."""
    for service in services(stack):
        task, network = task_of(service), awsvpc(service)
        found, within = ways(stack, network)
        if task is not None and found == {"isolated"}:
            there = endpoints(stack, within[0]["VpcId"])
            yield Isolated(network, within, set(_calls(service, task)), there)


def _calls(service: Resource, task: Resource) -> Iterator[str]:
    """The services of AWS, as their endpoints are called, that a task calls by itself."""
    if service["EnableExecuteCommand"].flag():
        yield "ssmmessages"
    for container in containers(task):
        if is_in_ecr(container["Image"]):
            yield from ("ecr.api", "ecr.dkr", "s3")
        if logs_to_cloudwatch(container):
            yield "logs"
        yield from (store for secret in secrets(container) if (store := store_of(secret)))
