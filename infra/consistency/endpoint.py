"""The rules between the sections that say who may reach the endpoint, and how."""

from collections.abc import Iterator
from typing import Final

from infra.consistency.scaling import Schedules, all_day
from infra.sections.api_gateway import ApiGatewaySettings
from infra.sections.auth import TRANSPORTS, AuthSettings
from infra.sections.browser import ANY_ORIGIN, BrowserSettings
from infra.sections.domain import DomainSettings
from infra.sections.endpoint import EndpointSettings
from infra.sections.jwt import JwtSettings
from infra.sections.limits import LimitSettings
from infra.sections.load_balancer import LoadBalancerSettings
from infra.sections.scaling import ScalingSettings
from infra.sections.section import Problem
from infra.timeouts import MAX_GATEWAY_SILENCE_SECONDS, TimeoutBudget

# Of these, healthy ones, the load balancer judges each by the others.
FEWEST_FOR_ANOMALIES: Final = 3
LONGEST_CERTIFIED_NAME: Final = 64


def public(
    endpoint: EndpointSettings, domain: DomainSettings, auth: AuthSettings
) -> Iterator[Problem]:
    """Who can be reached from the internet encrypts, and knows its callers."""
    if endpoint.behind_api_gateway:
        yield from _behind_api_gateway(domain, auth)
        return
    if not endpoint.public:
        return
    if endpoint.certificate_arn is None and domain.name is None:
        yield Problem(
            "endpoint.certificate_arn",
            "got none, but a public endpoint must not carry keys over plain HTTP; "
            "name a certificate of AWS Certificate Manager or a hosted zone (section domain), or "
            "set endpoint.public to false",
        )
    for transport in TRANSPORTS:
        served = transport == "rest" or endpoint.grpc
        if served and getattr(auth, transport) == "off":
            yield Problem(
                f"auth.{transport}",
                "got 'off', but a public endpoint must know its callers; "
                "set it to 'keys' or 'jwt', or endpoint.public to false",
            )


def certificate(endpoint: EndpointSettings, domain: DomainSettings) -> Iterator[Problem]:
    """A certificate can be made for the name.

    https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html
    """
    if domain.name is None or endpoint.certificate_arn is not None:
        return
    if len(domain.name) > LONGEST_CERTIFIED_NAME:
        yield Problem(
            "domain.name",
            f"got '{domain.name}', but a certificate is made for a name of at most "
            f"{LONGEST_CERTIFIED_NAME} signs; choose a shorter one, or name a certificate in "
            "endpoint.certificate_arn",
        )


def _behind_api_gateway(domain: DomainSettings, auth: AuthSettings) -> Iterator[Problem]:
    if domain.name is not None:
        yield Problem(
            "domain.name",
            f"got '{domain.name}', but an API Gateway has a name and a certificate of its own; "
            "remove it, or set endpoint.kind to 'load-balancer'",
        )
    if auth.rest == "off":
        yield Problem(
            "auth.rest",
            "got 'off', but an API Gateway is on the internet and needs API keys; set it to "
            "'keys', or endpoint.kind to 'load-balancer'",
        )


def access_tokens(auth: AuthSettings, jwt: JwtSettings) -> Iterator[Problem]:
    """Whoever asks for access tokens knows whose."""
    asking = [transport for transport in TRANSPORTS if getattr(auth, transport) == "jwt"]
    if not asking:
        return
    for key in ("issuer", "audience", "jwks_url"):
        if getattr(jwt, key) is None:
            yield Problem(
                f"jwt.{key}",
                f"got none, but auth.{asking[0]} is 'jwt'; set it, or ask for 'keys'",
            )


def pages(
    browser: BrowserSettings,
    *,
    endpoint: EndpointSettings,
    auth: AuthSettings,
    gateway: ApiGatewaySettings,
) -> Iterator[Problem]:
    """What keeps the pages of strangers out, and lets those in that are named."""
    if browser.cors_origins == (ANY_ORIGIN,) and auth.rest == "off":
        yield Problem(
            "browser.cors_origins",
            "got '*', but auth.rest is 'off', and any page that somebody in your networks opens "
            "could use the endpoint; list origins, or ask for keys",
        )
    # A browser asks before it sends a page's request, and sends no key with that.
    if endpoint.behind_api_gateway and browser.cors_origins and gateway.require_api_key:
        yield Problem(
            "browser.cors_origins",
            f"got '{browser.cors_origins[0]}', but API Gateway lets nothing through without its "
            "key, and a browser's preflight has none; set api_gateway.require_api_key to false",
        )


def algorithm(
    load_balancer: LoadBalancerSettings, scaling: ScalingSettings, schedules: Schedules
) -> Iterator[Problem]:
    """A task that fails more than its siblings has siblings enough to tell.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html
    """
    fewest = all_day(schedules, scaling).fewest
    if load_balancer.algorithm == "weighted-random" and fewest < FEWEST_FOR_ANOMALIES:
        yield Problem(
            "load_balancer.algorithm",
            f"got 'weighted-random', but {fewest} may run at some time (scaling.min_tasks, "
            "schedules), and the load balancer tells a failing task from the others among "
            f"{FEWEST_FOR_ANOMALIES} at least; raise min_tasks there to {FEWEST_FOR_ANOMALIES}, "
            "or choose 'least-outstanding-requests'",
        )


def gateway_time(endpoint: EndpointSettings, limits: LimitSettings) -> Iterator[Problem]:
    """API Gateway waits for the longest request."""
    longest = limits.longest_generation_seconds
    if not endpoint.behind_api_gateway or _fits_gateway(longest):
        return
    most = max(filter(_fits_gateway, range(1, longest)))
    yield Problem(
        "limits.longest_generation_seconds",
        f"got {longest}, but API Gateway cuts what is silent for {MAX_GATEWAY_SILENCE_SECONDS} s, "
        "as an answer is that waits for a slot and is not streamed; choose at most "
        f"{most}, or set endpoint.kind to 'load-balancer'",
    )


def _fits_gateway(longest_generation_seconds: int) -> bool:
    budget = TimeoutBudget(longest_generation_seconds)
    return budget.gateway_timeout_seconds <= MAX_GATEWAY_SILENCE_SECONDS
