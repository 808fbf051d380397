"""OAuth access tokens: JWTs of one issuer, verified here with the keys that it publishes."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from jwt import PyJWK, PyJWKClient

from service.authentication import Identity, bearer
from service.errors import InsufficientScope, InvalidAccessToken

# Asymmetric ones only: with HMAC, whoever can verify could also sign (RFC 8725, 3.1).
ALGORITHMS = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
)
CLOCK_SKEW_SECONDS = 30
FETCH_SECONDS = 5.0
# Between two looks for a key that is not known: tokens with invented key ids cannot make more.
COOLDOWN_SECONDS = 10.0
NAME_CHARACTERS = 64

log = logging.getLogger("service.access_tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a token must say: its issuer, for whom it is, and a scope, if one is asked for."""

    issuer: str
    audience: str
    scope: str | None = None


class KeySet:
    """The issuer's public keys by their id; the last good ones while it cannot be reached."""

    def __init__(self, url: str) -> None:
        # Its own caches are off: this class is one that outlives the issuer's outages.
        self._client = PyJWKClient(url, cache_jwk_set=False, timeout=FETCH_SECONDS)
        self._keys: Mapping[str, PyJWK] = {}
        self._looked = 0.0
        self._looking = asyncio.Lock()

    async def load(self) -> bool:
        """Fetches the keys once; whether it worked. A failure is logged and changes nothing."""
        self._looked = time.monotonic()
        try:
            # The client bounds each read only: an issuer that drips would hold it for ever.
            async with asyncio.timeout(FETCH_SECONDS):
                keys = await asyncio.to_thread(self._client.get_signing_keys)
        except Exception as failed:  # at the edge: whatever the network or the issuer answers
            log.error("the issuer's keys not loaded", extra={"reason": repr(failed)})
            return False
        self._keys = {str(key.key_id): key for key in keys}
        return True

    async def key(self, key_id: str) -> PyJWK | None:
        """A key that is not known is looked for at the issuer, which may have begun to use it."""
        if key_id not in self._keys:
            async with self._looking:
                if time.monotonic() - self._looked > COOLDOWN_SECONDS:
                    await self.load()
        return self._keys.get(key_id)


class TokenVerifier:
    """Lets in who has a valid access token of the issuer, for us, with the scope."""

    def __init__(self, keys: KeySet, expected: Expected) -> None:
        self._keys = keys
        self._expected = expected

    async def load(self) -> bool:
        return await self._keys.load()

    async def authenticate(self, authorization: str | None) -> Identity:
        """By the token's subject. Raises NotAuthenticated or InsufficientScope."""
        token = bearer(authorization, what="access token")
        try:
            claims = await self._verified(token)
        except jwt.PyJWTError as wrong:
            raise InvalidAccessToken(f"The access token was refused: {wrong}.") from None
        scope = self._expected.scope
        if scope is not None and scope not in scopes(claims):
            raise InsufficientScope(scope)
        subject = claims.get("sub") or claims.get("client_id") or ""
        return Identity(str(subject)[:NAME_CHARACTERS])

    async def _verified(self, token: str) -> dict[str, Any]:
        key_id = jwt.get_unverified_header(token).get("kid")
        key = await self._keys.key(key_id) if key_id else None
        if key is None:
            raise jwt.InvalidTokenError("its key is none of its issuer's")
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=ALGORITHMS,
            issuer=self._expected.issuer,
            leeway=CLOCK_SKEW_SECONDS,
            options={"require": ["exp", "iss"], "verify_aud": False},
        )
        if self._expected.audience not in audiences(claims):
            raise jwt.InvalidAudienceError("Audience doesn't match")
        return claims


def audiences(claims: Mapping[str, Any]) -> list[Any]:
    """For whom a token is. Cognito's access tokens have no `aud`, and `client_id` in its place.

    So reads them API Gateway too: "Troubleshooting issues with HTTP API JWT authorizers",
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-jwt.html
    """
    found = claims.get("aud", claims.get("client_id"))
    return found if isinstance(found, list) else [found]


def scopes(claims: Mapping[str, Any]) -> list[Any]:
    """`scope` as RFC 9068 has it, or the `scp` of Entra ID and Okta: a list, or words."""
    found = claims.get("scope", claims.get("scp", ""))
    return found if isinstance(found, list) else str(found).split()
