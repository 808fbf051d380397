"""Where the endpoint is and who asks. The URL's scheme chooses the transport; keys are hidden."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

Transport = Literal["rest", "grpc"]

KEY_VARIABLE = "LLM_API_KEY"
GATEWAY_KEY_VARIABLE = "LLM_GATEWAY_API_KEY"
SCHEMES: dict[str, tuple[Transport, bool]] = {
    "http": ("rest", False),
    "https": ("rest", True),
    "grpc": ("grpc", False),
    "grpcs": ("grpc", True),
}


@dataclass(frozen=True)
class Address:
    """An endpoint, as one of the two transports needs it. Its repr has no key.

    `api_key` is the endpoint's own; `gateway_api_key` is asked for by an API Gateway before it.
    """

    transport: Transport
    tls: bool
    host: str
    port: int
    path: str
    api_key: str | None = field(repr=False)
    ca_file: str | None = None
    gateway_api_key: str | None = field(default=None, repr=False)

    @property
    def base_url(self) -> str:
        return f"http{'s' if self.tls else ''}://{self.host}:{self.port}{self.path}"

    @property
    def target(self) -> str:
        """The gRPC channel's."""
        return f"{self.host}:{self.port}"

    @property
    def authorization(self) -> dict[str, str]:
        """The header or metadata entry that carries the key, if there is one."""
        return {"authorization": f"Bearer {self.api_key}"} if self.api_key else {}

    @property
    def headers(self) -> dict[str, str]:
        """All that every REST request carries to be let in."""
        gateway = {"x-api-key": self.gateway_api_key} if self.gateway_api_key else {}
        return {**self.authorization, **gateway}


def address(
    url: str,
    *,
    api_key: str | None,
    transport: Transport | None,
    ca_file: str | None = None,
    gateway_api_key: str | None = None,
) -> Address:
    """Raises ValueError that says what to write instead."""
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise ValueError(
            f"no address of an endpoint: got scheme {parts.scheme!r} and host {parts.hostname!r}; "
            f"write {', '.join(f'{scheme}://host' for scheme in SCHEMES)}"
        )
    if parts.username or parts.password:
        raise ValueError("the URL has a user or password in it; give the key as api_key instead")
    implied, tls = SCHEMES[parts.scheme]
    chosen = transport or implied
    if chosen not in ("rest", "grpc"):
        raise ValueError(f"no such transport: got {chosen!r}; choose 'rest' or 'grpc'")
    path = parts.path.rstrip("/").removesuffix("/v1")  # OpenAI's SDK has it in its base_url
    if chosen == "grpc" and path:
        raise ValueError(f"gRPC has no paths: got {path!r} in the URL; leave it out")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = parts.port or default_port(parts.scheme, tls)
    return Address(
        chosen,
        tls,
        host,
        port,
        path,
        checked_key(api_key, KEY_VARIABLE, what="the API key"),
        checked_authorities(ca_file, tls=tls),
        checked_gateway_key(gateway_api_key, chosen),
    )


def default_port(scheme: str, tls: bool) -> int:
    """Behind TLS both transports share a port; the service itself speaks gRPC on 50051."""
    return 443 if tls else 50051 if scheme == "grpc" else 80


def checked_authorities(ca_file: str | None, *, tls: bool) -> str | None:
    """Here and not at the first call, where gRPC would say no more than that it cannot connect."""
    if ca_file is None:
        return None
    if not tls:
        raise ValueError(f"ca_file is for TLS: got {ca_file!r}; write https:// or grpcs://")
    try:
        ssl.create_default_context(cafile=ca_file)
    except OSError as wrong:  # also ssl.SSLError; neither names the file
        raise ValueError(
            f"ca_file cannot be used: got {ca_file!r} ({wrong}); name a PEM file of certificates"
        ) from wrong
    return ca_file


def checked_key(given: str | None, variable: str, *, what: str) -> str | None:
    """The key, or the variable's. Never OPENAI_API_KEY's: it may be a key to another company's
    service, and would be sent to this address."""
    key = os.environ.get(variable) if given is None else given
    if key and not (key.isascii() and key.isprintable() and " " not in key):
        # An HTTP library's own complaint would quote the header, and so the key.
        raise ValueError(f"{what} has a space, line end or other character that no key has")
    return key or None


def checked_gateway_key(given: str | None, transport: Transport) -> str | None:
    """Its variable may be set for other clients: over gRPC only one that is given is refused."""
    if transport == "rest":
        return checked_key(given, GATEWAY_KEY_VARIABLE, what="the gateway's API key")
    if given:
        raise ValueError("gateway_api_key is for REST: an API Gateway passes no gRPC; leave it out")
    return None
