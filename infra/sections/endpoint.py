"""Where the endpoint is, and which networks may reach it."""

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from pydantic import Field, Strict

from infra.sections.section import IPv4Cidr, Problem, Section

# What an endpoint behind API Gateway has no use for.
_OF_A_LOAD_BALANCER: Final = ("public", "certificate_arn", "allowed_networks")


class EndpointSettings(Section):
    """Where the endpoint is, and which networks may reach it."""

    kind: Literal["load-balancer", "api-gateway"] = Field(
        default="load-balancer",
        description="'load-balancer': clients connect to it, with REST and gRPC. 'api-gateway': "
        "REST only, over HTTPS under a name that AWS gives, from the internet and with no domain "
        "of your own; the load balancer behind it is internal.",
    )
    public: bool = Field(
        default=False,
        description="true: the load balancer is on the internet. false: only the networks in "
        "`allowed_networks` that are routed to the VPC reach it.",
    )
    allowed_networks: Annotated[tuple[IPv4Cidr, ...], Strict(False)] = Field(
        default=(),
        description="IPv4 networks that may connect to the load balancer. Empty: the VPC's own.",
    )
    certificate_arn: str | None = Field(
        default=None,
        pattern=r"^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/[0-9a-zA-Z-]+$",
        examples=[
            "arn:aws:acm:eu-west-1:111122223333:certificate/12345678-1234-1234-1234-123456789012"
        ],
        description="ACM certificate, in the region of the deploy, for HTTPS and gRPC on port 443; "
        "port 80 redirects. Without one, and without `domain.name`, there is plain HTTP on port 80 "
        "and no gRPC through the load balancer, which speaks gRPC over HTTPS only.",
    )
    grpc: bool = Field(
        default=True,
        description="false: no gRPC, also where there is HTTPS.",
    )
    trusted_hops: int | None = Field(
        default=None,
        ge=0,
        le=10,
        description="Proxies that each request passes and that add to X-Forwarded-For, where the "
        "log finds the client's address: the load balancer, the API Gateway, and what you have "
        "before them. None: 1, or 2 behind an API Gateway. That nobody passes fewer is the "
        "security groups' doing: who can connect to a task itself can claim any address.",
    )

    @property
    def behind_api_gateway(self) -> bool:
        """Whether API Gateway alone reaches the load balancer."""
        return self.kind == "api-gateway"

    def problems(self) -> Iterator[Problem]:
        """What the kind of endpoint rules out, and who may connect to a public one."""
        if self.behind_api_gateway:
            yield from self._of_a_load_balancer()
        elif self.public and not self.allowed_networks:
            yield Problem(
                "allowed_networks",
                "got none, but a public endpoint must say who may connect; "
                'list networks, or ["0.0.0.0/0"] for everyone',
            )

    def _of_a_load_balancer(self) -> Iterator[Problem]:
        for key, value in self.changed(*_OF_A_LOAD_BALANCER):
            yield Problem(
                key,
                f"got {value}, but API Gateway alone reaches the load balancer behind it, and "
                "has a name and a certificate of its own; remove it, or set endpoint.kind to "
                "'load-balancer'",
            )
