"""What all errors of a request have in common."""

from __future__ import annotations


class ServiceError(Exception):
    """A request that ended in an error its sender may read.

    `code` is stable and part of the API; `param` names the request's field at fault, if one is.
    `retry_after_seconds` is set where the same request can succeed after that pause. `facts` are
    the message's figures and names, for programs.
    """

    code = "service_error"
    retry_after_seconds: int | None = None

    def __init__(
        self, message: str, *, param: str | None = None, facts: dict[str, object] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.facts = facts or {}
