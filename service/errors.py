"""What can go wrong with a request, in one tree that knows no transport.

ServiceError
├── InvalidRequest            the request breaks a rule; names the parameter
│   ├── ModelNotFound
│   ├── ContextLengthExceeded
│   └── RequestTooLarge
├── NotAuthenticated          no key, or one that is not known
│   └── InvalidAccessToken
├── InsufficientScope         known, but not allowed
├── Unavailable               a later try, or another task, can succeed
│   ├── QueueFull
│   ├── QueueTimeout
│   ├── EngineUnavailable
│   └── Draining
├── DeadlineExceeded
└── InternalError             our fault; the log has the details under the request id
"""

from __future__ import annotations

QUOTED_CHARACTERS = 64  # of the caller's own text; it may be as long as a request


class ServiceError(Exception):
    """A request that ended in an error its sender may read.

    `code` is stable and part of the API; `param` names the request's field at fault, if one is.
    """

    code = "service_error"

    def __init__(self, message: str, *, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param


class InvalidRequest(ServiceError):
    """The request breaks a rule of the API; the same request will fail again."""

    code = "invalid_value"

    @staticmethod
    def of_field(param: str, rule: str) -> InvalidRequest:
        """A field whose value breaks a rule, in the same words on both transports."""
        return InvalidRequest(f"Invalid value for '{param}': {rule}.", param=param)


class ModelNotFound(InvalidRequest):
    """The request names a model that this endpoint does not serve."""

    code = "model_not_found"

    def __init__(self, requested: str, *, served: str) -> None:
        super().__init__(
            f"The model `{requested[:QUOTED_CHARACTERS]}` does not exist here; use `{served}`.",
            param="model",
        )


class ContextLengthExceeded(InvalidRequest):
    """The prompt does not fit the context of one slot."""

    code = "context_length_exceeded"

    def __init__(self, *, prompt_tokens: int, context_tokens: int, param: str) -> None:
        super().__init__(
            f"This model's context is {context_tokens} tokens, and the prompt has at least "
            f"{prompt_tokens}; shorten the prompt.",
            param=param,
        )


class RequestTooLarge(InvalidRequest):
    """The body is beyond the limit and was not read to its end."""

    code = "request_too_large"

    def __init__(self, *, limit_bytes: int) -> None:
        super().__init__(f"The request body is larger than {limit_bytes} bytes; shorten it.")


class NotAuthenticated(ServiceError):
    """The request carries no API key, or one that is not known."""

    code = "invalid_api_key"


class InvalidAccessToken(NotAuthenticated):
    """The access token has expired, or is of another issuer, for others, or forged."""

    code = "invalid_access_token"


class InsufficientScope(ServiceError):
    """The access token is valid, and does not allow this."""

    code = "insufficient_scope"

    def __init__(self, scope: str) -> None:
        super().__init__(f"The access token lacks the scope `{scope}`; ask for one that has it.")
        self.scope = scope


class Unavailable(ServiceError):
    """Nothing is wrong with the request; it can succeed after `retry_after_seconds`."""

    code = "unavailable"

    def __init__(self, message: str, *, retry_after_seconds: int = 1) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class QueueFull(Unavailable):
    """Every slot is taken and as many requests wait as may."""

    code = "queue_full"


class QueueTimeout(Unavailable):
    """The request waited as long as a request may, and no slot became free."""

    code = "queue_timeout"


class EngineUnavailable(Unavailable):
    """The engine is starting, restarting, or died while it worked on the request."""

    code = "engine_unavailable"


class Draining(Unavailable):
    """This task is about to stop; another one takes the request."""

    code = "draining"


class DeadlineExceeded(ServiceError):
    """The caller's deadline, or the server's longest generation, has passed."""

    code = "deadline_exceeded"


class InternalError(ServiceError):
    """An error of ours; says nothing but the request id under which the log has it."""

    code = "internal_error"

    def __init__(self) -> None:
        super().__init__("Something failed on our side; the request id tells us where to look.")
