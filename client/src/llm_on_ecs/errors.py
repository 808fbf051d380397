"""What can go wrong with a call, in one tree that is the same for REST and gRPC.

LLMError
├── InvalidRequest            the request breaks a rule; `param` names the field
│   ├── UnknownParameter      the API has no such field
│   ├── MissingParameter
│   ├── InvalidType
│   ├── UnsupportedParameter  OpenAI's API has it, and the endpoint cannot honour it
│   ├── UnsupportedValue
│   ├── ModelNotFound
│   ├── ModelNotSupported
│   ├── ContextLengthExceeded
│   ├── RequestTooLarge
│   ├── UnsupportedMediaType  it says that it is no JSON
│   └── BodyTimeout           it was sent too slowly
├── NotAuthenticated          no key, or one that is not known
│   ├── ExpiredApiKey
│   └── InvalidAccessToken
├── PermissionDenied          known, but not allowed; or a firewall refuses
│   └── InsufficientScope
├── Retryable                 the same request can succeed later; retried by itself
│   ├── ConnectionFailed      no answer came
│   ├── RateLimited           too many requests from this sender
│   │   └── RateLimitExceeded     more than its API key may ask in a minute
│   └── Unavailable
│       ├── QueueFull
│       ├── QueueTooLong
│       ├── QueueTimeout
│       ├── TooManyConnections
│       ├── EngineUnavailable
│       └── Draining
├── DeadlineExceeded          the call's time is over: yours, or the endpoint's
├── IncompleteStream          the answer broke off; `text` is what had come
├── UnexpectedAnswer          not an answer of this API: is it the right address?
└── InternalError             the endpoint's fault; its log has the request id
"""

from __future__ import annotations


class LLMError(Exception):
    """A call that failed.

    `code` is stable and part of the API. `param` names the request's field at fault and
    `request_id` the call in the endpoint's log, where they are known. `retry_after_seconds` is
    the pause that the endpoint asks for before the next try.
    """

    code = "error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        request_id: str | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.param = param
        self.request_id = request_id
        self.retry_after_seconds = retry_after_seconds

    def __str__(self) -> str:
        known = f" (request {self.request_id})" if self.request_id else ""
        return f"{self.message} [{self.code}]{known}"


class InvalidRequest(LLMError):
    """The request breaks a rule of the API; the same request will fail again."""

    code = "invalid_value"


class UnknownParameter(InvalidRequest):
    """The request has a field that this API does not have."""

    code = "unknown_parameter"


class MissingParameter(InvalidRequest):
    """The request lacks a field that is needed."""

    code = "missing_required_parameter"


class InvalidType(InvalidRequest):
    """A field holds another type than it should."""

    code = "invalid_type"


class UnsupportedParameter(InvalidRequest):
    """OpenAI's API has the field, and nothing at the endpoint can honour it."""

    code = "unsupported_parameter"


class UnsupportedValue(InvalidRequest):
    """OpenAI's API allows the value, and nothing at the endpoint can honour it."""

    code = "unsupported_value"


class ModelNotFound(InvalidRequest):
    """The endpoint serves no model of that name; `models()` lists those that it does."""

    code = "model_not_found"


class ModelNotSupported(InvalidRequest):
    """The endpoint's model, or its chat template, lacks what is asked for."""

    code = "model_not_supported"


class ContextLengthExceeded(InvalidRequest):
    """The prompt does not fit the model's context; shorten it."""

    code = "context_length_exceeded"


class RequestTooLarge(InvalidRequest):
    """The request is larger than the endpoint reads."""

    code = "request_too_large"


class UnsupportedMediaType(InvalidRequest):
    """The request's headers say that it is no JSON; something on the way may have changed them."""

    code = "unsupported_media_type"


class BodyTimeout(InvalidRequest):
    """The request was sent more slowly than the endpoint waits for it."""

    code = "body_timeout"


class NotAuthenticated(LLMError):
    """The call carries no API key, or one that the endpoint does not know."""

    code = "invalid_api_key"


class ExpiredApiKey(NotAuthenticated):
    """The API key was good until its date, which the message has; ask for a new one."""

    code = "expired_api_key"


class InvalidAccessToken(NotAuthenticated):
    """The access token has expired, or is not one for this endpoint."""

    code = "invalid_access_token"


class PermissionDenied(LLMError):
    """The endpoint, or a firewall before it, knows the caller and refuses."""

    code = "permission_denied"


class InsufficientScope(PermissionDenied):
    """The access token is valid, and does not allow this."""

    code = "insufficient_scope"


class Retryable(LLMError):
    """Nothing is wrong with the request; it can succeed later."""

    code = "retryable"


class ConnectionFailed(Retryable):
    """The endpoint could not be reached, or closed the connection before it answered."""

    code = "connection_failed"


class RateLimited(Retryable):
    """This sender asked too often: of the endpoint, or of something before it."""

    code = "rate_limited"


class RateLimitExceeded(RateLimited):
    """The requests or tokens that the API key may use in a minute are used up."""

    code = "rate_limit_exceeded"


class Unavailable(Retryable):
    """The endpoint cannot take the request now."""

    code = "unavailable"


class QueueFull(Unavailable):
    """As many requests wait as may."""

    code = "queue_full"


class QueueTooLong(Unavailable):
    """The request would wait in vain: beyond the call's `timeout`, or longer than any may."""

    code = "queue_too_long"


class QueueTimeout(Unavailable):
    """The request waited as long as a request may."""

    code = "queue_timeout"


class TooManyConnections(Unavailable):
    """Clients have as many connections open as the task that was asked takes."""

    code = "too_many_connections"


class EngineUnavailable(Unavailable):
    """The model is starting, restarting, or ended while it worked on the request."""

    code = "engine_unavailable"


class Draining(Unavailable):
    """The task that had the request stops; another one takes the next try."""

    code = "draining"


class DeadlineExceeded(LLMError):
    """The call's `timeout`, or the endpoint's longest generation, has passed."""

    code = "deadline_exceeded"


class IncompleteStream(LLMError):
    """The answer broke off in the middle, so it was not asked for again.

    `text` is all that had come. Where the reason is known it is the error's `__cause__`, and
    `code` is the reason's. `text` has a default because unpickling passes the message alone.
    """

    code = "incomplete_stream"

    def __init__(
        self,
        message: str,
        *,
        text: str = "",
        cause: LLMError | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(
            message,
            code=cause.code if cause else None,
            request_id=(cause.request_id if cause else None) or request_id,
            retry_after_seconds=cause.retry_after_seconds if cause else None,
        )
        self.text = text
        self.__cause__ = cause


class UnexpectedAnswer(LLMError):
    """What answered does not speak this API."""

    code = "unexpected_answer"


class InternalError(LLMError):
    """Something failed at the endpoint; its log has the details under the request id."""

    code = "internal_error"


def all_errors(root: type[LLMError] = LLMError) -> list[type[LLMError]]:
    """The whole tree, root first."""
    return [root, *(found for child in root.__subclasses__() for found in all_errors(child))]


OF_CODE = {error.code: error for error in all_errors() if error is not IncompleteStream}
