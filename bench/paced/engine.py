"""Answers as llama.cpp's server does, a token each so many milliseconds, and keeps the beat.

The text of a token is the moment at which it was written, CLOCK_MONOTONIC in nanoseconds: every
process of this machine reads the same clock, so its reader knows how long it was on the way.
"""

from __future__ import annotations

import asyncio
import time
from asyncio import StreamReader, StreamWriter
from typing import Any

import orjson

from bench.paced.events import PROMPT_TOKENS, Answer, chat_answer, text_answer

DEFAULT_TOKENS = 16
OPEN = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
    b"transfer-encoding: chunked\r\nconnection: close\r\n\r\n"
)
ANSWERS = {b"/v1/chat/completions": chat_answer, b"/v1/completions": text_answer}
DOCUMENTS: dict[bytes, Any] = {
    b"/health": {"status": "ok"},
    b"/props": {"chat_template_caps": {"supports_tools": True}},
    b"/v1/models": {"data": [{"meta": {"n_vocab": 49152}}]},
    b"/v1/chat/completions/input_tokens": {"input_tokens": PROMPT_TOKENS},
    b"/tokenize": {"tokens": list(range(PROMPT_TOKENS))},
    b"/detokenize": {"content": "fox"},
    b"/v1/embeddings": {
        "data": [{"embedding": [0.6, 0.8], "index": 0}],
        "usage": {"prompt_tokens": PROMPT_TOKENS},
    },
}


class PacedEngine:
    """Token number i of an answer leaves `(i + 1) * pace_seconds` after its request came."""

    def __init__(self, *, pace_seconds: float, tokens_at_most: int) -> None:
        self._pace_seconds = pace_seconds
        self._tokens_at_most = tokens_at_most

    async def converse(self, reader: StreamReader, writer: StreamWriter) -> None:
        """One connection with one request, as the service makes them."""
        try:
            path, body = await read_request(reader)
            if answer := ANSWERS.get(path):
                await self._stream(writer, answer(orjson.loads(body)), orjson.loads(body))
            else:
                write_document(writer, DOCUMENTS.get(path))
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client has left, which is how it cancels
        finally:
            writer.close()

    async def _stream(self, writer: StreamWriter, answer: Answer, request: Any) -> None:
        begun = time.monotonic()
        asked = request.get("max_tokens") or DEFAULT_TOKENS
        tokens = min(asked, self._tokens_at_most)
        writer.write(OPEN)
        write_events(writer, answer.begin())
        for number in range(1, tokens + 1):
            await asyncio.sleep(begun + number * self._pace_seconds - time.monotonic())
            write_events(writer, answer.token(f"{time.monotonic_ns()} ", number))
            await writer.drain()
        write_events(writer, answer.finish(tokens))
        writer.write(b"0\r\n\r\n")


async def read_request(reader: StreamReader) -> tuple[bytes, bytes]:
    """The path and the body."""
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    headers = dict(line.lower().split(b": ", 1) for line in lines if line)
    body = await reader.readexactly(int(headers.get(b"content-length", 0)))
    return first.split()[1], body


def write_events(writer: StreamWriter, events: list[Any]) -> None:
    """Server-sent events, an HTTP chunk for each as llama.cpp writes them; None ends the stream."""
    for event in events:
        data = b"[DONE]" if event is None else orjson.dumps(event)
        writer.write(b"%x\r\ndata: %b\n\n\r\n" % (len(data) + 8, data))


def write_document(writer: StreamWriter, document: Any) -> None:
    status = b"404 Not Found" if document is None else b"200 OK"
    body = orjson.dumps(document)
    writer.write(
        b"HTTP/1.1 %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\n"
        b"connection: close\r\n\r\n%b" % (status, len(body), body)
    )
