"""Who asks, and how long they wait: of a request's headers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Scope

from service.authentication import Authenticator
from service.identification import identified
from service.observation import UNKNOWN_ROUTE, Caller, asked_by
from service.rest.deadline import timeout_seconds
from service.rest.rate_limits import remember

SecondsLeft = Callable[[Request], float | None]


def unlimited(request: Request) -> float | None:
    """The request's sender or carrier sets no deadline."""
    return None


class Callers:
    """Lets in who may ask. `longest_seconds` is what the server allows a request, and
    `seconds_left` how long the carrier waits for a whole answer.
    """

    def __init__(
        self,
        authenticator: Authenticator,
        *,
        longest_seconds: float,
        seconds_left: SecondsLeft = unlimited,
    ) -> None:
        self._authenticator = authenticator
        self._longest_seconds = longest_seconds
        self._seconds_left = seconds_left

    async def caller(self, request: Request) -> Caller:
        """Raises a ServiceError, of a missing or wrong key first."""
        unknown = Caller(transport="rest", route=route_of(request.scope))
        known = await identified(unknown, self._authenticator, authorization(request))
        remember(known.identity, request)
        seconds = timeout_seconds(
            request,
            carrier_seconds=self._seconds_left(request),
            longest_seconds=self._longest_seconds,
        )
        caller = replace(known, timeout_seconds=seconds)
        asked_by(caller)
        return caller


def authorization(request: Request) -> str | None:
    """What the caller shows. Anthropic's clients send their key in a header of its own."""
    sent = request.headers.get("authorization")
    key = request.headers.get("x-api-key")
    return f"Bearer {key}" if sent is None and key is not None else sent


def route_of(scope: Scope) -> str:
    """The path as the route declares it, of which there are few, whatever clients send."""
    route: Route | None = scope.get("route")
    return UNKNOWN_ROUTE if route is None else route.path
