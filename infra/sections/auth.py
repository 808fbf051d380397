"""With which credentials a caller may ask."""

from typing import Final, Literal

from pydantic import Field

from infra.sections.section import Section

Auth = Literal["keys", "jwt", "off"]
TRANSPORTS: Final = ("rest", "grpc")


class AuthSettings(Section):
    """With which credentials a caller may ask."""

    rest: Auth = Field(
        default="keys",
        description="'keys': every REST request needs an API key. 'jwt': an access token, as "
        "section `jwt` says. 'off': whoever can connect may ask; refused where the internet can.",
    )
    grpc: Auth = Field(default="keys", description="The same for gRPC calls.")
    poll_seconds: int = Field(
        default=60,
        ge=5,
        le=3600,
        description="Seconds between two reads of the API keys: how long a new key may take to "
        "work and a removed one to stop. At 60 a task's reads cost about 0.22 USD a month "
        "(0.05 USD per 10,000).",
    )

    @property
    def asks_for_keys(self) -> bool:
        """Whether tasks read the API keys."""
        return "keys" in (self.rest, self.grpc)

    @property
    def asks_for_tokens(self) -> bool:
        """Whether tasks read an issuer's public keys."""
        return "jwt" in (self.rest, self.grpc)
