"""Who may reach the endpoint, over what, and with which credentials."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, Strict

from infra.sections.section import IPv4Cidr, Problem, Section

Auth = Literal["keys", "jwt", "off"]


class EndpointSettings(Section):
    """Who may reach the endpoint, over what, and with which credentials."""

    public: bool = Field(
        default=False,
        description="true: the load balancer is on the internet. false: only the networks in "
        "`allowed_networks` that are routed to the VPC reach it.",
    )
    certificate_arn: str | None = Field(
        default=None,
        pattern=r"^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/[0-9a-zA-Z-]+$",
        examples=[
            "arn:aws:acm:eu-west-1:111122223333:certificate/12345678-1234-1234-1234-123456789012"
        ],
        description="ACM certificate, in the region of the deploy, for HTTPS and gRPC on port 443. "
        "Without one there is plain HTTP on port 80 and no gRPC through the load balancer, which "
        "speaks gRPC over HTTPS only.",
    )
    allowed_networks: Annotated[tuple[IPv4Cidr, ...], Strict(False)] = Field(
        default=(),
        description="IPv4 networks that may connect to the load balancer. Empty: the VPC's own.",
    )
    rest_auth: Auth = Field(
        default="keys",
        description="'keys': every REST request needs an API key. 'jwt': an access token, as "
        "section `jwt` says. 'off': whoever can connect may ask; refused for a public endpoint.",
    )
    grpc_auth: Auth = Field(default="keys", description="The same for gRPC calls.")
    keys_poll_seconds: int = Field(
        default=60,
        ge=5,
        le=3600,
        description="Seconds between two reads of the API keys: how long a new key may take to "
        "work and a removed one to stop. At 60 a task's reads cost about 0.22 USD a month "
        "(0.05 USD per 10,000).",
    )

    def problems(self) -> Iterator[Problem]:
        """What a public endpoint lacks."""
        if not self.public:
            return
        if self.certificate_arn is None:
            yield Problem(
                "certificate_arn",
                "got none, but a public endpoint must not carry keys over plain HTTP; "
                "name a certificate of AWS Certificate Manager, or set endpoint.public to false",
            )
        if not self.allowed_networks:
            yield Problem(
                "allowed_networks",
                "got none, but a public endpoint must say who may connect; "
                'list networks, or ["0.0.0.0/0"] for everyone',
            )
        for key in ("rest_auth", "grpc_auth"):
            if getattr(self, key) == "off":
                yield Problem(
                    key,
                    "got 'off', but a public endpoint must know its callers; "
                    "set it to 'keys' or 'jwt', or endpoint.public to false",
                )
