"""One HTTP connection: uvicorn's protocol, with the limits that it lacks."""

from __future__ import annotations

import asyncio
from enum import Enum, auto
from typing import Any, ClassVar, NoReturn

from httptools import HttpParserError
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from service.early_refusals import EarlyRefusals
from service.errors import TooManyConnections
from service.rest.connection_limits import (
    CHUNK_FRAMING_BYTES,
    RESERVED_CONNECTIONS,
    RESERVED_HEADER_SECONDS,
    SENT_AHEAD_AT_MOST,
    UNHEARD_SECONDS,
    URL_BYTES_AT_MOST,
    ConnectionLimits,
    Deadline,
    size,
)
from service.rest.http_refusals import (
    BODY_REFUSED,
    HEADERS_TIMEOUT,
    HEADERS_TOO_LARGE,
    INVALID_HTTP,
    REASONS,
    TOO_MANY_AHEAD,
    URL_TOO_LONG,
    Reason,
    Refusal,
    chosen_id,
)
from service.rest.unsent import drop, give_up_unless_read
from service.rest.upgrades import UpgradesIgnored

TRANSPORT = "rest"


class Awaited(Enum):
    """What comes next from the client."""

    REQUEST = auto()
    HEADERS = auto()  # of a request that has begun
    BODY = auto()


