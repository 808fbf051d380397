"""Where a stage is asked, and what it asks of those who ask."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from infra.settings import StageSettings


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint as its callers see it. `grpc_url` is None where gRPC does not reach it."""

    url: str
    grpc_url: str | None = None
    rest_is_open: bool = False
    """Whether REST asks for no key."""
    grpc_is_open: bool = False
    needs_gateway_key: bool = False
    """Whether an API Gateway before it asks for a key of its own."""
    internal: bool = False
    """Whether only the networks that are routed to the VPC reach it."""


def endpoint_of(settings: StageSettings, url: str, grpc_url: str = "") -> Endpoint:
    """The stage's endpoint at this address; `grpc_url` is where gRPC is elsewhere than REST."""
    return Endpoint(
        url=url.rstrip("/"),
        grpc_url=grpc_url or _grpc_beside(settings, url),
        rest_is_open=settings.auth.rest == "off",
        grpc_is_open=settings.auth.grpc == "off",
        needs_gateway_key=settings.api_gateway.require_api_key,
        internal=settings.endpoint.kind == "load-balancer" and not settings.endpoint.public,
    )


def _grpc_beside(settings: StageSettings, url: str) -> str | None:
    """The load balancer speaks gRPC on the same port, over HTTPS only; an API Gateway never."""
    parts = urlsplit(url)
    if settings.endpoint.kind != "load-balancer" or parts.scheme != "https":
        return None
    return f"grpcs://{parts.netloc}"
