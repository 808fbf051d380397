"""Requests that offer to go on in another protocol, which this service does not speak."""

from __future__ import annotations

import pytest

from tests.service.conftest import Service
from tests.service.wire import BODY, LIVE, connected, post

JAVA = ("connection: Upgrade, HTTP2-Settings", "upgrade: h2c", "http2-settings: AAEAAEAAAAIAAAAB")
WEB_SOCKET = ("connection: upgrade", "upgrade: websocket")
CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
OFFERS = pytest.mark.parametrize("offer", [JAVA, WEB_SOCKET], ids=["java", "web socket"])


@OFFERS
async def test_their_offer_is_ignored_and_their_body_read(
    service: Service, offer: tuple[str, ...]
) -> None:
    async with connected(service) as wire:
        wire.send(post(*offer))
        assert (await wire.answer()).status == 200
        wire.send(post(*offer, "transfer-encoding: chunked", "x-empty:", body=None) + CHUNKED)
        assert (await wire.answer()).status == 200


@OFFERS
async def test_body_that_comes_later_is_no_request(
    service: Service, offer: tuple[str, ...]
) -> None:
    inner = LIVE + b"\r\n"
    async with connected(service) as wire:
        wire.send(post(*offer, f"content-length: {len(inner)}", body=None))
        async with connected(service) as other:  # which comes after it
            other.send(inner)
            await other.answer()
        wire.send(inner + LIVE + b"connection: close\r\n\r\n")
        assert (await wire.answer()).status == 400  # it is no JSON
        assert (await wire.answer()).status == 200
        assert await wire.end() == b""


async def test_those_sent_ahead_are_answered_in_order(service: Service) -> None:
    ahead = b"".join(
        (post(*JAVA), LIVE + b"\r\n".join(each.encode() for each in WEB_SOCKET) + b"\r\n\r\n")
    )
    async with connected(service) as wire:
        wire.send(ahead + post(*JAVA) + LIVE + b"\r\n")
        answers = [await wire.answer() for _ in range(4)]
    assert [each.status for each in answers] == [200] * 4
    assert [set(each.body) == {"status"} for each in answers] == [False, True] * 2


async def test_one_in_single_bytes_is_read_like_any_other(service: Service) -> None:
    async with connected(service) as wire:
        for byte in post(*JAVA, "connection: close"):
            wire.send(bytes([byte]))
            await wire.writer.drain()
        answer = await wire.answer()
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert await wire.end() == b""


@pytest.mark.settings(max_header_bytes=1024)
async def test_their_headers_are_limited_too(service: Service) -> None:
    async with connected(service) as wire:
        wire.send(post(*JAVA, "x-long: " + "x" * 2000))
        answer = await wire.answer()
        assert (answer.status, answer.code) == (431, "headers_too_large")
        assert await wire.end() == b""


@pytest.mark.parametrize("target", [b"a:443", b"http://a/", b"/v1/models"])
async def test_tunnel_is_refused(service: Service, target: bytes) -> None:
    async with connected(service) as wire:
        wire.send(b"CONNECT %s HTTP/1.1\r\nhost: x\r\n\r\n" % target)
        answer = await wire.answer()
        assert (answer.status, answer.code) == (400, "invalid_http")
        assert await wire.end() == b""
