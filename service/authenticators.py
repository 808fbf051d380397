"""Builds what callers are known by from the settings: keys, access tokens, or nothing."""

from __future__ import annotations

from collections.abc import Mapping

from service.authentication import Anyone, Authenticator
from service.keys import KeyRing, key_source
from service.quotas import Quotas
from service.settings import Auth, ServiceSettings


def authenticators(settings: ServiceSettings, quotas: Quotas) -> Mapping[Auth, Authenticator]:
    """What the two transports ask for; where it is the same, they share one."""
    used = {settings.rest_auth, settings.grpc_auth}
    return {auth: authenticator(auth, settings, quotas) for auth in used}


def authenticator(auth: Auth, settings: ServiceSettings, quotas: Quotas) -> Authenticator:
    match auth:
        case Auth.KEYS:
            return KeyRing(key_source(settings.keys_source), on_change=quotas.keep)
        case Auth.JWT:
            # Here, because only this needs cryptography, which takes a tenth of a second.
            from service.access_tokens import Expected, KeySet, TokenVerifier

            expected = Expected(
                issuer=settings.jwt_issuer,
                audience=settings.jwt_audience,
                scope=settings.jwt_scope or None,
            )
            return TokenVerifier(KeySet(settings.jwt_jwks_url), expected)
        case Auth.OFF:
            return Anyone()
