"""Keeps the connections beyond the limit for those who look after the task."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from service.errors import TooManyConnections

Refuse = Callable[[Request, Exception], Awaitable[Response]]


class ConnectionReserve:
    """Answers nothing else on them than paths that begin like one of `kept_for`: a task that fails
    checks is replaced, whatever runs in it, and metrics are wanted most when there is a flood.
    """

    def __init__(self, app: ASGIApp, *, kept_for: tuple[str, ...], refuse: Refuse) -> None:
        self._app = app
        self._kept_for = kept_for
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = scope.get("state", {}).get("connection")  # a function has none
        within = connection is None or not connection.is_surplus
        if within or scope["path"].startswith(self._kept_for):
            await self._app(scope, receive, send)
            return
        error = TooManyConnections("This task has as many connections as it takes; try again.")
        response = await self._refuse(Request(scope), error)
        await response(scope, receive, send)
