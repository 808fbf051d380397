"""How a service is registered with its target groups."""

from collections.abc import Iterator
from typing import Final

from infra.reading.balancing import routes
from infra.reading.networking import subnets
from infra.reading.node import Node
from infra.reading.registrations import registrations
from infra.reading.rule import Finding, Rule
from infra.reading.services import attachments, awsvpc, container_of, services, task_of
from infra.reading.stack import Resource, Stack
from infra.reading.tasks import container_names, containers, mapped_ports

REFERENCE: Final = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LoadBalancer.html"


class TargetContainer(Rule):
    """The container and port that a target group's requests go to."""

    id = "E9530"
    shortdesc = "A service registers a container and a port that its task has"
    description = "ECS refuses a service whose load balancer names another container or port."
    source_url = REFERENCE

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for service in services(stack):
            task = task_of(service)
            for entry in attachments(service) if task else []:
                names = container_names(task) if task else None
                name, container = entry["ContainerName"], container_of(service, entry)
                if names is not None and name.text() is not None and name.text() not in names:
                    wrong = "the load balancer's container is not in the task definition"
                    remedy = f"name one of {', '.join(sorted(names))}"
                    yield Finding(name, wrong, name.text(), remedy)
                ports = mapped_ports(container) if container else None
                port = entry["ContainerPort"].number()
                if ports is not None and port is not None and port not in ports:
                    wrong = "the load balancer's port is not mapped by that container"
                    remedy = "add it to the container's PortMappings"
                    yield Finding(entry["ContainerPort"], wrong, port, remedy)


class TargetType(Rule):
    """What is registered: an address, or a host."""

    id = "E9531"
    shortdesc = "Tasks with network interfaces of their own are targets of type ip"
    description = "ECS refuses a service in network mode awsvpc whose target group is of instances."
    source_url = REFERENCE

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for found in registrations(stack):
            task = task_of(found.service)
            if task is None or task["NetworkMode"].text() != "awsvpc":
                continue
            kind = found.group["TargetType"].text(absent="instance")
            if kind not in ("ip", None):
                wrong = "the target group of a task in network mode awsvpc is of type ip"
                yield Finding(found.named, wrong, kind, "set the group's TargetType to ip")


class TargetUnattached(Rule):
    """Target groups that no listener forwards to."""

    id = "E9532"
    shortdesc = "A service's target group is one that a listener forwards to"
    description = (
        "ECS refuses a service whose target group does not have an associated load balancer."
    )
    source_url = "https://github.com/aws/aws-cdk/issues/1160"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for found in registrations(stack):
            if not routes(stack, found.group) and not stack.is_shared(found.group):
                wrong = "no listener forwards to the service's target group"
                remedy = "forward to it from a listener or a listener rule"
                yield Finding(found.named, wrong, found.group.logical_id, remedy)


class ListenerFirst(Rule):
    """The order of a service and its listener."""

    id = "E9533"
    shortdesc = "A service is made after the listener that forwards to it"
    description = (
        "CloudFormation makes both at once, and ECS refuses a target group that does not have an "
        "associated load balancer yet."
    )
    source_url = "https://github.com/aws/aws-cdk/issues/1160"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for found in registrations(stack):
            leading = routes(stack, found.group)
            here = [route.logical_id for route in leading if route.file == stack.file]
            if not here or len(here) < len(leading) or stack.before(found.service) & set(here):
                continue
            wrong = "the service may be made before the listener of its target group"
            remedy = f"add DependsOn: {' or '.join(sorted(here))}"
            yield Finding(found.named, wrong, "no DependsOn of it", remedy)


class HealthCheckPort(Rule):
    """Health checks on a port of their own."""

    id = "W9534"
    shortdesc = "A target group checks a port that its container maps"
    description = "Where nothing listens on the port, ECS replaces each task as unhealthy."
    source_url = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshoot-service-load-balancers.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for found in registrations(stack):
            task = task_of(found.service)
            each = [mapped_ports(container) for container in containers(task)] if task else [None]
            ports = {port for some in each for port in some or ()}
            port = found.group["HealthCheckPort"].number()
            if None not in each and port is not None and port not in ports:
                wrong = "the target group checks a port that no container maps"
                remedy = "leave HealthCheckPort out, or map the port"
                yield Finding(found.named, wrong, port, remedy)


class TargetVpc(Rule):
    """The VPC that a target's address is looked for in."""

    id = "E9546"
    shortdesc = "A service's target group is of the VPC that its subnets are in"
    description = (
        "Elastic Load Balancing refuses an address outside the target group's VPC unless it is "
        "registered for all zones, which ECS does not do."
    )
    source_url = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetDescription.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for found in registrations(stack):
            within = subnets(awsvpc(found.service))
            home = _identity(within[0]["VpcId"]) if within else None
            other = _identity(found.group["VpcId"])
            if home and type(other) is type(home) and other != home:
                wrong = "the target group is of another VPC than the service's subnets"
                got = other.logical_id if isinstance(other, Resource) else other
                yield Finding(found.named, wrong, got, "use that of the subnets")


def _identity(vpc: Node) -> Resource | str | None:
    return vpc.resource() or vpc.text()
