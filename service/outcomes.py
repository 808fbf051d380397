"""How requests end, and which ends are our fault: the one list that all metrics count by.

The caller's own faults (a wrong request, no key, a deadline of its own, an answer that it stops
reading or leaves) are neither errors nor refusals: they say nothing about the service.
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
    QueueTooLong,
    ServiceError,
    TooManyConnections,
)

OK: Final = "ok"
CANCELLED: Final = "cancelled"
# Not `cancelled`: who leaves wants no more, and who stalls holds a slot and wants it all. A rise
# says that clients, or the network to them, are slower than the model.
CLIENT_STALLED: Final = "client_stalled"
# Of REST; gRPC answers calls of unknown methods itself.
UNKNOWN_URL: Final = "unknown_url"
METHOD_NOT_ALLOWED: Final = "method_not_allowed"
# Of REST too: a body that is not chunked rightly, or has more besides its bytes than headers may.
INVALID_HTTP: Final = "invalid_http"
HEADERS_TOO_LARGE: Final = "headers_too_large"
# Told to the caller as `deadline_exceeded`; counted apart, because the limit was ours.
GENERATION_TIMEOUT: Final = "generation_timeout"

ERRORS: Final = frozenset({EngineUnavailable.code, InternalError.code, GENERATION_TIMEOUT})
REFUSALS: Final = frozenset(
    {
        QueueFull.code,
        QueueTooLong.code,
        QueueTimeout.code,
        TooManyConnections.code,
        Draining.code,
    }
)
# These never waited.
TURNED_AWAY: Final = frozenset({QueueFull.code, QueueTooLong.code})


def all_outcomes() -> tuple[str, ...]:
    """Every outcome that a request can have."""
    of_http = (UNKNOWN_URL, METHOD_NOT_ALLOWED, INVALID_HTTP, HEADERS_TOO_LARGE)
    others = (OK, CANCELLED, CLIENT_STALLED, GENERATION_TIMEOUT, *of_http)
    return tuple(dict.fromkeys((*others, *_codes(ServiceError))))


def _codes(error: type[ServiceError]) -> Iterator[str]:
    """The codes of the tree below `error`."""
    for child in error.__subclasses__():
        yield child.code
        yield from _codes(child)
