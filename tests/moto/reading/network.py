"""AWS::EC2."""

from __future__ import annotations

from typing import Any

from .resource import Deployed, Description, Reader


def _one(resource: Deployed, operation: str, key: str, **parameters: Any) -> dict[str, Any]:
    (found,) = resource.ask("ec2", operation, **parameters)[key]
    return dict(found)


def _vpc(resource: Deployed) -> Description:
    found = _one(resource, "describe_vpcs", "Vpcs", VpcIds=[resource.id])
    for name in ("EnableDnsHostnames", "EnableDnsSupport"):
        attribute = f"{name[0].lower()}{name[1:]}"
        answer = resource.ask(
            "ec2", "describe_vpc_attribute", VpcId=resource.id, Attribute=attribute
        )
        found[name] = answer[name]["Value"]
    return found


def _route(resource: Deployed) -> Description:
    table = resource.properties["RouteTableId"]
    routes = _one(resource, "describe_route_tables", "RouteTables", RouteTableIds=[table])["Routes"]
    where = resource.properties["DestinationCidrBlock"]
    (found,) = [item for item in routes if item.get("DestinationCidrBlock") == where]
    return {**found, "RouteTableId": table}


def _association(resource: Deployed) -> Description:
    filters = [{"Name": "association.route-table-association-id", "Values": [resource.id]}]
    table = _one(resource, "describe_route_tables", "RouteTables", Filters=filters)
    (found,) = [
        item for item in table["Associations"] if item["RouteTableAssociationId"] == resource.id
    ]
    return dict(found)


def _attachment(resource: Deployed) -> Description:
    gateway = resource.properties["InternetGatewayId"]
    found = _one(
        resource,
        "describe_internet_gateways",
        "InternetGateways",
        InternetGatewayIds=[gateway],
    )
    return {**found, "VpcId": found["Attachments"][0]["VpcId"]}


def _nat_gateway(resource: Deployed) -> Description:
    found = _one(resource, "describe_nat_gateways", "NatGateways", NatGatewayIds=[resource.id])
    return {**found, "AllocationId": found["NatGatewayAddresses"][0]["AllocationId"]}


def _endpoint(resource: Deployed) -> Description:
    found = _one(resource, "describe_vpc_endpoints", "VpcEndpoints", VpcEndpointIds=[resource.id])
    return {**found, "SecurityGroupIds": [item["GroupId"] for item in found.get("Groups", [])]}


def _group(resource: Deployed) -> Description:
    found = _one(resource, "describe_security_groups", "SecurityGroups", GroupIds=[resource.id])
    return {
        **found,
        "GroupDescription": found["Description"],
        "SecurityGroupIngress": _rules(found["IpPermissions"]),
        "SecurityGroupEgress": _rules(found["IpPermissionsEgress"]),
    }


def _rules(permissions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One rule for each source or destination, as a template writes them."""
    flat = []
    for permission in permissions:
        for key, name in (("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6")):
            flat += [{**permission, **item, name: item[name]} for item in permission.get(key, [])]
    return flat


def _rule(resource: Deployed) -> Description:
    (found,) = resource.ask(
        "ec2", "describe_security_group_rules", SecurityGroupRuleIds=[resource.id]
    )["SecurityGroupRules"]
    other = found.get("ReferencedGroupInfo", {}).get("GroupId")
    return {**found, "SourceSecurityGroupId": other, "DestinationSecurityGroupId": other}


def _flow_log(resource: Deployed) -> Description:
    found = _one(resource, "describe_flow_logs", "FlowLogs", FlowLogIds=[resource.id])
    return {**found, "ResourceType": "VPC" if found["ResourceId"].startswith("vpc-") else "?"}


READERS = {
    "AWS::EC2::EIP": Reader(
        lambda r: _one(r, "describe_addresses", "Addresses", PublicIps=[r.id]),
    ),
    "AWS::EC2::FlowLog": Reader(_flow_log),
    "AWS::EC2::InternetGateway": Reader(
        lambda r: _one(
            r, "describe_internet_gateways", "InternetGateways", InternetGatewayIds=[r.id]
        )
    ),
    "AWS::EC2::NatGateway": Reader(_nat_gateway),
    "AWS::EC2::Route": Reader(_route),
    "AWS::EC2::RouteTable": Reader(
        lambda r: _one(r, "describe_route_tables", "RouteTables", RouteTableIds=[r.id])
    ),
    "AWS::EC2::SecurityGroup": Reader(_group),
    "AWS::EC2::SecurityGroupEgress": Reader(_rule),
    "AWS::EC2::SecurityGroupIngress": Reader(_rule),
    "AWS::EC2::Subnet": Reader(lambda r: _one(r, "describe_subnets", "Subnets", SubnetIds=[r.id])),
    "AWS::EC2::SubnetRouteTableAssociation": Reader(_association),
    "AWS::EC2::VPC": Reader(_vpc),
    "AWS::EC2::VPCEndpoint": Reader(_endpoint),
    "AWS::EC2::VPCGatewayAttachment": Reader(_attachment),
}
