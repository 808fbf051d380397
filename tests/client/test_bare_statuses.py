"""What a load balancer says in the endpoint's place is the same error over REST and gRPC."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived

from llm_on_ecs import (
    ConnectionFailed,
    LLMError,
    NotAuthenticated,
    PermissionDenied,
    UnexpectedAnswer,
)
from tests.client.faces import KINDS, face
from tests.client.raw_endpoint import Reader, Writer, raw_endpoint

Answers = Callable[[int, Reader, Writer], Awaitable[None]]
PAGE = b"<html>"


async def over_rest(status: int, reader: Reader, writer: Writer) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(f"HTTP/1.1 {status} Bad\r\ncontent-length: {len(PAGE)}\r\n\r\n".encode() + PAGE)
    await reader.read()  # until the client closes


async def over_grpc(status: int, reader: Reader, writer: Writer) -> None:
    """HTTP/2, as the load balancer answers where no task does: a status, and no gRPC."""
    connection = H2Connection(H2Configuration(client_side=False))
    connection.initiate_connection()
    while data := await reader.read(65536):
        for event in connection.receive_data(data):
            if isinstance(event, RequestReceived):
                head = [(":status", str(status)), ("content-type", "text/html")]
                connection.send_headers(event.stream_id, head)
                connection.send_data(event.stream_id, PAGE, end_stream=True)
        writer.write(connection.data_to_send())
        await writer.drain()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("scheme", "answers"), [("http", over_rest), ("grpc", over_grpc)])
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, NotAuthenticated),
        (403, PermissionDenied),
        (404, UnexpectedAnswer),
        (502, ConnectionFailed),
        (503, ConnectionFailed),
        (504, ConnectionFailed),
    ],
)
async def test_bare_status_is_one_error(
    kind: str, scheme: str, answers: Answers, status: int, error: type[LLMError]
) -> None:
    async with (
        raw_endpoint(partial(answers, status)) as at,
        face(kind, f"{scheme}://{at}", max_retries=0) as client,
    ):
        with pytest.raises(LLMError) as refused:
            await client.generate("Hi", timeout=10)
    assert type(refused.value) is error
    assert str(status) in refused.value.message
    assert refused.value.request_id