class LimitedProtocol(HttpToolsProtocol):
    """Holds of a request no more than its body and `header_bytes`, and awaits headers in time only.

    What is unsent it keeps no longer than its client reads. While a response is under way it is
    its sender that gives up on the client (`Exchange`): it knows of the generation to be ended, and
    finds this connection in the scope's state. Here is looked after what a sender left behind.

    What is wrong before the application has a request, is answered here; a body that is wrong, by
    the application, which finds the reason in the scope's state under BODY_REFUSED.
    """

    limits: ClassVar[ConnectionLimits]
    refusals: ClassVar[EarlyRefusals]

    # uvicorn's: the connection's life

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.parser = UpgradesIgnored(self)  # type: ignore[assignment]
        # So a write goes to the kernel at once, and the next one waits if it would not take it all.
        transport.set_write_buffer_limits(high=0)
        self._awaited = Awaited.REQUEST
        self._answered: RequestResponseCycle | None = None  # or last; `cycle` is what came last
        self.is_half_closed = False  # by its client, who has asked all that it will
        self._is_deaf = False  # to whatever the client still sends
        self._is_last = False  # the answer under way
        self._refused: Refusal | None = None  # to be answered after those before it
        self._ended = False
        self._held_bytes = 0  # received, and neither understood as headers nor passed on as body
        self._deadline = Deadline(self.loop)
        surplus = len(self.connections) - self.limits.connections
        self.is_surplus = surplus > 0
        if surplus > RESERVED_CONNECTIONS:
            self.refusals.add(TooManyConnections.code, transport=TRANSPORT)
            self.abort()
        else:
            self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended = True
        self._deadline.end()
        super().connection_lost(exc)
        if self._answered is not None and not self._answered.response_complete:
            self._answered.disconnected = True
            self._answered.message_event.set()

    def data_received(self, data: bytes) -> None:
        if self._is_deaf:
            return
        self._held_bytes += len(data)
        super().data_received(data)
        if self._held_bytes > self.limits.header_bytes:
            self._refuse(HEADERS_TOO_LARGE)
        elif self._awaited is Awaited.REQUEST and not self._is_answering and not self._is_deaf:
            self._await_request()

    def eof_received(self) -> bool:  # type: ignore[override]
        """Whether the connection is kept for the answers: RFC 9112, section 9.6, has a client that
        sends no more go on reading. What is made of it is up to `Exchange`."""
        if self._is_deaf or not self._is_answering or self._awaited is not Awaited.REQUEST:
            return False
        self.is_half_closed = True
        self.cycle.keep_alive = False
        if self._answered is not None:
            self._answered.message_event.set()
        return True

    def send_400_response(self, msg: str) -> None:
        self._refuse(INVALID_HTTP)

    # The parser's: what they raise it stops at

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= SENT_AHEAD_AT_MOST:
            self._stop(TOO_MANY_AHEAD)
        super().on_message_begin()
        self.scope["state"]["connection"] = self
        self._awaited = Awaited.HEADERS
        if not self._deadline.is_set:
            self._await_headers()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._awaited is Awaited.HEADERS:  # and not a trailer, which would be taken for one
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._held_bytes = 0
        self._deadline.end()
        if len(self.url) > URL_BYTES_AT_MOST:
            self._stop(URL_TOO_LONG)
        if size(self.headers) > self.limits.header_bytes:
            self._stop(HEADERS_TOO_LARGE)
        super().on_headers_complete()  # raises where the URL is none
        if sum(len(cycle.body) for cycle, _ in self.pipeline) <= HIGH_WATER_LIMIT:
            self.flow.resume_reading()  # beyond that, no client that leaves is noticed either
        self._awaited = Awaited.BODY

    def on_body(self, body: bytes) -> None:
        self._held_bytes = max(0, self._held_bytes - len(body) - CHUNK_FRAMING_BYTES)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._awaited = Awaited.REQUEST
        self._held_bytes = 0
        self._deadline.end()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        give_up_unless_read(self.transport, self.abort, seconds=self.limits.stall_seconds)
        if self._is_last:
            self._hang_up()
            return
        super().on_response_complete()
        if self._is_answering:
            return  # what was sent ahead
        if self._refused:
            self._answer_refusal(self._refused)
        elif self._awaited is Awaited.BODY:
            self._deadline.set(UNHEARD_SECONDS, self.abort)

    # The application's

    @property
    def is_blocked(self) -> bool:
        """Whether a write would wait for the client to read."""
        return self.flow.write_paused

    @property
    def is_unfinished(self) -> bool:
        """Whether an answer is under way, or lies here until its client has read it."""
        if self._ended:
            return False
        return self._is_answering or self.transport.get_write_buffer_size() > 0

    @property
    def must_close(self) -> bool:
        """Whether the response about to begin must be the connection's last.

        A client that waits to be asked for its body, and is not, may go on with another request,
        which would be taken for the body.
        """
        assert self._answered is not None  # by who asks
        waits = self._answered.waiting_for_100_continue
        return self.is_surplus or waits or BODY_REFUSED in self._answered.scope["state"]

    def closes_itself(self) -> None:
        """To be told once a response has begun: uvicorn would close after its last byte at once."""
        assert self._answered is not None
        self._is_last = self._is_last or not self._answered.keep_alive
        self._answered.keep_alive = True

    def abort(self) -> None:
        """Ends the connection now. What is unsent is dropped, by the kernel too."""
        if self._answered is not None:  # it is told so later, and would miss the answer's end
            self._answered.disconnected = True
        if not self._ended:
            self._ended = True
            drop(self.transport)

    # Our own

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def _await_request(self) -> None:
        """Of a client that has sent something since the last answer, but not the next request."""
        if not self._held_bytes:  # the end of a body that was answered before
            seconds, when_passed = self.timeout_keep_alive, self.timeout_keep_alive_handler
            self.timeout_keep_alive_task = self.loop.call_later(seconds, when_passed)
        elif not self._deadline.is_set:  # after empty lines, with which no request begins
            self._await_headers()

    def _await_headers(self) -> None:
        seconds = self.limits.header_seconds
        if self.is_surplus:
            seconds = min(seconds, RESERVED_HEADER_SECONDS)
        self._deadline.set(seconds, self._headers_are_late)

    def _headers_are_late(self) -> None:
        if self._held_bytes or self._awaited is Awaited.HEADERS:
            self._refuse(HEADERS_TIMEOUT)
        else:
            self.transport.close()  # it has asked nothing, and so gets no answer

    @property
    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _stop(self, reason: Reason) -> NoReturn:
        """Refuses, and has the parser leave the rest of what it was given."""
        self._refuse(reason)
        raise HttpParserError(reason.code)

    def _refuse(self, reason: Reason) -> None:
        """Hears no more of this client, and answers in the application's place."""
        if self._is_deaf:
            return
        self._is_deaf = True
        if self._awaited is Awaited.BODY:
            self._refuse_body(reason)
            return
        begun = self._awaited is not Awaited.REQUEST  # else the headers are of the one before
        self._refused = Refusal(reason, chosen_id(self.headers if begun else []))
        told = {"status": reason.status.value, "request_id": self._refused.request_id}
        self.refusals.add(reason.code, transport=TRANSPORT, **told)
        if not self._is_answering:
            self._answer_refusal(self._refused)

    def _refuse_body(self, reason: Reason) -> None:
        """Of a request which the application waits for, is answering or has answered."""
        if self.cycle.response_complete:
            self.abort()
        elif self.cycle.response_started:
            self._is_last = True
        else:
            self.scope["state"][BODY_REFUSED] = reason
            self.cycle.message_event.set()

    def _answer_refusal(self, refusal: Refusal) -> None:
        if not self.transport.is_closing():
            self.transport.write(refusal.response())
        self._hang_up()

    def _hang_up(self) -> None:
        """Once the client has read the answer to the end, which it may not do before it has sent
        everything. Closing at once would reset the connection, and the answer with it."""
        if self.transport.is_closing():
            return
        if self._awaited is Awaited.REQUEST and not self._refused:
            self.transport.close()
        else:
            self._is_deaf = True
            self.transport.write_eof()
            self._deadline.set(UNHEARD_SECONDS, self.abort)


def protocol_with(limits: ConnectionLimits, refusals: EarlyRefusals) -> type[LimitedProtocol]:
    """The protocol class as uvicorn takes it: it makes one of them for each connection."""
    refusals.expect(TRANSPORT, (TooManyConnections.code, *(each.code for each in REASONS)))
    attributes: dict[str, Any] = {"limits": limits, "refusals": refusals}
    return type("Protocol", (LimitedProtocol,), attributes)
