"""Subnets, their way out, and who may reach whom through security groups."""

from typing import Final, Literal

from infra.reading.node import Node
from infra.reading.stack import Resource, Stack

ENDPOINT: Final = "AWS::EC2::VPCEndpoint"
GROUP: Final = "AWS::EC2::SecurityGroup"
SUBNET: Final = "AWS::EC2::Subnet"
ANYWHERE: Final = ("0.0.0.0/0", "::/0")
WAYS: Final = ("NatGatewayId", "TransitGatewayId", "NetworkInterfaceId", "InstanceId")

Way = Literal["public", "private", "isolated"]


def route_table(stack: Stack, subnet: Resource) -> Resource | None:
    """The only table that a subnet is tied to; None where it is unknown."""
    tables = [
        link["RouteTableId"].resource()
        for link in stack.everywhere("AWS::EC2::SubnetRouteTableAssociation")
        if link["SubnetId"].resource() == subnet
    ]
    return tables[0] if len(tables) == 1 else None


def way_out(stack: Stack, subnet: Resource) -> Way | None:
    """Through an internet gateway, through something else, or none; None where it is unknown."""
    table = route_table(stack, subnet)
    if table is None:
        return None
    routes = [
        route
        for route in stack.everywhere("AWS::EC2::Route")
        if route["RouteTableId"].resource() == table
    ]
    ways = {_way(route) for route in routes if _leads_anywhere(route) is not False}
    if ways:
        return ways.pop() if len(ways) == 1 else None
    # A route to a part of the world, or those that a VPN gateway adds, may lead to all that a task
    # needs: endpoints that several VPCs share lie behind a transit gateway or a peering.
    propagated = stack.everywhere("AWS::EC2::VPNGatewayRoutePropagation")
    return None if routes or propagated or stack.is_shared(table) else "isolated"


def _leads_anywhere(route: Resource) -> bool | None:
    """Whether it is a default route; None where its range is unknown."""
    ranges = [route["DestinationCidrBlock"], route["DestinationIpv6CidrBlock"]]
    if any(node.text() in ANYWHERE for node in ranges):
        return True
    return None if any(node.exists and node.unknown for node in ranges) else False


def _way(route: Resource) -> Way | None:
    if not _leads_anywhere(route):
        return None
    gateway = route["GatewayId"]
    if gateway.exists:
        return "private" if gateway.resource("AWS::EC2::VPNGateway") else "public"
    return "private" if any(route[way].exists for way in WAYS) else None


def subnets(network: Node) -> list[Resource] | None:
    """The subnets of tasks or of a load balancer; None unless each is known."""
    return _all(network["Subnets"], SUBNET)


def endpoints(stack: Stack, vpc: Node) -> list[Resource]:
    """The VPC endpoints of the VPC that a value names."""
    listed = stack.everywhere(ENDPOINT)
    return [item for item in listed if item["VpcId"].resource() == vpc.resource()]


def endpoint_service(endpoint: Resource) -> str | None:
    """The part of the service's name that follows the region: `ecr.dkr`, `s3`."""
    name = endpoint["ServiceName"].text()
    return None if name is None else ".".join(name.split(".")[3:])


def security_groups(node: Node) -> list[Resource] | None:
    """The security groups of a list; None unless each is known."""
    return _all(node, GROUP)


def _all(listed: Node, kind: str) -> list[Resource] | None:
    found = [node.resource(kind) for node in listed.items()]
    known = [item for item in found if item is not None]
    return known if known and len(known) == len(found) else None


def closed(stack: Stack, groups: list[Resource], *, port: int, sources: list[Resource]) -> bool:
    """Whether none of these groups lets any of the sources in on a port.

    Addresses are not compared: a range that may hold the sources counts as one that does.
    """
    if any(stack.is_shared(group) for group in groups):
        return False  # another stack may open it
    rules = [rule for group in groups for rule in _rules(stack, group, "Ingress")]
    return all(_admits(rule, port=port, sources=sources) is False for rule in rules)


def sealed(stack: Stack, groups: list[Resource], *, port: int, to: list[Resource]) -> bool:
    """Whether none of these groups lets anything out on a port, to addresses or to these groups."""
    if any(stack.is_shared(group) for group in groups):
        return False
    each = [_rules(stack, group, "Egress") for group in groups]
    # Without a rule of its own a group lets everything out.
    return all(each) and all(
        _admits(rule, port=port, sources=to) is False for rules in each for rule in rules
    )


def _rules(stack: Stack, group: Resource, kind: str) -> list[Node]:
    """A group's rules of one direction, its own and those that stand beside it."""
    beside = [
        rule.properties
        for rule in stack.everywhere(f"AWS::EC2::SecurityGroup{kind}")
        if rule["GroupId"].resource() == group
    ]
    own = group[f"SecurityGroup{kind}"]
    return [*(own.items() or ([own] if own.exists and own.unknown else [])), *beside]


def _admits(rule: Node, *, port: int, sources: list[Resource]) -> bool | None:
    if not _covers(rule, port):
        return False
    other = rule["SourceSecurityGroupId"]
    if not other.exists:
        other = rule["DestinationSecurityGroupId"]
    if other.exists:
        return None if other.resource() is None else other.resource() in sources
    return True


def _covers(rule: Node, port: int) -> bool:
    protocol = rule["IpProtocol"].text()
    if protocol is None or protocol == "-1":
        return True
    low, high = rule["FromPort"].number(absent=0), rule["ToPort"].number(absent=65_535)
    within = low is None or high is None or low <= port <= high
    return protocol in ("tcp", "6") and within
