"""The VPC of the stage."""

import ipaddress
from collections.abc import Iterator
from typing import Final

from pydantic import Field

from infra.sections.section import IPv4Cidr, Problem, Section

MOST_ZONES: Final = 3


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
        ge=1,
        le=MOST_ZONES,
        description="NAT gateways, through which tasks reach ECR, Secrets Manager and CloudWatch: "
        "about 33 USD a month each and 0.045 USD per GB (us-east-1). One per zone survives the "
        "loss of a zone.",
    )

    flow_logs: bool = Field(
        default=True,
        description="true: packets that a security group or network ACL refuses are logged, so "
        "that a probe, or a rule that is missing, can be seen.",
    )

    def problems(self) -> Iterator[Problem]:
        """Room for the subnets, and gateways that have a zone."""
        if not 16 <= ipaddress.IPv4Network(self.cidr).prefixlen <= 24:
            yield Problem(
                "cidr",
                f"got '{self.cidr}'; choose a network of /16, the largest that a VPC may have, "
                "to /24, in which six subnets still fit a load balancer",
            )
        if self.nat_gateways > self.zones:
            yield Problem(
                "nat_gateways",
                f"got {self.nat_gateways}, more than network.zones {self.zones}; "
                "choose at most one per zone",
            )
