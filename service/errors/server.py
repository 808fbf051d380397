"""Nothing is wrong with the request: it is the server that cannot answer it, or not in time."""

from __future__ import annotations

from service.errors.base import ServiceError


class Unavailable(ServiceError):
    """Nothing is wrong with the request; it can succeed after `retry_after_seconds`."""

    code = "unavailable"

    def __init__(self, message: str, *, retry_after_seconds: int = 1) -> None:
        super().__init__(message)
        self.retry_after_seconds: int = retry_after_seconds


class QueueFull(Unavailable):
    """Every slot is taken and as many requests wait as may."""

    code = "queue_full"


class QueueTooLong(Unavailable):
    """The request would wait in vain: until its deadline has passed, or longer than any may."""

    code = "queue_too_long"


class QueueTimeout(Unavailable):
    """The request waited as long as a request may, and no slot became free."""

    code = "queue_timeout"


class TooManyConnections(Unavailable):
    """The request came on a connection beyond those that clients may open."""

    code = "too_many_connections"


class EngineUnavailable(Unavailable):
    """The engine is starting, restarting, or died while it worked on the request."""

    code = "engine_unavailable"


class EngineAbsent(EngineUnavailable):
    """The engine had ended before the request reached it."""


class Draining(Unavailable):
    """This task is about to stop; another one takes the request."""

    code = "draining"


class DeadlineExceeded(ServiceError):
    """The caller's deadline, or the server's longest generation, has passed.

    `ours` is the latter: the same request would take as long again.
    """

    code = "deadline_exceeded"

    def __init__(self, message: str, *, ours: bool = False, retry_after_seconds: int = 1) -> None:
        super().__init__(message)
        self.ours = ours
        self.retry_after_seconds: int = retry_after_seconds


class InternalError(ServiceError):
    """An error of ours; says nothing but the request id under which the log has it."""

    code = "internal_error"

    def __init__(self) -> None:
        super().__init__("Something failed on our side; the request id tells us where to look.")


class ClientStalled(Exception):
    """The client stopped reading its answer, and so is told nothing: it would not read that either.

    No ServiceError therefore. It ends the generation, and is counted as an outcome of its own.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(f"Nothing of this answer was read for {seconds:g} seconds.")
