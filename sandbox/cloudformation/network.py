"""AWS::EC2 networks: moto's CloudFormation drops DNS settings and cannot delete half of these."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from moto.core.common_models import CloudFormationModel

from .api import Properties
from .resource import ApiResource


class _Part(ApiResource):
    """A part of a network with an id and tags, made by one EC2 call and deleted by another."""

    def ec2(self, operation: str, parameters: Properties) -> Any:
        return self.call("ec2", operation, parameters)

    def made(self, identity: str, **values: Any) -> None:
        self.physical_resource_id = identity
        self.values = values
        tags = self.take("Tags").get("Tags", [])
        if tags:
            self.ec2("CreateTags", {"Resources": [self.tagged_as], "Tags": tags})


class Vpc(_Part, CloudFormationModel):
    """A VPC with its DNS settings."""

    type_name: ClassVar[str] = "AWS::EC2::VPC"
    returns: ClassVar[frozenset[str]] = frozenset({"CidrBlock", "VpcId"})
    replaced_by: ClassVar[frozenset[str]] = frozenset({"CidrBlock", "InstanceTenancy"})

    def create(self) -> None:
        answer = self.ec2("CreateVpc", self.take("CidrBlock", "InstanceTenancy"))
        identity = answer["Vpc"]["VpcId"]
        self.made(identity, CidrBlock=self.properties["CidrBlock"], VpcId=identity)
        self._put_dns()

    def update(self, before: Properties) -> None:
        self._put_dns()

    def remove(self) -> None:
        self.ec2("DeleteVpc", {"VpcId": self.physical_resource_id})

    def _put_dns(self) -> None:
        for name, value in self.take("EnableDnsHostnames", "EnableDnsSupport").items():
            parameters = {"VpcId": self.physical_resource_id, name: {"Value": value}}
            self.ec2("ModifyVpcAttribute", parameters)


class Subnet(_Part, CloudFormationModel):
    """A subnet, public where MapPublicIpOnLaunch says so."""

    type_name: ClassVar[str] = "AWS::EC2::Subnet"
    returns: ClassVar[frozenset[str]] = frozenset({"AvailabilityZone", "SubnetId", "VpcId"})
    replaced_by: ClassVar[frozenset[str]] = frozenset({"AvailabilityZone", "CidrBlock", "VpcId"})

    def create(self) -> None:
        chosen = self.take("AvailabilityZone", "CidrBlock", "VpcId")
        made = self.ec2("CreateSubnet", chosen)["Subnet"]
        kept = {key: made[key] for key in self.returns}
        self.made(made["SubnetId"], **kept)
        self._put_public()

    def update(self, before: Properties) -> None:
        self._put_public()

    def remove(self) -> None:
        self.ec2("DeleteSubnet", {"SubnetId": self.physical_resource_id})

    def _put_public(self) -> None:
        for name, value in self.take("MapPublicIpOnLaunch").items():
            parameters = {"SubnetId": self.physical_resource_id, name: {"Value": value}}
            self.ec2("ModifySubnetAttribute", parameters)


class RouteTable(_Part, CloudFormationModel):
    """A route table."""

    type_name: ClassVar[str] = "AWS::EC2::RouteTable"
    returns: ClassVar[frozenset[str]] = frozenset({"RouteTableId"})
    replaced_by: ClassVar[frozenset[str]] = frozenset({"VpcId"})

    def create(self) -> None:
        identity = self.ec2("CreateRouteTable", self.take("VpcId"))["RouteTable"]["RouteTableId"]
        self.made(identity, RouteTableId=identity)

    def remove(self) -> None:
        self.ec2("DeleteRouteTable", {"RouteTableId": self.physical_resource_id})


class Route(_Part, CloudFormationModel):
    """One route of a table."""

    type_name: ClassVar[str] = "AWS::EC2::Route"
    replaced_by: ClassVar[frozenset[str]] = frozenset(
        {"DestinationCidrBlock", "DestinationIpv6CidrBlock", "RouteTableId"}
    )
    TARGETS: ClassVar[tuple[str, ...]] = (
        "GatewayId",
        "NatGatewayId",
        "TransitGatewayId",
        "VpcEndpointId",
    )

    def create(self) -> None:
        address = self.take(*self.replaced_by)
        self.ec2("CreateRoute", {**address, **self.take(*self.TARGETS)})
        self.physical_resource_id = "|".join(address.values())

    def update(self, before: Properties) -> None:
        self.ec2("ReplaceRoute", {**self.take(*self.replaced_by), **self.take(*self.TARGETS)})

    def remove(self) -> None:
        self.ec2("DeleteRoute", self.take(*self.replaced_by))


class SubnetRouteTableAssociation(_Part, CloudFormationModel):
    """Ties a subnet to its route table."""

    type_name: ClassVar[str] = "AWS::EC2::SubnetRouteTableAssociation"
    returns: ClassVar[frozenset[str]] = frozenset({"Id"})
    replaced_by: ClassVar[frozenset[str]] = frozenset({"RouteTableId", "SubnetId"})

    def create(self) -> None:
        made = self.ec2("AssociateRouteTable", self.take("RouteTableId", "SubnetId"))
        self.physical_resource_id = made["AssociationId"]
        self.values = {"Id": self.physical_resource_id}

    def remove(self) -> None:
        self.ec2("DisassociateRouteTable", {"AssociationId": self.physical_resource_id})


class InternetGateway(_Part, CloudFormationModel):
    """An internet gateway."""

    type_name: ClassVar[str] = "AWS::EC2::InternetGateway"
    returns: ClassVar[frozenset[str]] = frozenset({"InternetGatewayId"})

    def create(self) -> None:
        made = self.ec2("CreateInternetGateway", {})["InternetGateway"]
        self.made(made["InternetGatewayId"], InternetGatewayId=made["InternetGatewayId"])

    def remove(self) -> None:
        self.ec2("DeleteInternetGateway", {"InternetGatewayId": self.physical_resource_id})


class VpcGatewayAttachment(_Part, CloudFormationModel):
    """Ties an internet gateway to a VPC."""

    type_name: ClassVar[str] = "AWS::EC2::VPCGatewayAttachment"
    replaced_by: ClassVar[frozenset[str]] = frozenset({"VpcId"})

    def create(self) -> None:
        pair = self.take("InternetGatewayId", "VpcId")
        self.ec2("AttachInternetGateway", pair)
        self.physical_resource_id = f"IGW|{pair['VpcId']}"

    def update(self, before: Properties) -> None:
        self.ec2("DetachInternetGateway", before)
        self.ec2("AttachInternetGateway", self.take("InternetGatewayId", "VpcId"))

    def remove(self) -> None:
        self.ec2("DetachInternetGateway", self.take("InternetGatewayId", "VpcId"))


class Eip(_Part, CloudFormationModel):
    """An address for a NAT gateway."""

    type_name: ClassVar[str] = "AWS::EC2::EIP"
    returns: ClassVar[frozenset[str]] = frozenset({"AllocationId", "PublicIp"})

    def create(self) -> None:
        made = self.ec2("AllocateAddress", self.take("Domain"))
        values = {"AllocationId": made["AllocationId"], "PublicIp": made["PublicIp"]}
        self.made(made["PublicIp"], **values)

    def remove(self) -> None:
        self.ec2("ReleaseAddress", {"AllocationId": self.values["AllocationId"]})


class NatGateway(_Part, CloudFormationModel):
    """A NAT gateway."""

    type_name: ClassVar[str] = "AWS::EC2::NatGateway"
    returns: ClassVar[frozenset[str]] = frozenset({"NatGatewayId"})
    replaced_by: ClassVar[frozenset[str]] = frozenset(
        {"AllocationId", "ConnectivityType", "SubnetId"}
    )

    def create(self) -> None:
        made = self.ec2("CreateNatGateway", self.take(*self.replaced_by))["NatGateway"]
        self.made(made["NatGatewayId"], NatGatewayId=made["NatGatewayId"])

    def remove(self) -> None:
        self.ec2("DeleteNatGateway", {"NatGatewayId": self.physical_resource_id})


class VpcEndpoint(_Part, CloudFormationModel):
    """A gateway or interface endpoint of an AWS service."""

    type_name: ClassVar[str] = "AWS::EC2::VPCEndpoint"
    returns: ClassVar[frozenset[str]] = frozenset({"Id"})
    replaced_by: ClassVar[frozenset[str]] = frozenset({"ServiceName", "VpcEndpointType", "VpcId"})
    LISTS: ClassVar[tuple[str, ...]] = ("RouteTableIds", "SecurityGroupIds", "SubnetIds")

    def create(self) -> None:
        chosen = self.take(*self.replaced_by, "PrivateDnsEnabled", *self.LISTS)
        made = self.ec2("CreateVpcEndpoint", {**chosen, **self._policy()})["VpcEndpoint"]
        self.made(made["VpcEndpointId"], Id=made["VpcEndpointId"])

    def update(self, before: Properties) -> None:
        changes = self._policy() or {"ResetPolicy": "PolicyDocument" in before}
        for name in self.LISTS:
            old, new = before.get(name, []), self.properties.get(name, [])
            changes[f"Add{name}"] = [item for item in new if item not in old]
            changes[f"Remove{name}"] = [item for item in old if item not in new]
        chosen = {key: value for key, value in changes.items() if value}
        self.ec2("ModifyVpcEndpoint", {"VpcEndpointId": self.physical_resource_id, **chosen})

    def _policy(self) -> Properties:
        policy = self.take("PolicyDocument").get("PolicyDocument")
        return {} if policy is None else {"PolicyDocument": json.dumps(policy)}

    def remove(self) -> None:
        self.ec2("DeleteVpcEndpoints", {"VpcEndpointIds": [self.physical_resource_id]})


class FlowLog(_Part, CloudFormationModel):
    """A log of a VPC's packets, to CloudWatch Logs."""

    type_name: ClassVar[str] = "AWS::EC2::FlowLog"
    returns: ClassVar[frozenset[str]] = frozenset({"Id"})
    replaced_by: ClassVar[frozenset[str]] = frozenset(
        {
            *("DeliverLogsPermissionArn", "DestinationOptions", "LogDestination"),
            *("DeliverCrossAccountRole", "LogDestinationType", "LogFormat", "LogGroupName"),
            *("MaxAggregationInterval", "ResourceId", "ResourceType", "TrafficType"),
            "TagFieldSpecifications",
        }
    )

    def create(self) -> None:
        chosen = self.take(
            "DeliverLogsPermissionArn", "LogGroupName", "ResourceType", "TrafficType"
        )
        resource = self.take("ResourceId")["ResourceId"]
        kind = self.take("LogDestinationType")
        answer = self.ec2("CreateFlowLogs", {**chosen, **kind, "ResourceIds": [resource]})
        (identity,) = answer["FlowLogIds"]
        self.made(identity, Id=identity)

    def remove(self) -> None:
        self.ec2("DeleteFlowLogs", {"FlowLogIds": [self.physical_resource_id]})
