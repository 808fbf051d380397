"""The routes, each with what the API's document says of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

Endpoint = Callable[[Request], Awaitable[Response]]

JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One route, and what it takes and gives.

    `body` is the pydantic model of what is sent. `answer` is the type of what a 200 holds, and
    `event` of what each server-sent event holds where the answer may be a stream: anything that
    pydantic's TypeAdapter takes. A type of `answer` without a schema, like text, is None.
    `generates` says that the model writes the answer. `also` are other statuses with such an
    answer, and what each means. One that is not `offered` here is there to say so.
    """

    method: str
    path: str
    endpoint: Endpoint
    summary: str
    body: Any = None
    answer: Any = None
    event: Any = None
    media_type: str = JSON
    generates: bool = False
    asks_for_key: bool = True
    offered: bool = True
    also: Mapping[int, str] = field(default_factory=dict)

    def route(self) -> Route:
        return Route(self.path, self.endpoint, methods=[self.method])
