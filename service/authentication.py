"""Who asks: the one question that keys and access tokens answer, each in its own way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from service.errors import NotAuthenticated

FIRST_RETRY_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLimits:
    """What the keys of one name may ask of one task in a minute; None is no limit."""

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks: a name, None where nobody is asked for one, and the limits that come with it."""

    name: str | None = None
    limits: KeyLimits | None = None


class Authenticator(Protocol):
    """Knows callers by what they send in `authorization`."""

    async def authenticate(self, authorization: str | None) -> Identity:
        """Who sent it. Raises a ServiceError."""
        ...

    async def load(self) -> bool:
        """Reads anew by what callers are known; whether that worked. A failure changes nothing."""
        ...


class Anyone:
    """Asks nobody, for where only those can connect who may ask."""

    async def authenticate(self, authorization: str | None) -> Identity:
        return Identity()

    async def load(self) -> bool:
        return True


def bearer(authorization: str | None, *, what: str) -> str:
    """What follows `Bearer`, RFC 6750's scheme. Raises NotAuthenticated that asks for `what`."""
    scheme, _, credential = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not credential.strip():
        raise NotAuthenticated(
            f"No {what} was sent; send it as `Authorization: Bearer <your {what}>`."
        )
    return credential.strip()


async def poll(
    authenticators: Collection[Authenticator],
    *,
    every_seconds: float,
    on_first_load: Callable[[], None],
) -> None:
    """Has each load again and again; one that fails keeps what it loaded last.

    Until all have loaded once each tries every second: the task is not ready before.
    """
    async with asyncio.TaskGroup() as first:
        for authenticator in authenticators:
            first.create_task(_load_first(authenticator, min(FIRST_RETRY_SECONDS, every_seconds)))
    on_first_load()
    while True:
        await asyncio.sleep(every_seconds)
        for authenticator in authenticators:
            await authenticator.load()


async def _load_first(authenticator: Authenticator, retry_seconds: float) -> None:
    while not await authenticator.load():  # noqa: ASYNC110  # the source tells no events
        await asyncio.sleep(retry_seconds)
