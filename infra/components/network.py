"""The VPC that a stage is in, and which of its subnets are for whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

from aws_cdk import Annotations
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from infra.sections.existing_vpc import ExistingVpcSettings


@dataclass(frozen=True, slots=True)
class Network:
    """A VPC; its subnets for tasks and for an internal load balancer; those for a public one."""

    vpc: ec2.IVpc
    private: ec2.SubnetSelection
    public: ec2.SubnetSelection

    @staticmethod
    def of(vpc: ec2.IVpc) -> Network:
        """Of one made here, whose private subnets are of one type with NAT, of another without."""
        return Network(
            vpc=vpc,
            private=ec2.SubnetSelection(subnets=vpc.private_subnets or vpc.isolated_subnets),
            public=ec2.SubnetSelection(subnets=vpc.public_subnets),
        )


def existing_network(scope: Construct, *, settings: ExistingVpcSettings) -> Network:
    """Of a VPC that is there: only what the settings say of it is known, and none of it changed."""
    vpc = ec2.Vpc.from_vpc_attributes(
        scope,
        "Vpc",
        vpc_id=settings.id or "",
        availability_zones=["unknown"],  # the construct wants one; nothing here asks for it
    )
    return Network(
        vpc=vpc,
        private=_existing(scope, "Private", settings.private_subnet_ids, settings.route_table_ids),
        public=_existing(scope, "Public", settings.public_subnet_ids, ()),
    )


def _existing(
    scope: Construct, name: str, subnet_ids: Sequence[str], route_table_ids: Sequence[str]
) -> ec2.SubnetSelection:
    return ec2.SubnetSelection(
        subnets=[
            _subnet(scope, f"{name}Subnet{index}", subnet_id, zone=str(index), route_table_id=table)
            for index, (subnet_id, table) in enumerate(
                zip(subnet_ids, cycle(route_table_ids or [None]), strict=False)
            )
        ]
    )


def _subnet(
    scope: Construct, construct_id: str, subnet_id: str, *, zone: str, route_table_id: str | None
) -> ec2.ISubnet:
    """As if in a zone of its own, or endpoints would be put into the first one alone. Which route
    table it has does not matter: an endpoint is put into all of them."""
    subnet = ec2.Subnet.from_subnet_attributes(
        scope,
        construct_id,
        subnet_id=subnet_id,
        availability_zone=zone,
        route_table_id=route_table_id,
    )
    if route_table_id is None:
        Annotations.of(subnet).acknowledge_warning(
            "@aws-cdk/aws-ec2:noSubnetRouteTableId", "Nothing of this stage changes its routes."
        )
    return subnet
