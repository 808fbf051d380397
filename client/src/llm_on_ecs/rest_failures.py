"""How the HTTP library is set up, and its failures as ours: for blocking and async calls."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from llm_on_ecs.address import Address
from llm_on_ecs.errors import ConnectionFailed, InvalidRequest
from llm_on_ecs.in_time import Remaining
from llm_on_ecs.retries import Call, Deadline

TIMEOUT_HEADER = "x-request-timeout"  # the endpoint's; gRPC has the same in its protocol
CONNECT_SECONDS = 5.0  # then another try, perhaps at another address; OpenAI's SDK has the same
# How many connections are in use is bounded by the client, for both transports alike.
LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=20)


def http_timeout(deadline: Deadline) -> httpx.Timeout:
    """For one try. It bounds single reads; the deadline is kept by whoever reads."""
    left = Remaining.of(deadline)
    connect = CONNECT_SECONDS if left is None else min(left, CONNECT_SECONDS)
    return httpx.Timeout(left, connect=connect)


def built(
    http: httpx.Client | httpx.AsyncClient,
    method: str,
    path: str,
    body: dict[str, Any] | None,
    *,
    call: Call,
) -> httpx.Request:
    """Tells the endpoint how long the answer is waited for.

    Raises InvalidRequest for a value that JSON has no room for.
    """
    timeout = http_timeout(call.deadline)
    limit = {} if timeout.read is None else {TIMEOUT_HEADER: f"{max(timeout.read, 0.001):.3f}"}
    headers = {**call.headers, **limit}
    try:
        return http.build_request(method, path, json=body, headers=headers, timeout=timeout)
    except (ValueError, TypeError) as wrong:
        raise InvalidRequest(f"The request does not fit JSON: {wrong}.") from wrong


def trust(address: Address) -> ssl.SSLContext | bool:
    """The authorities that may vouch for the endpoint; True is the library's own choice."""
    return ssl.create_default_context(cafile=address.ca_file) if address.ca_file else True


@contextmanager
def failures(deadline: Deadline) -> Iterator[None]:
    try:
        yield
    except httpx.ConnectTimeout as error:
        deadline.remaining()  # whichever of the two limits it was that ended the wait
        raise ConnectionFailed("The endpoint could not be reached in time.") from error
    except (httpx.TimeoutException, TimeoutError) as error:
        raise deadline.exceeded() from error
    except httpx.RequestError as error:
        deadline.remaining()  # at its end a connection is cut, which fails as any other cut
        raise ConnectionFailed(f"The connection to the endpoint failed: {error}.") from error
