"""An error in the envelope of the API that was asked."""

from __future__ import annotations

from service.errors import ServiceError
from service.generation import Json
from service.rest import statuses
from service.rest.messages import errors as messages_errors
from service.rest.messages.routes import MESSAGES_PATH


def envelope(error: ServiceError, *, path: str) -> Json:
    """Of the request's path."""
    if is_messages(path):
        return messages_errors.envelope(error)
    return statuses.envelope(error)


def http_envelope(message: str, *, status: int, code: str | None, path: str) -> Json:
    """What the routes themselves refuse: a path, or a method."""
    if is_messages(path):
        return messages_errors.wrap(message, status=status)
    return statuses.wrap(message, type_=statuses.INVALID, param=None, code=code)


def is_messages(path: str) -> bool:
    return path == MESSAGES_PATH or path.startswith(f"{MESSAGES_PATH}/")
