"""Our errors as Anthropic's clients read them: https://platform.claude.com/docs/en/api/errors"""

from __future__ import annotations

from service.errors import ServiceError
from service.generation import Json
from service.logs import request_id
from service.rest.statuses import ANSWERS

TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    408: "invalid_request_error",
    413: "request_too_large",
    415: "invalid_request_error",
    429: "rate_limit_error",
    431: "invalid_request_error",
    499: "invalid_request_error",
    503: "overloaded_error",
    504: "timeout_error",
}


def envelope(error: ServiceError) -> Json:
    return wrap(error.message, status=ANSWERS[error.code].status)


def wrap(message: str, *, status: int) -> Json:
    error = {"type": TYPES.get(status, "api_error"), "message": message}
    return {"type": "error", "error": error, "request_id": request_id.get()}
