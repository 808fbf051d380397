"""What two resources cannot have at the same time: a fixed name, a port, a place in a table.

CloudFormation makes the new resource before it deletes the old one. Where both have the same name,
it cannot: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-name.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from delivery import schemas
from delivery.changes import Resource, references

# Unique though the schema's identifier is another one, an id that AWS makes up. In an account and
# region, or in what the other properties name.
UNIQUE: Final[Mapping[str, tuple[str, ...]]] = {
    "AWS::EC2::Route": ("RouteTableId", "DestinationCidrBlock"),
    "AWS::EC2::SecurityGroup": ("VpcId", "GroupName"),
    "AWS::EC2::SecurityGroupEgress": (
        *("GroupId", "IpProtocol", "FromPort", "ToPort"),
        "DestinationSecurityGroupId",
    ),
    "AWS::EC2::SecurityGroupIngress": (
        *("GroupId", "IpProtocol", "FromPort", "ToPort"),
        "SourceSecurityGroupId",
    ),
    "AWS::EC2::SubnetRouteTableAssociation": ("SubnetId",),
    "AWS::EC2::VPCGatewayAttachment": ("VpcId", "InternetGatewayId"),
    "AWS::ECS::Service": ("Cluster", "ServiceName"),
    "AWS::ElasticLoadBalancingV2::Listener": ("LoadBalancerArn", "Port"),
    "AWS::ElasticLoadBalancingV2::ListenerRule": ("ListenerArn", "Priority"),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": ("Name",),
    "AWS::ElasticLoadBalancingV2::TargetGroup": ("Name",),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName",),
    # Of a name with one record; records that share it have a SetIdentifier, and we have none such.
    "AWS::Route53::RecordSet": ("HostedZoneId", "Name", "Type"),
    "AWS::SecretsManager::Secret": ("Name",),
    "AWS::SNS::Topic": ("TopicName",),
    "AWS::WAFv2::WebACLAssociation": ("ResourceArn",),
}


def identity(body: Resource) -> tuple[str, ...] | None:
    """Type and values that no second one may have; None where AWS makes them up."""
    kind = body["Type"]
    values = [body.get("Properties", {}).get(name) for name in _names(kind)]
    if not values or any(value is None for value in values):
        return None
    return (kind, *(json.dumps(value, sort_keys=True) for value in values))


def shared_identity(body: Resource) -> tuple[str, ...] | None:
    """The same where it means the same in every stack: it names no resource, nor its stack."""
    found = identity(body)
    values = [json.loads(value) for value in (found or ())[1:]]
    elsewhere = all(name.startswith("AWS::") for name in references(values))
    return found if elsewhere and "AWS::Stack" not in json.dumps(values) else None


def named(body: Resource) -> str:
    """The same in words, with the values that a person can read."""
    values = ((name, body["Properties"][name]) for name in _names(body["Type"]))
    return ", ".join(f"{name} {value}" if _plain(value) else name for name, value in values)


def names_any(body: Resource, replaced: Iterable[str]) -> bool:
    """Whether its identity names one of these resources, and so is another one after the update."""
    values = [body.get("Properties", {}).get(name) for name in _names(body["Type"])]
    return bool(references(values) & set(replaced))


def _names(kind: str) -> tuple[str, ...]:
    return UNIQUE.get(kind) or schemas.settable_identifier(kind)


def _plain(value: Any) -> bool:
    return isinstance(value, str | int)
