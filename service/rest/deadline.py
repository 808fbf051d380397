"""The caller's own deadline: gRPC has one in its protocol, HTTP in this header of ours."""

from __future__ import annotations

import re

from starlette.requests import Request

from service.errors import InvalidRequest

TIMEOUT_HEADER = "x-request-timeout"
SECONDS_PATTERN = r"^(?!0+(\.0+)?$)[0-9]{1,9}(\.[0-9]{1,9})?$"


def timeout_seconds(
    request: Request, *, carrier_seconds: float | None, longest_seconds: float
) -> float | None:
    """How long the caller waits for the whole answer: by its header, and by what carries it.

    No request takes longer than `longest_seconds`, so a header that allows more means as much.
    Raises InvalidRequest for a header that is no positive number of seconds.
    """
    sent = request.headers.get(TIMEOUT_HEADER)
    if sent is None:
        return carrier_seconds
    if not re.fullmatch(SECONDS_PATTERN, sent):
        rule = "it is a number of seconds above 0, in decimals, as 20 or 0.5"
        raise InvalidRequest.of_field(TIMEOUT_HEADER, rule)
    limits = [float(sent), longest_seconds, carrier_seconds]
    return min(limit for limit in limits if limit is not None)
