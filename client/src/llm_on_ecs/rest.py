"""REST, blocking."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager

import httpx

from llm_on_ecs import in_time, rest_format
from llm_on_ecs.address import Address
from llm_on_ecs.answers import Chunk, Completion, Model
from llm_on_ecs.asking import Question
from llm_on_ecs.errors import ConnectionFailed, IncompleteStream
from llm_on_ecs.places import Places
from llm_on_ecs.rest_failures import LIMITS, built, failures, trust
from llm_on_ecs.retries import Call, Deadline


class RestTransport:
    """One try a call. Raises an LLMError."""

    def __init__(self, address: Address, places: Places) -> None:
        self._places = places
        self._http = httpx.Client(
            base_url=address.base_url,
            headers=address.headers,
            limits=LIMITS,
            verify=trust(address),
        )

    def complete(self, question: Question, call: Call) -> Completion:
        request = rest_format.path(question), rest_format.body(question)
        return rest_format.completion(self._whole("POST", *request, call=call))

    def count(self, question: Question, call: Call) -> int:
        request = rest_format.count_path(question), rest_format.count_body(question)
        return rest_format.count(self._whole("POST", *request, call=call))

    def models(self, call: Call) -> list[Model]:
        return rest_format.models(self._whole("GET", "/v1/models", None, call=call))

    def chunks(self, question: Question, call: Call) -> Generator[Chunk, None, None]:
        """Closing the generator closes the connection, and that cancels the generation."""
        request = rest_format.path(question), rest_format.body(question, stream=True)
        events = rest_format.Events()
        with self._opened("POST", *request, call=call) as response, failures(call.deadline):
            rest_format.check_stream(response.headers)
            for data in response.iter_bytes():
                yield from events.chunks(data, request_id=response.headers.get("x-request-id"))

    def close(self) -> None:
        self._http.close()

    def _whole(self, method: str, path: str, body: rest_format.Json | None, *, call: Call) -> bytes:
        with self._opened(method, path, body, call=call) as response:
            return read(response, call.deadline)

    @contextmanager
    def _opened(
        self, method: str, path: str, body: rest_format.Json | None, *, call: Call
    ) -> Iterator[httpx.Response]:
        with self._places.taken(call.deadline):
            request = built(self._http, method, path, body, call=call)
            request.extensions["trace"] = in_time.trace
            with failures(call.deadline):
                response = self._http.send(request, stream=True)
            with closing(response):
                if response.status_code != 200:
                    content = read(response, call.deadline)
                    raise rest_format.refusal(response.status_code, response.headers, content)
                yield response


def read(response: httpx.Response, deadline: Deadline) -> bytes:
    try:
        with failures(deadline):
            return response.read()
    except ConnectionFailed as error:
        raise IncompleteStream("The connection ended in the answer.", text="") from error
