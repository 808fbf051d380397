"""What is the same for every request: its id, its last line of defence, its connection's end."""

from __future__ import annotations

import orjson
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import InternalError
from service.health import Health
from service.logs import choose_id, request_id
from service.metrics import Metrics
from service.observation import report_failure
from service.rest.statuses import ANSWERS, envelope


class RequestContext:
    """Gives each request an id (the caller's, where it is a sane one) and sends it back.

    An exception that nobody expected is logged under that id and answered as an internal error.
    While the task drains, every response closes its connection, so that the next goes elsewhere.
    """

    def __init__(self, app: ASGIApp, *, health: Health, metrics: Metrics) -> None:
        self._app = app
        self._health = health
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        current = choose_id(Headers(scope=scope).get("x-request-id"))
        request_id.set(current)
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = current
                if self._health.draining:
                    headers["connection"] = "close"
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception as error:  # at the edge: the log has it, and the client an id
            report_failure(error, transport="rest", metrics=self._metrics)
            if not started:
                await answer_internal_error(send_with_headers)


async def answer_internal_error(send: Send) -> None:
    error = InternalError()
    headers = [(b"content-type", b"application/json")]
    status = ANSWERS[error.code].status
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": orjson.dumps(envelope(error))})
