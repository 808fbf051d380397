"""Finds out who asks, and notes it for the request's line in the log, its metrics and its trace."""

from __future__ import annotations

from dataclasses import replace

from service.authentication import Authenticator, Identity
from service.errors import ExpiredApiKey
from service.observation import Caller, asked_by


async def identified(
    caller: Caller, authenticator: Authenticator, authorization: str | None
) -> Caller:
    """The caller with who it is. Raises a ServiceError; of one whose key has expired it is noted
    who it was, for whoever wonders which client has to be given a new one."""
    asked_by(caller)  # whose time may run out before it is known who it is
    try:
        identity = await authenticator.authenticate(authorization)
    except ExpiredApiKey as expired:
        asked_by(replace(caller, identity=Identity(expired.name)))
        raise
    known = replace(caller, identity=identity)
    asked_by(known)
    return known
