"""Who may reach the endpoint, over what, and with which credentials."""

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from pydantic import Field, Strict

from infra.sections.section import IPv4Cidr, Problem, Section

Auth = Literal["keys", "jwt", "off"]

_LABEL: Final = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
DOMAIN_NAME: Final = rf"^({_LABEL}\.)+{_LABEL}$"
_HOSTED_ZONE_KEYS: Final = ("domain_name", "hosted_zone_id", "hosted_zone_name")


class EndpointSettings(Section):
    """Who may reach the endpoint, over what, and with which credentials."""

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
    certificate_arn: str | None = Field(
        default=None,
        pattern=r"^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/[0-9a-zA-Z-]+$",
        examples=[
            "arn:aws:acm:eu-west-1:111122223333:certificate/12345678-1234-1234-1234-123456789012"
        ],
        description="ACM certificate, in the region of the deploy, for HTTPS and gRPC on port 443; "
        "port 80 redirects. Without one, and without `domain_name`, there is plain HTTP on port 80 "
        "and no gRPC through the load balancer, which speaks gRPC over HTTPS only.",
    )
    domain_name: str | None = Field(
        default=None,
        pattern=DOMAIN_NAME,
        examples=["llm.example.com"],
        description="The endpoint's name in a Route 53 hosted zone of this account. The deploy "
        "points it at the load balancer and, where `certificate_arn` is not set, makes its "
        "certificate.",
    )
    hosted_zone_id: str | None = Field(
        default=None,
        pattern=r"^Z[A-Z0-9]{1,31}$",
        examples=["Z0123456789ABCDEFGHIJ"],
        description="The hosted zone's id: `aws route53 list-hosted-zones`. With `domain_name`.",
    )
    hosted_zone_name: str | None = Field(
        default=None,
        pattern=DOMAIN_NAME,
        examples=["example.com"],
        description="The hosted zone's name, with which `domain_name` ends.",
    )
    allowed_networks: Annotated[tuple[IPv4Cidr, ...], Strict(False)] = Field(
        default=(),
        description="IPv4 networks that may connect to the load balancer. Empty: the VPC's own.",
    )
    access_logs: bool = Field(
        default=False,
        description="true: the load balancer writes a line for each request into a bucket of its "
        "own, which `cdk destroy` leaves behind: it is never empty, and so cannot be deleted.",
    )
    access_logs_days: int = Field(
        default=90, ge=1, le=3650, description="Days after which access logs are deleted."
    )
    rest_auth: Auth = Field(
        default="keys",
        description="'keys': every REST request needs an API key. 'jwt': an access token, as "
        "section `jwt` says. 'off': whoever can connect may ask; refused where the internet can.",
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

    @property
    def secure(self) -> bool:
        """Whether the load balancer speaks HTTPS, and so gRPC too."""
        return self.certificate_arn is not None or self.domain_name is not None

    def problems(self) -> Iterator[Problem]:
        """What the kind of endpoint rules out, what a public one lacks, and half a hosted zone."""
        if self.kind == "api-gateway":
            yield from self._behind_api_gateway()
        else:
            yield from self._hosted_zone()
            if self.public:
                yield from self._unprotected()

    def _behind_api_gateway(self) -> Iterator[Problem]:
        default = EndpointSettings.model_fields
        for key in ("public", "certificate_arn", "allowed_networks", *_HOSTED_ZONE_KEYS):
            value = getattr(self, key)
            if value != default[key].default:
                shown = "true" if value is True else repr(value)
                yield Problem(
                    key,
                    f"got {shown}, but API Gateway alone reaches the load balancer behind it, and "
                    "has a name and a certificate of its own; remove it, or set endpoint.kind to "
                    "'load-balancer'",
                )
        if self.rest_auth == "off":
            yield Problem(
                "rest_auth",
                "got 'off', but an API Gateway is on the internet and needs API keys; set it to "
                "'keys', or endpoint.kind to 'load-balancer'",
            )

    def _hosted_zone(self) -> Iterator[Problem]:
        missing = [key for key in _HOSTED_ZONE_KEYS if getattr(self, key) is None]
        if 0 < len(missing) < len(_HOSTED_ZONE_KEYS):
            for key in missing:
                yield Problem(
                    key,
                    "got none, but a name in a hosted zone takes domain_name, hosted_zone_id and "
                    "hosted_zone_name; add it, or remove the others",
                )
        elif not missing and not f".{self.domain_name}".endswith(f".{self.hosted_zone_name}"):
            yield Problem(
                "domain_name",
                f"got '{self.domain_name}', which is not in the hosted zone "
                f"'{self.hosted_zone_name}'; choose a name that ends with it",
            )

    def _unprotected(self) -> Iterator[Problem]:
        if not self.secure:
            yield Problem(
                "certificate_arn",
                "got none, but a public endpoint must not carry keys over plain HTTP; "
                "name a certificate of AWS Certificate Manager or a hosted zone, or set "
                "endpoint.public to false",
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
