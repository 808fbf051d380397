"""REST, blocking."""

from __future__ import annotations

import socket
import threading
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress

import httpx

from llm_on_ecs import rest_format
from llm_on_ecs.address import Address
from llm_on_ecs.answers import Chunk, Completion, Model
from llm_on_ecs.asking import Question
from llm_on_ecs.errors import ConnectionFailed, IncompleteStream
from llm_on_ecs.rest_failures import built, failures, trust
from llm_on_ecs.retries import Deadline


class RestTransport:
    """One try a call. Raises an LLMError."""

    def __init__(self, address: Address) -> None:
        self._http = httpx.Client(
            base_url=address.base_url,
            headers=address.authorization,
            verify=trust(address),
        )

    def complete(self, question: Question, deadline: Deadline) -> Completion:
        request = rest_format.path(question), rest_format.body(question)
        return rest_format.completion(self._whole("POST", *request, deadline=deadline))

    def models(self, deadline: Deadline) -> list[Model]:
        return rest_format.models(self._whole("GET", "/v1/models", None, deadline=deadline))

    def chunks(self, question: Question, deadline: Deadline) -> Generator[Chunk, None, None]:
        """Closing the generator closes the connection, and that cancels the generation."""
        request = rest_format.path(question), rest_format.body(question, stream=True)
        events = rest_format.Events()
        with self._opened("POST", *request, deadline=deadline) as response, failures(deadline):
            rest_format.check_stream(response.headers)
            for data in response.iter_bytes():
                yield from events.chunks(data, request_id=response.headers.get("x-request-id"))

    def close(self) -> None:
        self._http.close()

    def _whole(
        self, method: str, path: str, body: rest_format.Json | None, *, deadline: Deadline
    ) -> bytes:
        with self._opened(method, path, body, deadline=deadline) as response:
            return read(response, deadline)

    @contextmanager
    def _opened(
        self, method: str, path: str, body: rest_format.Json | None, *, deadline: Deadline
    ) -> Iterator[httpx.Response]:
        request = built(self._http, method, path, body, deadline=deadline)
        with failures(deadline):
            response = self._http.send(request, stream=True)
        with closing(response), cut_at_the_end(deadline, response):
            if response.status_code != 200:
                content = read(response, deadline)
                raise rest_format.refusal(response.status_code, response.headers, content)
            yield response


def read(response: httpx.Response, deadline: Deadline) -> bytes:
    try:
        with failures(deadline):
            return response.read()
    except ConnectionFailed as error:
        raise IncompleteStream("The connection ended in the answer.", text="") from error


@contextmanager
def cut_at_the_end(deadline: Deadline, response: httpx.Response) -> Iterator[None]:
    """Ends the connection, and so the read that waits on it, when the deadline passes.

    The library's own timeouts bound one read each, and a stream has any number of them.
    """
    left = deadline.remaining()
    if left is None:
        yield
        return
    connection = response.extensions["network_stream"].get_extra_info("socket")
    timer = threading.Timer(left, shut, [connection])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def shut(connection: socket.socket) -> None:
    with suppress(OSError):  # it has ended of itself
        # Not a TLS socket's own method, which is not made for two threads.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
