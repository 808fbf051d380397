"""Whether the VPC that a stage names is as the stage's file says."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from infra.names import own_tags
from operations.preflight.finding import Finding, Mark, Subject
from operations.stack_states import DELETE, UNPROTECT
from operations.stacks import describe_stack, stack_name

INTERFACE: Final = "Interface"
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
LEAST_FREE_ADDRESSES: Final = 8


def check_network(subject: Subject) -> Iterator[Finding]:
    """The ids of an existing VPC, its endpoints, and a network that is left behind."""
    wanted = subject.stage.settings.existing_vpc
    if wanted.id is None:
        yield Finding(Mark.OK, "the stage has a VPC of its own")
        return
    found = [
        *_subnets(subject, wanted.private_subnet_ids),
        *_subnets(subject, wanted.public_subnet_ids),
    ]
    if wanted.egress == "endpoints-made":
        there = _endpoints_of_others(subject, wanted.id)
        found += [*_names(subject, wanted.id), *_interfaces(subject, there)]
        found += _routes_to_s3(subject, there)
    yield from found or [
        Finding(Mark.OK, f"{wanted.id} has the subnets, each in a zone of its own")
    ]
    yield from _left_behind(subject)


def _subnets(subject: Subject, ids: Sequence[str]) -> Iterator[Finding]:
    """What is wrong with them; nothing where all is as it should be."""
    if not ids:
        return
    answer = subject.account.ask(
        "ec2", "DescribeSubnets", absent=("InvalidSubnetID.NotFound",), SubnetIds=list(ids)
    )
    if answer is None:
        found = f"not all of {', '.join(ids)} are in this account and region"
        yield Finding(Mark.FAILED, found, "correct section existing_vpc")
        return
    subnets: list[dict[str, Any]] = answer["Subnets"]
    wanted = subject.stage.settings.existing_vpc.id
    for subnet in subnets:
        if subnet["VpcId"] != wanted:
            found = f"{subnet['SubnetId']} is in {subnet['VpcId']}, and not in {wanted}"
            yield Finding(Mark.FAILED, found, "correct section existing_vpc")
        elif subnet["AvailableIpAddressCount"] < LEAST_FREE_ADDRESSES:
            found = f"{subnet['SubnetId']} has {subnet['AvailableIpAddressCount']} free addresses"
            yield Finding(Mark.NOTE, found, f"a load balancer wants {LEAST_FREE_ADDRESSES}")
    zones = [subnet["AvailabilityZone"] for subnet in subnets]
    if len(set(zones)) < len(zones):
        found = f"{', '.join(ids)} are in {', '.join(zones)}"
        yield Finding(Mark.FAILED, found, "list one subnet of each zone")


def _names(subject: Subject, vpc: str) -> Iterator[Finding]:
    """An endpoint has its service's own name only in a VPC that resolves such names.

    https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html
    """
    for attribute in ("enableDnsSupport", "enableDnsHostnames"):
        answer = subject.account.ask("ec2", "DescribeVpcAttribute", VpcId=vpc, Attribute=attribute)
        value = (answer or {}).get(attribute[0].upper() + attribute[1:], {}).get("Value")
        if value is False:
            found = f"{vpc} has {attribute} off, and tasks would not find its endpoints"
            yield Finding(Mark.FAILED, found, f"turn {attribute} on")


def _endpoints_of_others(subject: Subject, vpc: str) -> list[dict[str, Any]]:
    """The VPC's endpoints but for those that the stage has made."""
    filters = [{"Name": "vpc-id", "Values": [vpc]}]
    there = subject.account.ask_all("ec2", "DescribeVpcEndpoints", "VpcEndpoints", Filters=filters)
    return [endpoint for endpoint in there if not _is_ours(subject, endpoint)]


def _interfaces(subject: Subject, there: list[dict[str, Any]]) -> Iterator[Finding]:
    """Of a service a VPC takes one endpoint under the service's own name."""
    wanted = subject.stage.settings.needed_endpoints
    for endpoint in there:
        service = next((n for n in wanted if endpoint["ServiceName"].endswith(f".{n}")), None)
        if service and endpoint["VpcEndpointType"] == INTERFACE:
            found = f"{endpoint['VpcId']} has an endpoint for {service} already"
            yield Finding(
                Mark.FAILED,
                f"{found}: {endpoint['VpcEndpointId']}",
                "set existing_vpc.egress to 'endpoints-there', and make the missing ones there",
            )


def _routes_to_s3(subject: Subject, there: list[dict[str, Any]]) -> Iterator[Finding]:
    """A route table takes one route to S3, and so one gateway endpoint."""
    wanted = set(subject.stage.settings.existing_vpc.route_table_ids)
    for endpoint in there:
        gateway = endpoint["VpcEndpointType"] == "Gateway"
        tables = sorted(wanted & set(endpoint.get("RouteTableIds", ())))
        if gateway and endpoint["ServiceName"].endswith(".s3") and tables:
            yield Finding(
                Mark.FAILED,
                f"{', '.join(tables)} has a way to S3 already: {endpoint['VpcEndpointId']}",
                "remove it from existing_vpc.route_table_ids",
            )


def _is_ours(subject: Subject, endpoint: dict[str, Any]) -> bool:
    """By the tags of every resource of the stage."""
    tags = {item["Key"]: item["Value"] for item in endpoint.get("Tags", ())}
    return own_tags(subject.stage.settings.name).items() <= tags.items()


def _left_behind(subject: Subject) -> Iterator[Finding]:
    """The stack of a VPC that the stage had of its own, which no deploy removes."""
    name = stack_name(subject.stage.settings.name, "network")
    stack = describe_stack(subject.account, name)
    if stack is None:
        return
    commands = [f"{DELETE} {name}"]
    if stack.get("EnableTerminationProtection"):
        commands.insert(0, f"{UNPROTECT} {name}")
    yield Finding(
        Mark.NOTE,
        f"{name}, with the VPC that the stage had of its own, is still there and costs",
        f"after this deploy: {' && '.join(commands)}",
    )
