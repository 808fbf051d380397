"""What is the same for every request: its id, its last line of defence, its connection's end."""

from __future__ import annotations

import logging
from collections.abc import Collection

import orjson
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.client_addresses import FORWARDED_FOR, ClientAddresses
from service.errors import ClientStalled, InternalError
from service.health import Health
from service.logs import REQUEST_ID, TRACE, choose_id, request_id
from service.observation import TRACE_HEADERS, Arrival, Observation
from service.observer import Observer
from service.rest.callers import route_of
from service.rest.refusals import envelope, is_messages
from service.rest.statuses import ANSWERS

log = logging.getLogger("service.rest")


class RequestContext:
    """Gives each request an id (the caller's, where it is a sane one) and sends it back.

    Each is observed; of those of the paths in `routine`, which machines and pages ask all the time,
    only what does not end well. An exception that nobody expected is logged under the id and
    answered as an internal error. While the task drains, every response closes its connection, so
    that the next goes elsewhere.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        health: Health,
        observer: Observer,
        routine: Collection[str],
        addresses: ClientAddresses,
    ) -> None:
        self._app = app
        self._health = health
        self._observer = observer
        self._routine = routine
        self._addresses = addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        observation = Observation(
            transport="rest", arrival=arrival(scope), client_address=self._address(scope)
        )
        routine = scope["path"] in self._routine
        with self._observer.watching(observation, unless_well=routine):
            try:
                await self._answer(scope, receive, send, observation)
            finally:
                if observation.is_lost:
                    observation.route = route_of(scope)

    def _address(self, scope: Scope) -> str | None:
        peer = scope.get("client")
        forwarded = Headers(scope=scope).getlist(FORWARDED_FOR)
        return self._addresses.of(peer and peer[0], forwarded)

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, observation: Observation
    ) -> None:
        sent = Headers(scope=scope)
        current = choose_id(sent.get(REQUEST_ID), trace=sent.get(TRACE))
        request_id.set(current)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                observation.status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID] = current
                if is_messages(scope["path"]):
                    headers["request-id"] = current  # where Anthropic's clients look for it
                if self._health.draining:
                    headers["connection"] = "close"
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except ClientStalled as stalled:
            observation.failed(stalled)
        except Exception as error:  # at the edge: the log has it, and the client an id
            log.error("request failed", exc_info=error)
            observation.failed(error)
            if observation.status is None:
                await answer_internal_error(send_with_headers, path=scope["path"])


def arrival(scope: Scope) -> Arrival:
    headers = Headers(scope=scope)
    sent = {name: ",".join(headers.getlist(name)) for name in TRACE_HEADERS if name in headers}
    method, path, scheme = scope["method"], scope["path"], scope["scheme"]
    return Arrival(method=method, path=path, scheme=scheme, trace_headers=sent)


async def answer_internal_error(send: Send, *, path: str) -> None:
    error = InternalError()
    headers = [(b"content-type", b"application/json")]
    status = ANSWERS[error.code].status
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": orjson.dumps(envelope(error, path=path))})
