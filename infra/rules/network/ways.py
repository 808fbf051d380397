"""Whether tasks and load balancers have the way out, or in, that they need."""

from collections.abc import Iterator
from typing import Final

from infra.reading.balancing import LOAD_BALANCER
from infra.reading.isolation import isolated, ways
from infra.reading.networking import endpoint_service, endpoints
from infra.reading.rule import Finding, Rule
from infra.reading.services import awsvpc, runs_on_fargate, services
from infra.reading.stack import Stack

PULL: Final = (
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-networking.html"
)
ENDPOINTS: Final = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html"


class PublicSubnetWithoutAddress(Rule):
    """Tasks that cannot use the internet gateway in front of them."""

    id = "E9550"
    shortdesc = "A Fargate task in a public subnet has a public address"
    description = (
        "An internet gateway passes nothing that comes from a private address: without a public "
        "one no image can be pulled."
    )
    source_url = PULL

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for service in services(stack):
            network = awsvpc(service)
            place = network["AssignPublicIp"]
            found, within = ways(stack, network)
            if not runs_on_fargate(service) or "public" not in found:
                continue
            names = {endpoint_service(item) for item in endpoints(stack, within[0]["VpcId"])}
            hidden = place.text(absent="DISABLED") == "DISABLED"
            if hidden and not names & {"ecr.dkr", None}:
                wrong = "a task in a public subnet reaches nothing without a public address"
                remedy = "set it to ENABLED, or use subnets with a NAT gateway"
                yield Finding(place, wrong, "DISABLED", remedy)


class EndpointsMissing(Rule):
    """Subnets without a way out, and the endpoints that stand in for it."""

    id = "E9551"
    shortdesc = "Tasks in subnets without a way out have the VPC endpoints that they need"
    description = (
        "An image, a log or a secret that cannot be reached keeps each task from starting."
    )
    source_url = ENDPOINTS

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for tasks in isolated(stack):
            names = {endpoint_service(item) for item in tasks.endpoints}
            missing = sorted(tasks.calls - {name or "" for name in names})
            if missing and None not in names:
                wrong = "the tasks' subnets have no way out, and the VPC lacks endpoints"
                remedy = "add them, or a NAT gateway"
                yield Finding(tasks.network["Subnets"], wrong, ", ".join(missing), remedy)


class BalancerWithoutGateway(Rule):
    """Load balancers that face an internet which does not reach them."""

    id = "E9554"
    shortdesc = "A load balancer that faces the internet is in public subnets"
    description = "Without a route to an internet gateway nobody reaches it."
    source_url = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for balancer in stack.resources(LOAD_BALANCER):
            found, within = ways(stack, balancer.properties)
            scheme = balancer["Scheme"].text(absent="internet-facing")
            if scheme == "internet-facing" and within and not found & {"public", None}:
                wrong = "a load balancer that faces the internet has no internet gateway"
                remedy = "use public subnets, or set Scheme to internal"
                got = " and ".join(sorted(f"{way} subnets" for way in found if way))
                yield Finding(balancer["Subnets"], wrong, got, remedy)
