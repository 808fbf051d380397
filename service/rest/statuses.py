"""Our error codes as HTTP statuses and OpenAI's error types; the envelope around them."""

from __future__ import annotations

from typing import Any, NamedTuple

from service import errors
from service.errors import ServiceError


class Answer(NamedTuple):
    """How an error is answered: the HTTP status, and `type` in OpenAI's envelope."""

    status: int
    type: str


INVALID = "invalid_request_error"
SERVER = "server_error"
REQUESTS = "requests"  # what OpenAI's 429 has as its type; "tokens" where those are used up

ANSWERS: dict[str, Answer] = {
    errors.InvalidRequest.code: Answer(400, INVALID),
    **{kind.code: Answer(400, INVALID) for kind in errors.PLAIN_KINDS},
    errors.ModelNotFound.code: Answer(404, INVALID),
    errors.ContextLengthExceeded.code: Answer(400, INVALID),
    errors.RequestTooLarge.code: Answer(413, INVALID),
    errors.UnsupportedMediaType.code: Answer(415, INVALID),
    errors.BodyTimeout.code: Answer(408, INVALID),
    errors.NotAuthenticated.code: Answer(401, INVALID),
    errors.ExpiredApiKey.code: Answer(401, INVALID),
    errors.InvalidAccessToken.code: Answer(401, INVALID),
    errors.InsufficientScope.code: Answer(403, INVALID),
    errors.RateLimitExceeded.code: Answer(429, REQUESTS),
    errors.Unavailable.code: Answer(503, SERVER),
    errors.QueueFull.code: Answer(503, SERVER),
    errors.QueueTooLong.code: Answer(503, SERVER),
    errors.QueueTimeout.code: Answer(503, SERVER),
    errors.TooManyConnections.code: Answer(503, SERVER),
    errors.EngineUnavailable.code: Answer(503, SERVER),
    errors.Draining.code: Answer(503, SERVER),
    errors.DeadlineExceeded.code: Answer(504, SERVER),
    errors.InternalError.code: Answer(500, SERVER),
}


def envelope(error: ServiceError) -> dict[str, Any]:
    """The error as OpenAI's clients read it."""
    type_ = ANSWERS[error.code].type
    if isinstance(error, errors.RateLimitExceeded):
        type_ = error.unit
    return wrap(error.message, type_=type_, param=error.param, code=error.code)


def wrap(message: str, *, type_: str, param: str | None, code: str | None) -> dict[str, Any]:
    return {"error": {"message": message, "type": type_, "param": param, "code": code}}


def headers(error: ServiceError) -> dict[str, str]:
    """What the client should know besides the body: when to come back, how to authenticate."""
    if error.retry_after_seconds is not None:
        found = {"retry-after": str(error.retry_after_seconds)}
        if isinstance(error, errors.DeadlineExceeded) and error.ours:
            found["x-should-retry"] = "false"  # OpenAI's clients obey it, and would try again
        return found
    if challenge := _challenge(error):
        return {"www-authenticate": challenge}
    return {}


def _challenge(error: ServiceError) -> str | None:
    """RFC 6750, section 3: what to authenticate with, and what was wrong with what came."""
    if isinstance(error, errors.ExpiredApiKey | errors.InvalidAccessToken):
        return 'Bearer error="invalid_token"'
    if isinstance(error, errors.InsufficientScope):
        return f'Bearer error="insufficient_scope", scope="{error.scope}"'
    return "Bearer" if isinstance(error, errors.NotAuthenticated) else None
