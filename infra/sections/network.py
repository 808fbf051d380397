"""The VPC of the stage."""

import ipaddress
from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import Field, Strict

from infra.sections.section import IPv4Cidr, Problem, Section

MOST_ZONES: Final = 3
# A VPC's network is private, shared (100.64.0.0/10) or publicly routable, and these are neither:
# https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
# https://www.iana.org/assignments/iana-ipv4-special-registry/
NO_VPC: Final = tuple(
    map(
        ipaddress.IPv4Network,
        ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4"),
    )
)
Host = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")]


class NetworkSettings(Section):
    """The VPC of the stage."""

    cidr: IPv4Cidr = Field(
        default="10.0.0.0/16",
        description="The VPC's IPv4 network, /16 to /24. Choose one that no network it will be "
        "peered with uses: another one later means another VPC.",
    )
    zones: int = Field(
        default=2,
        ge=2,
        le=MOST_ZONES,
        description="Availability zones. A load balancer needs two. With three, a zone's failure "
        "takes a third and not half; the region must give the account three. It can grow, but not "
        "shrink, while the service is deployed.",
    )
    nat_gateways: int = Field(
        default=1,
        ge=0,
        le=MOST_ZONES,
        description="NAT gateways, through which tasks reach ECR, Secrets Manager and CloudWatch: "
        "about 33 USD a month each and 0.045 USD per GB (us-east-1). One per zone survives the "
        "loss of a zone. 0: tasks have no way to the internet, and reach those by interface "
        "endpoints, up to four of them, about 7.30 USD a month each in each zone and something per "
        "GB: with two zones more than a NAT gateway. What needs the internet is refused.",
    )
    flow_logs: bool = Field(
        default=True,
        description="true: packets that a security group or network ACL refuses are logged, so "
        "that a probe, or a rule that is missing, can be seen. CloudWatch charges for each GB.",
    )
    private_hosts: Annotated[tuple[Host, ...], Strict(False)] = Field(
        default=(),
        examples=["id.example.com"],
        description="Names that tasks reach without the internet, inside the VPC or in a network "
        "routed to it. Where tasks have no way out, an issuer or a collector elsewhere is "
        "refused, but for private addresses and names under `.internal`.",
    )

    def problems(self) -> Iterator[Problem]:
        """Room for the subnets, and gateways that have a zone."""
        network = ipaddress.IPv4Network(self.cidr)
        if not 16 <= network.prefixlen <= 24:
            yield Problem(
                "cidr",
                f"got '{self.cidr}'; choose a network of /16, the largest that a VPC may have, "
                "to /24, in which six subnets still fit a load balancer",
            )
        elif of := next(filter(network.overlaps, NO_VPC), None):
            yield Problem(
                "cidr",
                f"got '{self.cidr}', but no VPC has a network of {of}, whose addresses have a "
                "meaning of their own; choose one of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16",
            )
        if self.nat_gateways > self.zones:
            yield Problem(
                "nat_gateways",
                f"got {self.nat_gateways}, more than network.zones {self.zones}; "
                "choose at most one per zone",
            )
