"""Requests that offer to go on in another protocol, as all do that Java's `HttpClient` sends."""

from __future__ import annotations

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class UpgradesIgnored:
    """httptools' parser, for who speaks HTTP/1.1 only and may ignore an offer of more (RFC 9110,
    section 7.8).

    httptools ends such a request with its head, and would take its body for the next request. So
    the head is read again without the offer, by a parser that goes on with what follows.
    """

    def __init__(self, protocol: HttpToolsProtocol) -> None:
        self._protocol = protocol
        self._begin()

    def _begin(self) -> None:
        self._parser = HttpRequestParser(_Listener(self._protocol))
        self._parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn has it
        self.get_http_version = self._parser.get_http_version
        self.get_method = self._parser.get_method
        self.should_keep_alive = self._parser.should_keep_alive
        self.should_upgrade = self._parser.should_upgrade

    def feed_data(self, data: bytes) -> None:
        """Raises HttpParserError."""
        while data:
            try:
                self._parser.feed_data(data)
                return
            except HttpParserUpgrade as offer:
                data = data[offer.args[0] :]
            head = self._head_without_offer()
            self._begin()
            self._parser.feed_data(head)

    def _head_without_offer(self) -> bytes:
        method, version = self.get_method(), self.get_http_version().encode()
        lines = [b"%s %s HTTP/%s" % (method, self._protocol.url, version)]
        headers = self._protocol.headers
        lines += (b"%s: %s" % header for header in headers if header[0] != b"upgrade")
        return b"\r\n".join([*lines, b"", b""])


class _Listener:
    """Tells the protocol nothing of the end of a head that will be read again; the rest it is told
    twice, and begins anew. It holds no parser, which holds it: a lost connection goes at once."""

    def __init__(self, protocol: HttpToolsProtocol) -> None:
        self._protocol = protocol
        self.on_message_begin = protocol.on_message_begin
        self.on_url = protocol.on_url
        self.on_header = protocol.on_header
        self.on_body = protocol.on_body

    def on_headers_complete(self) -> None:
        parser = self._protocol.parser
        if parser.get_method() == b"CONNECT":  # which offers nothing, but asks for a tunnel
            raise HttpParserError("no tunnel leads from here")
        if not parser.should_upgrade():
            self._protocol.on_headers_complete()

    def on_message_complete(self) -> None:
        if not self._protocol.parser.should_upgrade():
            self._protocol.on_message_complete()
