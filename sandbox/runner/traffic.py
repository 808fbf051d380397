"""Tells from a connection's bytes whether a request is in flight on it.

A load balancer of HTTP knows that; ours relays TCP, so it listens in. A draining task may be
stopped when nothing is in flight, though clients keep their connections open.
"""

from __future__ import annotations

import httptools

HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

# RFC 9113, sections 4.1 and 6.
FRAME_HEADER_BYTES = 9
DATA, HEADERS, RST_STREAM = 0x0, 0x1, 0x3
END_STREAM = 0x1


class Traffic:
    """Both directions of one connection, HTTP/1.1 or HTTP/2."""

    def __init__(self) -> None:
        self._kind: _Http1 | _Http2 | None = None
        self._first = b""

    @property
    def busy(self) -> bool:
        return self._kind is not None and self._kind.busy

    @property
    def between_messages(self) -> bool:
        """Whether the next request may be another task's (HTTP/1.1 only)."""
        return isinstance(self._kind, _Http1) and not self._kind.busy and not self._kind.last

    def request(self, data: bytes) -> None:
        if self._kind is None:
            data, self._first = self._first + data, b""
            if data == HTTP2_PREFACE[: len(data)] and len(data) < 3:
                self._first = data  # "P": POST or PRI
                return
            self._kind = _Http2() if data.startswith(HTTP2_PREFACE[:3]) else _Http1()
        self._kind.request(data)

    def answer(self, data: bytes) -> None:
        if self._kind is not None:
            self._kind.answer(data)


class _Http1:
    """In flight from a request's first byte to its response's last; 1xx responses do not count."""

    def __init__(self) -> None:
        self.busy = False
        self.last = False
        """Whether the connection is to end, which is the task's to do: one of both said so."""
        self._understood = True
        self._parser = httptools.HttpResponseParser(self)

    def request(self, data: bytes) -> None:
        # In a body these words only make the connection stay where it is.
        self.last = self.last or b"\r\nconnection: close" in data.lower()
        self.busy = True

    def answer(self, data: bytes) -> None:
        try:
            if self._understood:
                self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._understood = False  # not HTTP: in flight until the connection ends

    def on_message_complete(self) -> None:
        """Called by the parser."""
        if self._parser.get_status_code() >= 200:
            self.busy = False
            # Of one who is answered before all is sent, the rest is no request of another task's.
            self.last = self.last or not self._parser.should_keep_alive()


class _Http2:
    """In flight while a stream is open: from the client's HEADERS to the server's END_STREAM."""

    def __init__(self) -> None:
        self._streams: set[int] = set()
        self._client = _Frames(skip=len(HTTP2_PREFACE))
        self._server = _Frames(skip=0)

    @property
    def busy(self) -> bool:
        return bool(self._streams)

    def request(self, data: bytes) -> None:
        for kind, _, stream in self._client.feed(data):
            if kind == HEADERS:
                self._streams.add(stream)
            elif kind == RST_STREAM:
                self._streams.discard(stream)

    def answer(self, data: bytes) -> None:
        for kind, flags, stream in self._server.feed(data):
            ended = kind in (DATA, HEADERS) and flags & END_STREAM
            if ended or kind == RST_STREAM:
                self._streams.discard(stream)


class _Frames:
    """Reads the headers of HTTP/2 frames and skips their payloads."""

    def __init__(self, *, skip: int) -> None:
        self._skip = skip
        self._header = b""

    def feed(self, data: bytes) -> list[tuple[int, int, int]]:
        """Type, flags and stream of each frame that begins in `data`."""
        found = []
        while data:
            if self._skip:
                passed = min(self._skip, len(data))
                self._skip -= passed
                data = data[passed:]
                continue
            missing = FRAME_HEADER_BYTES - len(self._header)
            self._header, data = self._header + data[:missing], data[missing:]
            if len(self._header) == FRAME_HEADER_BYTES:
                header, self._header = self._header, b""
                self._skip = int.from_bytes(header[:3])
                stream = int.from_bytes(header[5:9]) & 0x7FFF_FFFF
                found.append((header[3], header[4], stream))
        return found
