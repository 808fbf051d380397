"""Whose access tokens are good, where a transport asks for them."""

from pydantic import Field

from infra.sections.addresses import KeysAddress
from infra.sections.section import Section


class JwtSettings(Section):
    """Whose access tokens are good, where `auth.rest` or `auth.grpc` is 'jwt'."""

    issuer: str | None = Field(
        default=None,
        pattern=r"^\S+$",
        examples=["https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_example"],
        description="The issuer, exactly as its tokens name it in `iss`.",
    )
    audience: str | None = Field(
        default=None,
        pattern=r"^\S+$",
        examples=["https://llm.example.org"],
        description="For whom the tokens are: their `aud`; where they have none, as Cognito's "
        "access tokens, their `client_id`.",
    )
    jwks_url: KeysAddress | None = Field(
        default=None,
        description="Where the issuer publishes its public keys. Each task reads them every "
        "`auth.poll_seconds`, and is not ready before it has read them once.",
    )
    scope: str | None = Field(
        default=None,
        pattern=r"^[!#-\[\]-~]+$",
        examples=["llm/generate"],
        description="A scope that a token must have. Without one every valid token of the issuer "
        "for the audience is let in, and an ID token, which a browser has, is one too.",
    )
