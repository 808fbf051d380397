"""Lets web pages of other origins use the API: https://fetch.spec.whatwg.org/#http-cors-protocol"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from service.errors import InvalidRequest
from service.logs import REQUEST_ID
from service.observation import current
from service.rest.json_answers import json_response
from service.rest.refusals import http_envelope

# What a page may read of an answer's headers, beside those that it may always read.
EXPOSED: Final = (
    REQUEST_ID,
    "request-id",
    "retry-after",
    *(
        f"x-ratelimit-{what}-{unit}"
        for what in ("limit", "remaining", "reset")
        for unit in ("requests", "tokens")
    ),
)
PREFLIGHT_ROUTE: Final = "preflight"  # whatever its page is about to ask
PREFLIGHT_SECONDS: Final = 7200  # for which browsers need not ask again; Chromium takes no more


class PageHeaders(CORSMiddleware):
    """On every answer to a page, errors included: so it is the outermost middleware."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if is_preflight(scope):
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class Preflights(CORSMiddleware):
    """Answers them within the context of a request: they have an id and a line as all others."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not is_preflight(scope):
            await self.app(scope, receive, send)
            return
        current().route = PREFLIGHT_ROUTE
        response = self.preflight_response(Headers(scope=scope))
        if response.status_code != 200:
            current().outcome = InvalidRequest.code
            response = in_envelope(response, path=scope["path"])
        await response(scope, receive, send)


def is_preflight(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    asks = "origin" in headers and "access-control-request-method" in headers
    return asks and scope["method"] == "OPTIONS"


def in_envelope(refusal: Response, *, path: str) -> Response:
    """It is plain text, `Disallowed CORS origin, method`."""
    what = bytes(refusal.body).decode().removeprefix("Disallowed CORS ")
    message = (
        f"Not allowed for this web page: {what}; pages of the origins that the endpoint lists "
        "may GET and POST."
    )
    status = refusal.status_code
    body = http_envelope(message, status=status, code=InvalidRequest.code, path=path)
    response = json_response(body, status=status)
    told = {name: value for name, value in refusal.headers.items() if name not in response.headers}
    response.headers.update(told)
    return response


def options(origins: Sequence[str]) -> dict[str, Any]:
    """For pages of these origins, or of all where it is `*`.

    What lets a caller in is in a header that the page sets itself, and nothing that a browser
    sends along unasked: no page can act for somebody whose key it does not know.
    """
    return {
        "allow_origins": origins,
        "allow_methods": ("GET", "POST"),
        "allow_headers": ("*",),  # the SDKs send many of their own
        "expose_headers": EXPOSED,
        "max_age": PREFLIGHT_SECONDS,
    }
