"""A VPC that is there already: named by its ids, looked up nowhere, changed in nothing."""

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from pydantic import Field, Strict

from infra.sections.section import IPv4Cidr, Problem, Section

# A load balancer takes subnets of at least two zones; a task's network at most 16 subnets.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AwsVpcConfiguration.html
LEAST_SUBNETS: Final = 2
MOST_SUBNETS: Final = 16

SubnetId = Annotated[str, Field(pattern=r"^subnet-([0-9a-f]{8}|[0-9a-f]{17})$")]
RouteTableId = Annotated[str, Field(pattern=r"^rtb-([0-9a-f]{8}|[0-9a-f]{17})$")]
Egress = Literal["internet", "endpoints-there", "endpoints-made"]


class ExistingVpcSettings(Section):
    """A VPC that is there already, instead of one of the stage's own. Its owner pays for it."""

    id: str | None = Field(
        default=None,
        pattern=r"^vpc-([0-9a-f]{8}|[0-9a-f]{17})$",
        examples=["vpc-0123456789abcdef0"],
        description="The VPC's id. The stage then has no stack `network`, and section `network` "
        "says nothing but `private_hosts`. How a deployed stage moves into another VPC: "
        "docs/network.md.",
    )
    private_subnet_ids: Annotated[tuple[SubnetId, ...], Strict(False)] = Field(
        default=(),
        examples=["subnet-0123456789abcdef0"],
        description="Subnets for the tasks and an internal load balancer: two or more, each in "
        "another zone.",
    )
    public_subnet_ids: Annotated[tuple[SubnetId, ...], Strict(False)] = Field(
        default=(),
        examples=["subnet-0123456789abcdef1"],
        description="Subnets with a route to an internet gateway, each in another zone: for a "
        "public load balancer, and for nothing else.",
    )
    cidr: IPv4Cidr | None = Field(
        default=None,
        description="The VPC's IPv4 network, where `endpoint.allowed_networks` is empty and means "
        "it.",
    )
    egress: Egress = Field(
        default="internet",
        description="How tasks reach AWS from the private subnets. 'internet': by NAT or another "
        "route out. 'endpoints-there': by endpoints that the VPC has. 'endpoints-made': by "
        "interface endpoints that the stage makes, up to four, about 7.30 USD a month each in each "
        "zone (us-east-1); a VPC takes one for each service. Without 'internet', what needs it is "
        "refused.",
    )
    route_table_ids: Annotated[tuple[RouteTableId, ...], Strict(False)] = Field(
        default=(),
        examples=["rtb-0123456789abcdef0"],
        description="With 'endpoints-made': the private subnets' route tables, for an endpoint to "
        "S3, which is free. None: they have one.",
    )
    flow_logs: bool = Field(
        default=False,
        description="true: packets that the VPC refuses are logged, of all that is in it. "
        "CloudWatch charges for each GB.",
    )

    def problems(self) -> Iterator[Problem]:
        """Ids that belong together."""
        if self.id is None:
            yield from self._without_a_vpc()
            return
        yield from self._subnets()
        if self.route_table_ids and self.egress != "endpoints-made":
            yield Problem(
                "route_table_ids",
                f"got '{self.route_table_ids[0]}', but existing_vpc.egress is '{self.egress}' and "
                "no endpoint is made; remove it, or set egress to 'endpoints-made'",
            )

    def _without_a_vpc(self) -> Iterator[Problem]:
        for key, value in self.changed(*ExistingVpcSettings.model_fields):
            yield Problem(
                key,
                f"got {value}, but existing_vpc.id is not set; name the VPC, or remove this",
            )

    def _subnets(self) -> Iterator[Problem]:
        for key in ("private_subnet_ids", "public_subnet_ids"):
            ids = getattr(self, key)
            wanted = key == "private_subnet_ids" or ids
            if wanted and not LEAST_SUBNETS <= len(ids) <= MOST_SUBNETS:
                yield Problem(
                    key,
                    f"got {len(ids)}; list {LEAST_SUBNETS} to {MOST_SUBNETS}, each in another zone",
                )
        both = [*self.private_subnet_ids, *self.public_subnet_ids]
        for twice in sorted({subnet for subnet in both if both.count(subnet) > 1}):
            yield Problem(
                "private_subnet_ids",
                f"got '{twice}' twice; name each subnet once, as private or as public",
            )
