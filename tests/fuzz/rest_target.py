"""Sends one HTTP input to a service and says what came back, or what is wrong with that."""

from __future__ import annotations

import json
import re
import socket
from http.client import HTTPException, HTTPResponse
from typing import Any

from tests.fuzz.rest_inputs import HttpInput

# By which the streams of OpenAI's two APIs and Anthropic's end.
LAST_EVENT = re.compile(rb"data: \[DONE\]|event: (message_stop|error|response\.\w+)\ndata: .*")


class Wrong(AssertionError):
    """An answer that no input may have."""


class RestTarget:
    """One connection, kept while the service keeps it."""

    def __init__(self, port: int, *, seconds: float) -> None:
        self._address = ("127.0.0.1", port)
        self._seconds = seconds
        self._socket: socket.socket | None = None

    def send(self, sent: HttpInput) -> str:
        """How it was answered. Raises Wrong."""
        connection = self._connected()
        try:
            connection.sendall(sent.wire())
            if not sent.is_whole:
                connection.shutdown(socket.SHUT_WR)
            return self._judged(connection, sent)
        except TimeoutError:
            self.close()
            raise Wrong(f"no answer within {self._seconds} s") from None
        except (HTTPException, OSError) as broken:
            self.close()
            if not sent.is_whole:
                return "closed"
            raise Wrong(f"no HTTP answer: {broken!r}") from None

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    def _connected(self) -> socket.socket:
        if self._socket is None:
            self._socket = socket.create_connection(self._address, timeout=self._seconds)
        return self._socket

    def _judged(self, connection: socket.socket, sent: HttpInput) -> str:
        response = HTTPResponse(connection, method=sent.method)
        with response:
            response.begin()
            body = response.read()
        if response.will_close or not sent.is_whole:
            self.close()
        judge(response, body)
        return str(response.status)


def last_of(stream: bytes) -> bytes:
    return stream.removesuffix(b"\n\n").rsplit(b"\n\n", 1)[-1]


def judge(response: HTTPResponse, body: bytes) -> None:
    kind = response.headers.get("content-type", "")
    if response.status >= 500 and response.status != 504:
        raise Wrong(f"status {response.status}: {body[:500]!r}")
    if b'"code":"internal_error"' in body:
        raise Wrong(f"an error of ours: {body[-500:]!r}")
    if kind.startswith("text/event-stream") and not LAST_EVENT.fullmatch(last_of(body)):
        raise Wrong(f"a stream without its end: {body[-200:]!r}")
    if kind.startswith("application/json") and body:
        judge_document(response.status, json.loads(body))


def judge_document(status: int, document: Any) -> None:
    if status >= 400 and not {"message", "type"} <= set(document.get("error", ())):
        raise Wrong(f"status {status} without the envelope: {document!r}")
