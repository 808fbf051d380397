"""The request is at fault: the same one will fail again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from service.errors.base import ServiceError

QUOTED_CHARACTERS = 64  # of the caller's own text; it may be as long as a request


# What is wrong with a field, by the error's code.
BEGINNINGS = {
    "unsupported_parameter": "Unsupported parameter: '{}'",
    "unsupported_value": "Unsupported value for '{}'",
    "model_not_supported": "This endpoint's model cannot honour '{}'",
}


class Violation(NamedTuple):
    """A field of the request that breaks a rule: its path, and the sentence that says which.

    `code` is that of the InvalidRequest which tells of it.
    """

    param: str
    message: str
    code: str = "invalid_value"

    @staticmethod
    def of(param: str, rule: str, *, code: str = "invalid_value") -> Violation:
        """In the same words on both transports."""
        begun = BEGINNINGS.get(code, "Invalid value for '{}'").format(param)
        return Violation(param, f"{begun}: {rule}.", code)


class InvalidRequest(ServiceError):
    """The request breaks a rule of the API; the same request will fail again.

    `violations` are all that are known; `message` and `param` are the first one's.
    """

    code = "invalid_value"

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        facts: dict[str, object] | None = None,
        violations: Sequence[Violation] = (),
    ) -> None:
        super().__init__(message, param=param, facts=facts)
        self.violations = tuple(violations) or ((Violation(param, message),) if param else ())

    @classmethod
    def of_field(cls, param: str, rule: str) -> InvalidRequest:
        """A field whose value breaks a rule."""
        return InvalidRequest.of_all([Violation.of(param, rule, code=cls.code)])

    @staticmethod
    def of_all(violations: Sequence[Violation]) -> InvalidRequest:
        """At least one."""
        first = violations[0]
        kinds = {kind.code: kind for kind in (InvalidRequest, *PLAIN_KINDS)}
        return kinds[first.code](first.message, param=first.param, violations=violations)


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
    """The API has the field, and nothing here can honour it, whichever model is served."""

    code = "unsupported_parameter"


class UnsupportedValue(InvalidRequest):
    """The API allows the value, and nothing here can honour it, whichever model is served."""

    code = "unsupported_value"


class ModelNotSupported(InvalidRequest):
    """The served model, or its chat template, lacks what is asked for; another one may have it."""

    code = "model_not_supported"


PLAIN_KINDS = (
    UnknownParameter,
    MissingParameter,
    InvalidType,
    UnsupportedParameter,
    UnsupportedValue,
    ModelNotSupported,
)


class ModelNotFound(InvalidRequest):
    """The request names a model that this endpoint does not serve."""

    code = "model_not_found"

    def __init__(self, requested: str, *, served: str) -> None:
        super().__init__(
            f"The model `{requested[:QUOTED_CHARACTERS]}` does not exist here; use `{served}`.",
            param="model",
            facts={"served": served},
        )


class ContextLengthExceeded(InvalidRequest):
    """The prompt does not fit the context of one slot; or, where `embeds`, a text not the piece
    that a vector is made of, `engine.batch_tokens`."""

    code = "context_length_exceeded"

    def __init__(
        self, *, prompt_tokens: int, context_tokens: int, param: str, embeds: bool = False
    ) -> None:
        message = (
            f"This endpoint makes vectors of texts of at most {context_tokens} tokens, and one of "
            f"these has {prompt_tokens}; shorten it, or send it in parts."
            if embeds
            else f"This model's context is {context_tokens} tokens, and the prompt has at least "
            f"{prompt_tokens}; shorten the prompt."
        )
        facts: dict[str, object]
        facts = {"prompt_tokens": prompt_tokens, "context_tokens": context_tokens}
        super().__init__(message, param=param, facts=facts)


class RequestTooLarge(InvalidRequest):
    """The body is beyond the limit and was not read to its end."""

    code = "request_too_large"

    def __init__(self, *, limit_bytes: int) -> None:
        super().__init__(
            f"The request body is larger than {limit_bytes} bytes; shorten it.",
            facts={"limit_bytes": limit_bytes},
        )


class UnsupportedMediaType(InvalidRequest):
    """The body says that it is no JSON, or not in UTF-8, or compressed; it was not read."""

    code = "unsupported_media_type"


class BodyTimeout(InvalidRequest):
    """The body comes too slowly, and was not read to its end."""

    code = "body_timeout"

    def __init__(self, *, limit_seconds: float) -> None:
        super().__init__(
            f"The request body did not arrive within {limit_seconds:g} seconds; send it at once.",
            facts={"limit_seconds": limit_seconds},
        )
