"""What an account has before a stage that names it is deployed: a certificate, a zone, a VPC."""

from __future__ import annotations

from ipaddress import IPv4Network
from itertools import cycle
from pathlib import Path
from typing import Final

import boto3

from infra.sections.existing_vpc import ExistingVpcSettings
from infra.settings import StageSettings
from sandbox.certificate import ensure_certificate
from sandbox.state import REGION

NETWORK: Final = "10.9.0.0/16"
ZONES: Final = ("us-east-1a", "us-east-1b", "us-east-1c")


def furnish(settings: StageSettings) -> dict[str, str]:
    """Make it in moto, and say which names moto gave it, by those that the settings have."""
    return dict(_made(settings))


def rename(assembly: Path, made: dict[str, str]) -> None:
    """Have the assembly name what there is."""
    for file in assembly.glob("*.json"):
        text = file.read_text(encoding="utf-8")
        for named, real in made.items():
            text = text.replace(named, real)
        file.write_text(text, encoding="utf-8")


def _made(settings: StageSettings) -> dict[str, str]:
    made = {}
    if arn := settings.endpoint.certificate_arn:
        made[arn] = ensure_certificate(region=REGION)
    domain = settings.domain
    if domain.hosted_zone_id and domain.hosted_zone_name:
        client = boto3.client("route53")
        zone = client.create_hosted_zone(Name=domain.hosted_zone_name, CallerReference="1")
        made[domain.hosted_zone_id] = zone["HostedZone"]["Id"].rpartition("/")[2]
    if settings.existing_vpc.id:
        made |= _vpc(settings.existing_vpc.id, settings.existing_vpc)
    return made


def _vpc(name: str, wanted: ExistingVpcSettings) -> dict[str, str]:
    """With a subnet for each of those that are named, each in a zone other than its neighbour's."""
    client = boto3.client("ec2", region_name=REGION)
    vpc = client.create_vpc(CidrBlock=NETWORK)["Vpc"]["VpcId"]
    blocks = IPv4Network(NETWORK).subnets(new_prefix=24)
    made = {name: vpc}
    for names in (wanted.private_subnet_ids, wanted.public_subnet_ids):
        for subnet, zone in zip(names, cycle(ZONES), strict=False):
            made[subnet] = client.create_subnet(
                VpcId=vpc, CidrBlock=str(next(blocks)), AvailabilityZone=zone
            )["Subnet"]["SubnetId"]
    for table in wanted.route_table_ids:
        made[table] = client.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    return made
