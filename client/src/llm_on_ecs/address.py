"""Where the endpoint is and who asks. The URL's scheme chooses the transport; the key is hidden."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

Transport = Literal["rest", "grpc"]

KEY_VARIABLE = "LLM_API_KEY"
SCHEMES: dict[str, tuple[Transport, bool]] = {
    "http": ("rest", False),
    "https": ("rest", True),
    "grpc": ("grpc", False),
    "grpcs": ("grpc", True),
}


@dataclass(frozen=True)
class Address:
    """An endpoint, as one of the two transports needs it. Its repr has no key."""

    transport: Transport
    tls: bool
    host: str
    port: int
    path: str
    api_key: str | None = field(repr=False)
    ca_file: str | None = None

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


def address(
    url: str,
    *,
    api_key: str | None,
    transport: Transport | None,
    ca_file: str | None = None,
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
    authorities = checked_authorities(ca_file, tls=tls)
    return Address(chosen, tls, host, port, path, checked_key(api_key), authorities)


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


def checked_key(api_key: str | None) -> str | None:
    """The key, or LLM_API_KEY's. Never OPENAI_API_KEY's: it may be a key to another company's
    service, and would be sent to this address."""
    key = os.environ.get(KEY_VARIABLE) if api_key is None else api_key
    if key and not (key.isascii() and key.isprintable() and " " not in key):
        # An HTTP library's own complaint would quote the header, and so the key.
        raise ValueError("the API key has a space, line end or other character that no key has")
    return key or None
