"""What a connection refuses by itself: what is no HTTP, or too much of it, or comes too late."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, NamedTuple

import orjson
from starlette.datastructures import Headers

from service import outcomes
from service.logs import REQUEST_ID, TRACE, choose_id
from service.rest.statuses import INVALID, wrap

BODY_REFUSED: Final = "body_refused"  # in the scope's state: the Reason why there is no more of it


class Reason(NamedTuple):
    """Why a connection hears no more of its client."""

    code: str
    status: HTTPStatus
    message: str


INVALID_HTTP: Final = Reason(
    outcomes.INVALID_HTTP,
    HTTPStatus.BAD_REQUEST,
    "This is not valid HTTP/1.1; correct the request.",
)
TOO_MANY_AHEAD: Final = Reason(
    "too_many_ahead",
    HTTPStatus.BAD_REQUEST,
    "Too many requests were sent ahead of their answers; send the next when an answer has come.",
)
HEADERS_TIMEOUT: Final = Reason(
    "headers_timeout",
    HTTPStatus.REQUEST_TIMEOUT,
    "The request's headers did not arrive in time; send them at once.",
)
URL_TOO_LONG: Final = Reason(
    "url_too_long",
    HTTPStatus.REQUEST_URI_TOO_LONG,
    "The URL is too long; shorten it.",
)
HEADERS_TOO_LARGE: Final = Reason(
    outcomes.HEADERS_TOO_LARGE,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "The request's headers are too large; send fewer or shorter ones.",
)
REASONS: Final = (INVALID_HTTP, TOO_MANY_AHEAD, HEADERS_TIMEOUT, URL_TOO_LONG, HEADERS_TOO_LARGE)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Of what is not yet a request: no application sees it, and the connection answers."""

    reason: Reason
    request_id: str

    def response(self) -> bytes:
        """The whole of it, in OpenAI's envelope; it ends the connection."""
        code, status, message = self.reason
        body = orjson.dumps(wrap(message, type_=INVALID, param=None, code=code))
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\n"
            "content-type: application/json\r\n"
            f"content-length: {len(body)}\r\n"
            f"{REQUEST_ID}: {self.request_id}\r\n"
            "connection: close\r\n\r\n"
        )
        return head.encode() + body


def chosen_id(headers: list[tuple[bytes, bytes]]) -> str:
    """As the application would choose it, of the headers that have come."""
    sent = Headers(raw=headers)
    return choose_id(sent.get(REQUEST_ID), trace=sent.get(TRACE))
