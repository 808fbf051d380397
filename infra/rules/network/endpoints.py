"""Whether the endpoints of a VPC are where its tasks look for them."""

from collections.abc import Iterator
from typing import Final

from infra.reading.isolation import isolated
from infra.reading.networking import ENDPOINT, endpoint_service, route_table
from infra.reading.rule import Finding, Rule
from infra.reading.stack import Resource, Stack

ENDPOINTS: Final = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html"
S3: Final = "s3"


class GatewayElsewhere(Rule):
    """The gateway endpoint of Amazon S3, which is a route."""

    id = "E9555"
    shortdesc = "The gateway endpoint of S3 is in the route tables of the tasks' subnets"
    description = (
        "ECR keeps an image's layers in S3: without the route no image is pulled into a subnet "
        "that has no other way out."
    )
    source_url = ENDPOINTS

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for tasks in isolated(stack):
            of_s3 = [item for item in tasks.endpoints if endpoint_service(item) in (S3, None)]
            routed = self._tables(of_s3) if S3 in tasks.calls else None
            for subnet in tasks.subnets if routed is not None else []:
                if route_table(stack, subnet) not in (routed or []):
                    wrong = "a subnet of the tasks has no route to the gateway endpoint of S3"
                    remedy = "add its route table to the endpoint's RouteTableIds"
                    yield Finding(tasks.network["Subnets"], wrong, subnet.logical_id, remedy)

    @staticmethod
    def _tables(found: list[Resource]) -> list[Resource | None] | None:
        """The tables of the gateway endpoints; None where not all is known, or not all are such."""
        tables: list[Resource | None] = []
        for endpoint in found:
            listed = endpoint["RouteTableIds"].all_items()
            gateway = endpoint["VpcEndpointType"].text(absent="Gateway") == "Gateway"
            if not gateway or listed is None or endpoint_service(endpoint) is None:
                return None
            tables += [node.resource() for node in listed]
        return tables if found else None


class PrivateNameOff(Rule):
    """Endpoints that the service's usual name does not lead to."""

    id = "E9556"
    shortdesc = "An endpoint that isolated tasks need has the service's private name"
    description = (
        "ECS and the log driver call the service's usual name: without PrivateDnsEnabled that "
        "leads out of the VPC, where these tasks have no way."
    )
    source_url = (
        "https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html"
    )

    def findings(self, stack: Stack) -> Iterator[Finding]:
        # A hosted zone of one's own may give the name instead.
        zones = ("AWS::Route53::HostedZone", "AWS::Route53Profiles::ProfileAssociation")
        named_elsewhere = stack.everywhere(*zones)
        for tasks in isolated(stack) if not named_elsewhere else ():
            named = {
                endpoint_service(item)
                for item in tasks.endpoints
                if item["PrivateDnsEnabled"].flag(absent=True) is not False
            }
            unnamed = {endpoint_service(item) for item in tasks.endpoints} - named - {S3, None}
            lacking = sorted(name for name in unnamed & tasks.calls if name)
            if lacking and None not in named:
                wrong = "the usual name of a service does not lead to its VPC endpoint"
                remedy = "set PrivateDnsEnabled to true there"
                yield Finding(tasks.network["Subnets"], wrong, ", ".join(lacking), remedy)


class PrivateNameUnresolved(Rule):
    """What a VPC must have for an endpoint's private name."""

    id = "E9557"
    shortdesc = "A VPC with private names of endpoints has DNS support and DNS hostnames"
    description = (
        "EC2 refuses an endpoint with PrivateDnsEnabled in a VPC without either; "
        "EnableDnsHostnames is off unless set."
    )
    source_url = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcEndpoint.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for endpoint in stack.resources(ENDPOINT):
            vpc, place = endpoint["VpcId"].resource("AWS::EC2::VPC"), endpoint["PrivateDnsEnabled"]
            if vpc is None or not place.flag():
                continue
            answers = {
                "EnableDnsHostnames": vpc["EnableDnsHostnames"].flag(absent=False),
                "EnableDnsSupport": vpc["EnableDnsSupport"].flag(absent=True),
            }
            off = [key for key, on in answers.items() if on is False]
            if off:
                wrong = "the VPC of an endpoint with a private name has DNS switched off"
                got = f"no {' and no '.join(off)} at {vpc.logical_id}"
                yield Finding(place, wrong, got, f"set {' and '.join(off)} of the VPC to true")
