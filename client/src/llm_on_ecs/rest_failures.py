"""How the HTTP library is set up, and its failures as ours: for blocking and async calls."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from llm_on_ecs.address import Address
from llm_on_ecs.errors import ConnectionFailed
from llm_on_ecs.retries import Deadline

CONNECT_SECONDS = 5.0  # then another try, perhaps at another address; OpenAI's SDK has the same


def http_timeout(deadline: Deadline) -> httpx.Timeout:
    """For one try. It bounds single reads; the deadline is kept by whoever reads."""
    left = deadline.remaining()
    connect = CONNECT_SECONDS if left is None else min(left, CONNECT_SECONDS)
    return httpx.Timeout(left, connect=connect)


def trust(address: Address) -> ssl.SSLContext | bool:
    """The authorities that may vouch for the endpoint; True is the library's own choice."""
    return ssl.create_default_context(cafile=address.ca_file) if address.ca_file else True


@contextmanager
def failures(deadline: Deadline) -> Iterator[None]:
    try:
        yield
    except httpx.ConnectTimeout as error:
        raise ConnectionFailed("The endpoint could not be reached in time.") from error
    except (httpx.TimeoutException, TimeoutError) as error:
        raise deadline.exceeded() from error
    except httpx.RequestError as error:
        deadline.remaining()  # at its end a connection is cut, which fails as any other cut
        raise ConnectionFailed(f"The connection to the endpoint failed: {error}.") from error
