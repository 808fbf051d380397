"""Whole HTTP requests: some right, most wrong somewhere, from the request line to the body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.json_inputs import encoded, mutated, nested, wild_json

READ_PATHS = ("/v1/models", "/v1/models/smollm2-135m-instruct", "/metrics", "/")
METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "BREW")
FRAMINGS = ("length", "length", "length", "chunked", "none", "too long", "twice")

field_bytes = st.binary(max_size=30).map(lambda text: bytes(set(text) - set(b"\r\n\0")))
HEADERS: dict[bytes, st.SearchStrategy[bytes]] = {
    b"authorization": st.one_of(st.just(b"Bearer sk-of-nobody"), field_bytes),
    b"content-type": st.one_of(
        st.sampled_from([b"application/json; charset=utf-8", b"text/plain; charset=utf-16"]),
        field_bytes,
    ),
    b"content-encoding": st.sampled_from([b"identity", b"gzip", b"br", b"\xff"]),
    b"accept": field_bytes,
    b"x-request-id": field_bytes,
    b"x-request-timeout": st.one_of(
        st.sampled_from([b"30", b"0.001", b"-1", b"nan", b"1e999", b"\xb2", b"1_0"]), field_bytes
    ),
    b"x-forwarded-for": field_bytes,
    b"traceparent": field_bytes,
    b"origin": field_bytes,
    b"access-control-request-method": field_bytes,
    b"expect": st.just(b"100-continue"),
    b"connection": st.sampled_from([b"close", b"upgrade", b"keep-alive"]),
    b"upgrade": st.sampled_from([b"h2c", b"websocket"]),
    b"x-padding": st.just(b"x" * 20_000),
}


@dataclass(frozen=True)
class HttpInput:
    """What goes over the wire. `framing` is how the body's length is told, rightly or not."""

    method: str
    target: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    framing: str

    @property
    def is_whole(self) -> bool:
        """Whether its end can be told: where not, the server can only wait for it, or close."""
        return self.framing in {"length", "chunked"} or not (self.body or self.framing != "none")

    def wire(self) -> bytes:
        lines = [b"%b %b HTTP/1.1" % (self.method.encode(), self.target), b"host: fuzz"]
        lines += [b"%b: %b" % header for header in (*self.headers, *self._length())]
        body = self.body
        if self.framing == "chunked" and body:
            body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        elif self.framing == "chunked":
            body = b"0\r\n\r\n"
        return b"\r\n".join(lines) + b"\r\n\r\n" + body

    def _length(self) -> list[tuple[bytes, bytes]]:
        length = (b"content-length", b"%d" % len(self.body))
        return {
            "length": [length],
            "chunked": [(b"transfer-encoding", b"chunked")],
            "none": [],
            "too long": [(b"content-length", b"%d" % (len(self.body) + 5))],
            "twice": [length, (b"content-length", b"7")],
        }[self.framing]


def posted(path: str, bodies: st.SearchStrategy[Any]) -> st.SearchStrategy[HttpInput]:
    """Requests that are right, but for what the bodies hold."""
    return bodies.map(lambda body: HttpInput("POST", path.encode(), (), encoded(body), "length"))


@st.composite
def http_inputs(draw: st.DrawFn, bodies: Mapping[str, st.SearchStrategy[Any]]) -> HttpInput:
    """Two of three are a body for a route that takes one; the others may be anything."""
    if draw(st.integers(0, 2)):
        path = draw(st.sampled_from(sorted(bodies)))
        return HttpInput(
            "POST", path.encode(), draw(headers), draw(changed_bodies(bodies[path])), "length"
        )
    paths = [path.encode() for path in (*bodies, *READ_PATHS)]
    return HttpInput(
        method=draw(st.sampled_from(METHODS)),
        target=draw(st.one_of(st.sampled_from(paths), targets(paths))),
        headers=draw(headers),
        body=draw(st.one_of(st.just(b""), st.binary(max_size=50), wild_json.map(encoded))),
        framing=draw(st.sampled_from(FRAMINGS)),
    )


@st.composite
def header_lists(draw: st.DrawFn) -> tuple[tuple[bytes, bytes], ...]:
    names = draw(st.lists(st.sampled_from(sorted(HEADERS)), max_size=3))
    return tuple((name, draw(HEADERS[name])) for name in names)


headers = st.one_of(st.just(()), st.just(()), header_lists())


@st.composite
def targets(draw: st.DrawFn, paths: list[bytes]) -> bytes:
    """A path with something in front or behind."""
    piece = draw(
        st.one_of(
            st.sampled_from(
                [b"/", b"//", b"/..", b"/%2e%2e/", b"%00", b"%ff", b"?", b"?a=%zz", b"#"]
            ),
            st.binary(min_size=1, max_size=9).map(
                lambda text: bytes(set(text) - set(b" \r\n\t\0"))
            ),
        )
    )
    path = draw(st.sampled_from(paths))
    return draw(
        st.sampled_from([path + piece, b"/" + piece + path, b"/" + piece, b"http://a" + path])
    )


@st.composite
def changed_bodies(draw: st.DrawFn, valid: st.SearchStrategy[Any]) -> bytes:
    document = draw(st.one_of(mutated(valid), mutated(valid), mutated(valid), wild_json, nested()))
    return draw(st.one_of(st.just(encoded(document)), spoilt(encoded(document))))


@st.composite
def spoilt(draw: st.DrawFn, body: bytes) -> bytes:
    """Bytes of a document with some cut, others put in, or in another encoding."""
    at = draw(st.integers(0, len(body)))
    match draw(st.sampled_from(["whole", "cut", "put in", "encode", "mark"])):
        case "cut":
            return body[:at]
        case "put in":
            return body[:at] + draw(st.binary(min_size=1, max_size=8)) + body[at:]
        case "encode":
            return body.decode().encode(draw(st.sampled_from(["utf-16", "utf-32", "utf-7"])))
        case "mark":
            return b"\xef\xbb\xbf" + body
    return body
