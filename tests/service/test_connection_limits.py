"""What an HTTP connection may take before and beside its requests, and how it is told."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from service.rest import protocol
from tests.service.conftest import KEY, Service
from tests.service.transports import eventually
from tests.service.wire import BODY, LIVE, connected, connections, post


@pytest.mark.settings(max_header_bytes=1024)
@pytest.mark.parametrize("pieces", [1, 50])
async def test_headers_beyond_the_limit_are_refused(service: Service, pieces: int) -> None:
    request = LIVE + b"x-long: " + b"x" * 2000 + b"\r\n\r\n"
    size = -(-len(request) // pieces)
    async with connected(service) as wire:
        for start in range(0, len(request), size):
            wire.send(request[start : start + size])
            await wire.writer.drain()
            await asyncio.sleep(0)  # so that the pieces arrive as such
        answer = await wire.answer()
        assert (answer.status, answer.code) == (431, "headers_too_large")
        assert answer.headers["connection"] == "close"
        assert await wire.end() == b""


@pytest.mark.settings(max_header_bytes=1024)
async def test_headers_that_never_end_are_not_kept(service: Service) -> None:
    async with connected(service) as wire:
        wire.send(LIVE + b"x-long: " + b"x" * 2000)
        assert (await wire.answer()).status == 431


@pytest.mark.settings(max_header_bytes=1024)
async def test_headers_at_the_limit_are_taken(service: Service) -> None:
    async with connected(service) as wire:
        wire.send(LIVE + b"x-long: " + b"x" * 950 + b"\r\n\r\n")
        assert (await wire.answer()).status == 200


async def test_url_beyond_the_limit_is_refused(service: Service) -> None:
    async with connected(service) as wire:
        wire.send(b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nhost: x\r\n\r\n")
        answer = await wire.answer()
    assert (answer.status, answer.code) == (414, "url_too_long")


async def test_what_is_no_http_is_refused_in_the_envelope(service: Service) -> None:
    async with connected(service) as wire:
        wire.send(b"\x16\x03\x01 this is TLS\r\n\r\n")
        answer = await wire.answer()
        assert (answer.status, answer.code) == (400, "invalid_http")
        assert await wire.end() == b""


@pytest.mark.settings(max_header_bytes=1024)
async def test_trailers_of_a_chunked_body_are_limited_as_headers_are(service: Service) -> None:
    async with connected(service) as wire:
        wire.send(post("transfer-encoding: chunked", body=None) + b"2\r\n{}\r\n0\r\nx-trailer: ")
        wire.send(b"x" * 1_000_000)
        assert (await wire.answer()).status == 431
    await eventually(lambda: connections(service) == 0)


async def test_trailers_of_a_chunked_body_are_no_headers(service: Service) -> None:
    head = b"POST /v1/completions HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
    trailer = f"authorization: Bearer {KEY}\r\n\r\n".encode()
    async with connected(service) as wire:
        wire.send(head + b"2\r\n{}\r\n0\r\n" + trailer)
        assert (await wire.answer()).status == 401


async def test_body_that_is_no_chunk_is_refused_and_nobody_waits_for_its_rest(
    service: Service,
) -> None:
    async with connected(service) as wire:
        wire.send(post("transfer-encoding: chunked", body=None) + b"2\r\n{}\r\nno chunk\r\n")
        answer = await wire.answer()
        assert (answer.status, answer.code) == (400, "invalid_http")
        assert await wire.end() == b""
    await eventually(lambda: connections(service) == 0)


async def test_garbage_in_a_body_that_was_answered_ends_its_connection_in_silence(
    service: Service,
) -> None:
    async with connected(service) as wire:
        wire.send(b"POST /nowhere HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
        assert (await wire.answer()).status == 404
        wire.send(b"no chunk\r\n")
        assert await wire.end() == b""


@pytest.mark.settings(max_header_bytes=1024)
async def test_chunked_body_in_single_bytes_is_no_header(service: Service) -> None:
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in BODY + b" " * 50_000)
    async with connected(service) as wire:
        wire.send(post("transfer-encoding: chunked", body=None) + chunks + b"0\r\n\r\n")
        assert (await wire.answer()).status == 200


@pytest.mark.settings(header_seconds=0.1)
async def test_headers_that_drip_are_given_up(service: Service) -> None:
    async with connected(service) as wire:
        wire.send(LIVE)
        answer = await wire.answer()
        assert (answer.status, answer.code) == (408, "headers_timeout")
        assert await wire.end() == b""


@pytest.mark.settings(header_seconds=0.1)
@pytest.mark.parametrize("before", [b"", b"\r\n\r\n"])
async def test_connection_that_asks_nothing_is_closed_in_time(
    service: Service, before: bytes
) -> None:
    async with connected(service) as wire:
        wire.send(before)
        assert b" 200 " not in await wire.end()


@pytest.mark.settings(header_seconds=1)
@pytest.mark.parametrize("start", [LIVE, b"\r\n"])
async def test_headers_of_a_later_request_have_to_come_in_time_too(
    service: Service, start: bytes
) -> None:
    async with connected(service) as wire:
        wire.send(LIVE + b"\r\n")
        assert (await wire.answer()).status == 200
        wire.send(start)
        assert (await wire.answer()).status == 408


@pytest.mark.settings(header_seconds=1)
async def test_idle_connection_is_kept_for_its_next_request(service: Service) -> None:
    async with connected(service) as wire:
        wire.send(LIVE + b"\r\n")
        assert (await wire.answer()).status == 200
        async with connected(service) as other:
            await other.end()  # as long as a new one may be silent
        wire.send(LIVE + b"\r\n")
        assert (await wire.answer()).status == 200


@pytest.mark.settings(keep_alive_seconds=1)
async def test_connection_whose_body_came_after_its_answer_is_idle_like_any_other(
    service: Service,
) -> None:
    head, body = post(path="/nowhere").split(b"\r\n\r\n")
    async with connected(service) as wire:
        wire.send(head + b"\r\n\r\n")
        assert (await wire.answer()).status == 404
        wire.send(body)
        assert await wire.end() == b""


@pytest.mark.settings(header_seconds=1)
async def test_empty_line_after_a_request_does_not_cost_the_connection(service: Service) -> None:
    service.engine.go.clear()
    async with connected(service) as wire:
        wire.send(post())
        await service.engine.wait_for_requests(1)
        wire.send(b"\r\n")
        async with connected(service) as other:
            await other.end()  # as long as headers may take
        service.engine.go.set()
        assert (await wire.answer()).status == 200
        async with connected(service) as other:
            await other.end()
        wire.send(LIVE + b"\r\n")
        assert (await wire.answer()).status == 200


@pytest.mark.parametrize("line", [b"CONNECT a:443", b"GET http://[::1", b"GET http://a:99999999/"])
async def test_url_that_is_none_is_refused_like_whatever_is_no_http(
    service: Service, caplog: pytest.LogCaptureFixture, line: bytes
) -> None:
    async with connected(service) as wire:
        wire.send(LIVE + b"\r\n" + line + b" HTTP/1.1\r\nhost: x\r\nx-request-id: mine\r\n\r\n")
        assert (await wire.answer()).status == 200
        answer = await wire.answer()
        assert (answer.status, answer.code) == (400, "invalid_http")
        assert answer.headers["x-request-id"] == "mine"
        assert await wire.end() == b""
    assert not [each for each in caplog.records if each.levelname == "ERROR"]


async def test_body_is_asked_for_where_the_client_waits_for_that(service: Service) -> None:
    head, body = post("expect: 100-continue").split(b"\r\n\r\n")
    async with connected(service) as wire:
        wire.send(head + b"\r\n\r\n")
        assert (await wire.answer()).status == 100
        wire.send(body)
        assert (await wire.answer()).status == 200


@pytest.mark.settings(max_body_bytes=1024)
async def test_body_that_will_be_refused_is_not_asked_for(service: Service) -> None:
    head = post("expect: 100-continue", "content-length: 2000", body=None)
    async with connected(service) as wire:
        wire.send(head)
        answer = await wire.answer()
        assert (answer.status, answer.code) == (413, "request_too_large")
        assert answer.headers["connection"] == "close"
        assert await wire.end() == b""


async def test_client_that_goes_on_sending_after_its_answer_is_cut_off(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "UNHEARD_SECONDS", 0.1)
    async with connected(service) as wire:
        wire.send(post("content-length: 100000000", body=None))
        assert (await wire.answer()).status == 413
        assert await wire.end() == b""


async def test_client_that_still_sends_when_its_connection_ends_is_not_cut_off_at_once(
    service: Service,
) -> None:
    async with connected(service) as wire:
        wire.send(post("connection: close", "content-length: 100000000", body=None))
        assert (await wire.answer()).status == 413
        assert await wire.end() == b""
        for _ in range(3):
            wire.send(b"x" * 1000)
            await wire.writer.drain()  # raises once the connection has been reset
            async with connected(service) as other:  # which comes after it
                other.send(LIVE + b"\r\n")
                await other.answer()


async def test_client_that_sends_its_refused_body_to_the_end_may_stay(service: Service) -> None:
    body = b"x" * (service.settings.max_body_bytes + 1)
    async with connected(service) as wire:
        wire.send(post(body=body))
        assert (await wire.answer()).status == 413
        wire.send(LIVE + b"\r\n")
        assert (await wire.answer()).status == 200


@pytest.mark.settings(max_connections=2)
async def test_beyond_the_limit_of_connections_only_health_checks_and_scrapes_are_answered(
    service: Service,
) -> None:
    async with AsyncExitStack() as open_ones:
        for _ in range(2):
            await open_ones.enter_async_context(connected(service))
        await eventually(lambda: connections(service) == 2)
        async with connected(service) as wire:
            wire.send(LIVE + b"\r\n")
            healthy = await wire.answer()
            assert (healthy.status, healthy.headers["connection"]) == (200, "close")
        async with connected(service) as wire:
            wire.send(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n")
            assert b"\nllm_http_connections 3.0\n" in await wire.end()
        async with connected(service) as wire:
            wire.send(post())
            refused = await wire.answer()
            assert (refused.status, refused.code) == (503, "too_many_connections")
            assert int(refused.headers["retry-after"]) >= 1
            assert refused.headers["connection"] == "close"
            assert await wire.end() == b""
    assert service.outcomes() == {"too_many_connections": 1}
    await eventually(lambda: connections(service) == 0)
    async with connected(service) as wire:
        wire.send(post())
        assert (await wire.answer()).status == 200


@pytest.mark.settings(max_connections=1)
async def test_reserve_for_health_checks_has_an_end(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "RESERVED_CONNECTIONS", 1)
    async with connected(service), connected(service):
        await eventually(lambda: connections(service) == 2)
        async with connected(service) as wire:
            wire.send(LIVE + b"\r\n")
            assert await wire.end() == b""


@pytest.mark.settings(max_connections=1)
async def test_reserve_is_not_for_who_waits(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "RESERVED_HEADER_SECONDS", 0.1)
    async with connected(service) as first:
        await eventually(lambda: connections(service) == 1)
        async with connected(service) as wire:
            assert await wire.end() == b""
        first.send(LIVE + b"\r\n")
        assert (await first.answer()).status == 200
