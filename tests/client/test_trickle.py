"""An endpoint that goes on sending, or reading, byte by byte: the call's time limit holds."""

from __future__ import annotations

import asyncio
import time

import pytest

from llm_on_ecs import DeadlineExceeded, IncompleteStream
from tests.client.faces import KINDS, face, read
from tests.client.raw_endpoint import Answer, Reader, Writer, raw_endpoint
from tests.soon import SOON

MODELS = b'{"data": [{"id": "m"}]}'
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
PACE_SECONDS = 0.02
LIMIT_SECONDS = 0.4


async def drip(writer: Writer, start: bytes) -> None:
    writer.write(start)
    while not writer.is_closing():
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(PACE_SECONDS)


async def dripping_header(reader: Reader, writer: Writer) -> None:
    await reader.readuntil(b"\r\n\r\n")
    await drip(writer, b"HTTP/1.1 200 OK\r\nx-long: ")


async def dripping_body(reader: Reader, writer: Writer) -> None:
    await reader.readuntil(b"\r\n\r\n")
    await drip(writer, HEAD % 100_000)


async def one_answer_and_then_a_dripping_header(reader: Reader, writer: Writer) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(HEAD % len(MODELS) + MODELS)
    await dripping_header(reader, writer)


async def reading_slowly(reader: Reader, writer: Writer) -> None:
    while await reader.read(1000):  # noqa: ASYNC110  # the pace is the point
        await asyncio.sleep(PACE_SECONDS)


pytestmark = pytest.mark.parametrize("kind", KINDS)


@pytest.mark.parametrize("answer", [dripping_header, dripping_body])
async def test_call_ends_at_its_limit_however_slowly_its_answer_comes(
    kind: str, answer: Answer
) -> None:
    async with (
        raw_endpoint(answer) as at,
        face(kind, f"http://{at}", timeout=LIMIT_SECONDS) as client,
    ):
        started = time.monotonic()
        with pytest.raises(DeadlineExceeded):
            await asyncio.wait_for(client.models(), SOON)
        assert time.monotonic() - started >= 0.9 * LIMIT_SECONDS


async def test_stream_ends_at_its_limit_while_its_headers_come(kind: str) -> None:
    async with raw_endpoint(dripping_header) as at, face(kind, f"http://{at}") as client:
        stream = client.stream("Hi", timeout=LIMIT_SECONDS)
        with pytest.raises((DeadlineExceeded, IncompleteStream)) as late:
            await asyncio.wait_for(read(stream), SOON)
    assert late.value.code == "deadline_exceeded"


async def test_limit_holds_on_a_connection_that_was_used_before(kind: str) -> None:
    async with (
        raw_endpoint(one_answer_and_then_a_dripping_header) as at,
        face(kind, f"http://{at}") as client,
    ):
        assert [model.id for model in await client.models()] == ["m"]
        with pytest.raises(DeadlineExceeded):
            await asyncio.wait_for(client.models(timeout=LIMIT_SECONDS), SOON)


async def test_limit_holds_while_the_request_is_read_slowly(kind: str) -> None:
    async with raw_endpoint(reading_slowly) as at, face(kind, f"http://{at}") as client:
        with pytest.raises(DeadlineExceeded):
            await asyncio.wait_for(client.generate("x" * 20_000_000, timeout=1.0), SOON)
