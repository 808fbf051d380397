"""How requests end, and which ends are our fault: the one list that all metrics count by.

The caller's own faults (a wrong request, no key, a deadline of its own, a closed connection) are
neither errors nor refusals: they say nothing about the service.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from service.errors import (
    Draining,
    EngineUnavailable,
    InternalError,
    QueueFull,
    QueueTimeout,
    ServiceError,
)

OK: Final = "ok"
CANCELLED: Final = "cancelled"
# Told to the caller as `deadline_exceeded`; counted apart, because the limit was ours.
GENERATION_TIMEOUT: Final = "generation_timeout"

ERRORS: Final = frozenset({EngineUnavailable.code, InternalError.code, GENERATION_TIMEOUT})
REFUSALS: Final = frozenset({QueueFull.code, QueueTimeout.code, Draining.code})


def all_outcomes() -> tuple[str, ...]:
    """Every outcome that a request can have."""
    return (OK, CANCELLED, GENERATION_TIMEOUT, *_codes(ServiceError))


def _codes(error: type[ServiceError]) -> Iterator[str]:
    """The codes of the tree below `error`."""
    for child in error.__subclasses__():
        yield child.code
        yield from _codes(child)
