"""Whether security groups let through what must pass."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from infra.reading.balancing import load_balancers_of
from infra.reading.networking import (
    GROUP,
    closed,
    endpoint_service,
    endpoints,
    sealed,
    security_groups,
    subnets,
)
from infra.reading.registrations import Registration, registrations
from infra.reading.rule import Finding, Rule
from infra.reading.services import awsvpc, runs_on_fargate, services, task_of
from infra.reading.stack import Resource, Stack
from infra.reading.tasks import containers, text_of

# A registry that listens on another port than 443.
PORT: Final = re.compile(r"[^/]+:[0-9]+/")
# Each task calls these before it runs.
AT_START: Final = ("ecr.api", "ecr.dkr", "logs", "secretsmanager", "ssm")


class Connection(NamedTuple):
    """From a load balancer to the tasks that it sends requests to, with both ends' groups."""

    registration: Registration
    balancer: Resource
    sources: list[Resource]
    tasks: list[Resource]
    port: int


def _connections(stack: Stack) -> Iterator[Connection]:
    """Those of which the template tells port and groups."""
    for found in registrations(stack):
        tasks = security_groups(awsvpc(found.service)["SecurityGroups"])
        port = found.entry["ContainerPort"].number()
        for balancer in load_balancers_of(stack, found.group):
            sources = security_groups(balancer["SecurityGroups"])
            if tasks and sources and port is not None:
                yield Connection(found, balancer, sources, tasks, int(port))


class EndpointClosed(Rule):
    """Endpoints that tasks resolve to, and cannot reach."""

    id = "E9552"
    shortdesc = "The VPC's endpoints let the tasks in on port 443"
    description = (
        "With an endpoint in the VPC the service's usual name leads to it, so that a closed one "
        "keeps tasks from starting also where a NAT gateway is."
    )
    source_url = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for service in services(stack):
            network = awsvpc(service)
            groups, within = security_groups(network["SecurityGroups"]), subnets(network)
            for endpoint in endpoints(stack, within[0]["VpcId"]) if groups and within else []:
                own = security_groups(endpoint["SecurityGroupIds"])
                name = endpoint_service(endpoint)
                if name in AT_START and own and closed(stack, own, port=443, sources=groups or []):
                    wrong = "the tasks cannot reach a VPC endpoint that they use"
                    remedy = "let the tasks' security group in on port 443 there"
                    yield Finding(network["SecurityGroups"], wrong, name, remedy)


class TasksClosed(Rule):
    """Tasks that their load balancer cannot reach."""

    id = "E9553"
    shortdesc = "The tasks' security groups let the load balancer in"
    description = "Else each health check fails, and ECS replaces the tasks for ever."
    source_url = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshoot-service-load-balancers.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for link in _connections(stack):
            if closed(stack, link.tasks, port=link.port, sources=link.sources):
                wrong = "no security group of the tasks lets the load balancer in"
                remedy = f"allow {link.balancer.logical_id}'s security group on that port"
                place = awsvpc(link.registration.service)["SecurityGroups"]
                yield Finding(place, wrong, f"port {link.port} closed", remedy)


class BalancerSealed(Rule):
    """Load balancers that may not reach their tasks."""

    id = "E9558"
    shortdesc = "The load balancer's security groups let it out to the tasks"
    description = (
        "A group with an egress rule lets nothing else out: each health check fails, and ECS "
        "replaces the tasks for ever."
    )
    source_url = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-update-security-groups.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for link in _connections(stack):
            if sealed(stack, link.sources, port=link.port, to=link.tasks):
                wrong = "no security group of the load balancer lets it out to the tasks"
                remedy = f"let {link.balancer.logical_id} out to the tasks' group on that port"
                place = link.registration.entry["ContainerPort"]
                yield Finding(place, wrong, place.number(), remedy)


class TasksSealed(Rule):
    """Tasks that may not reach what they are started from."""

    id = "E9559"
    shortdesc = "A Fargate task's security groups let it out on port 443"
    description = (
        "Image, secrets and log are reached over 443 by the task's own network interface: without "
        "it no task starts."
    )
    source_url = (
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-networking.html"
    )

    def findings(self, stack: Stack) -> Iterator[Finding]:
        everyone = stack.everywhere(GROUP)
        for service in services(stack):
            task, place = task_of(service), awsvpc(service)["SecurityGroups"]
            groups = security_groups(place)
            if task is None or not groups or not runs_on_fargate(service):
                continue
            images = [text_of(container["Image"]) for container in containers(task)]
            usual = any(not PORT.match(image) for image in images)
            if usual and sealed(stack, groups, port=443, to=everyone):
                wrong = "no security group of the tasks lets them out on port 443"
                yield Finding(place, wrong, "port 443 closed", "add an egress rule for it")
