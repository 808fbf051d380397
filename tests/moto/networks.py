"""VPCs that are there before a stage is deployed."""

from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

import boto3
from moto.moto_api._internal import mock_random

ZONES = ("us-east-1a", "us-east-1b")


@dataclass(frozen=True)
class Vpc:
    """Two private and two public subnets, in two zones."""

    id: str
    cidr: str
    private: list[str]
    public: list[str]
    route_table: str

    @property
    def settings(self) -> dict[str, Any]:
        """What a stage's file says of it."""
        return {
            "id": self.id,
            "cidr": self.cidr,
            "private_subnet_ids": self.private,
            "public_subnet_ids": self.public,
        }


def make_vpc(cidr: str) -> Vpc:
    """In moto in this process with the same ids each time, so that one assembly names them all."""
    mock_random.seed(cidr)
    client = boto3.client("ec2", region_name="us-east-1")
    vpc = client.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
    blocks = IPv4Network(cidr).subnets(new_prefix=24)
    ids = [
        client.create_subnet(VpcId=vpc, CidrBlock=str(next(blocks)), AvailabilityZone=zone)[
            "Subnet"
        ]["SubnetId"]
        for zone in ZONES * 2
    ]
    table = client.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    return Vpc(id=vpc, cidr=cidr, private=ids[:2], public=ids[2:], route_table=table)
