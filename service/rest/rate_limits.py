"""How a caller stands to the limits of its key, in OpenAI's headers.

https://platform.openai.com/docs/guides/rate-limits, "Rate limits in headers"
"""

from __future__ import annotations

import math

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.authentication import Identity
from service.quotas import Quotas, Standing

CALLER = "identity"


def remember(identity: Identity, request: Request) -> None:
    """For the headers of the answer, whatever that will be."""
    setattr(request.state, CALLER, identity)


class RateLimitHeaders:
    """Adds them to every answer, refusals included, to a caller whose key has limits."""

    def __init__(self, app: ASGIApp, *, quotas: Quotas) -> None:
        self._app = app
        self._quotas = quotas

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            identity = scope.get("state", {}).get(CALLER)
            if message["type"] == "http.response.start" and identity is not None:
                MutableHeaders(scope=message).update(headers(self._quotas.standings(identity)))
            await send(message)

        await self._app(scope, receive, send_with_headers)


def headers(standings: dict[str, Standing]) -> dict[str, str]:
    found = {}
    for unit, standing in standings.items():
        found[f"x-ratelimit-limit-{unit}"] = str(standing.limit)
        found[f"x-ratelimit-remaining-{unit}"] = str(standing.remaining)
        found[f"x-ratelimit-reset-{unit}"] = duration(standing.reset_seconds)
    return found


def duration(seconds: float) -> str:
    """As OpenAI writes it, and Go: `0s`, `12ms`, `1.5s`, `6m0s`, `1h0m2s`."""
    milliseconds = math.ceil(seconds * 1000)
    if 0 < milliseconds < 1000:
        return f"{milliseconds}ms"
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    text = f"{rest / 1000:g}s"
    if hours:
        return f"{hours}h{minutes}m{text}"
    return f"{minutes}m{text}" if minutes else text
