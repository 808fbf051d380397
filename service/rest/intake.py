"""Takes a request in: who asks, then in what, how much, and what."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel
from starlette.requests import Request

from service.observation import Caller, current
from service.rest.callers import Callers
from service.rest.connection import read_body
from service.rest.media_type import check_media_type
from service.rest.parsing import parse

BodyT = TypeVar("BodyT", bound=BaseModel)


class Intake:
    """What all routes with a body share."""

    def __init__(self, callers: Callers, *, max_body_bytes: int) -> None:
        self._callers = callers
        self._max_body_bytes = max_body_bytes

    async def take(self, request: Request, body_type: type[BodyT]) -> tuple[Caller, BodyT]:
        """Raises a ServiceError, of a missing or wrong key first."""
        caller = await self._callers.caller(request)
        check_media_type(request.headers)
        left = current().seconds_left()
        body = await read_body(request, limit_bytes=self._max_body_bytes, seconds_left=left)
        return caller, parse(body_type, body)
