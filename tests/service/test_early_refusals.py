"""Whom the service refuses before there is a request: they are counted, and told in the log."""

from __future__ import annotations

import logging

import grpc
import pytest

from service.early_refusals import LINES_AT_MOST, LineBudget
from service.logs import JsonFormatter
from service.rest import protocol
from service.rpc import llm_service_pb2 as pb
from service.rpc.server import REFLECTION
from tests.service.conftest import KEY, Service
from tests.service.test_rpc_limits import channel, stub_of
from tests.service.wire import LIVE, connected, post

LONG = b"x-long: " + b"x" * 2000 + b"\r\n\r\n"


@pytest.fixture(autouse=True)
def all_lines(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


def count(service: Service, reason: str, *, transport: str = "rest") -> float | None:
    labels = {"transport": transport, "reason": reason}
    return service.parts.metrics.registry.get_sample_value("llm_early_refusals_total", labels)


def refused(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.name == "service.refusals"]


@pytest.mark.settings(max_header_bytes=1024, header_seconds=1)
@pytest.mark.parametrize(
    ("sent", "status", "reason"),
    [
        (b"\x16\x03\x01 this is TLS\r\n\r\n", 400, "invalid_http"),
        (LIVE, 408, "headers_timeout"),
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nhost: x\r\n\r\n", 414, "url_too_long"),
        (LIVE + LONG, 431, "headers_too_large"),
    ],
)
async def test_refusal_by_the_connection_is_counted_and_logged_under_the_id_that_it_names(
    service: Service, caplog: pytest.LogCaptureFixture, sent: bytes, status: int, reason: str
) -> None:
    assert count(service, reason) == 0
    async with connected(service) as wire:
        wire.send(sent)
        answer = await wire.answer()
    assert (answer.status, answer.code) == (status, reason)
    assert count(service, reason) == 1
    (line,) = refused(caplog)
    told = {"outcome": reason, "status": status, "request_id": answer.headers["x-request-id"]}
    assert told.items() <= vars(line).items()


@pytest.mark.settings(max_header_bytes=1024)
@pytest.mark.parametrize(
    ("rest", "status", "reason"),
    [
        (b"no chunk\r\n", 400, "invalid_http"),
        (b"0\r\nx-trailer: " + b"x" * 1_000_000, 431, "headers_too_large"),
    ],
)
@pytest.mark.parametrize("ahead", [b"", LIVE + b"\r\n"], ids=["alone", "sent_ahead"])
async def test_request_whose_body_is_wrong_is_the_applications_and_has_one_line(
    service: Service,
    caplog: pytest.LogCaptureFixture,
    ahead: bytes,
    rest: bytes,
    status: int,
    reason: str,
) -> None:
    async with connected(service) as wire:
        wire.send(ahead + post("transfer-encoding: chunked", body=None) + b"2\r\n{}\r\n" + rest)
        if ahead:
            assert (await wire.answer()).status == 200
        answer = await wire.answer()
        assert (answer.status, answer.code) == (status, reason)
        assert answer.headers["connection"] == "close"
        assert await wire.end() == b""
    (line,) = [record for record in caplog.records if record.name == "service.request"]
    told = {"outcome": reason, "status": status, "route": "/v1/completions", "key": "tester"}
    assert told.items() <= vars(line).items()
    assert service.outcomes() == {reason: 1}
    assert count(service, reason) == 0
    assert not refused(caplog)


@pytest.mark.settings(max_header_bytes=1024)
async def test_refusal_has_the_callers_id_where_that_has_come(service: Service) -> None:
    async with connected(service) as wire:
        wire.send(LIVE + b"x-request-id: mine\r\n" + LONG)
        assert (await wire.answer()).headers["x-request-id"] == "mine"


@pytest.mark.settings(max_header_bytes=1024)
async def test_refusal_has_no_id_of_an_earlier_request(service: Service) -> None:
    async with connected(service) as wire:
        wire.send(LIVE + b"x-request-id: mine\r\n\r\n")
        assert (await wire.answer()).headers["x-request-id"] == "mine"
        wire.send(b"garbage\r\n\r\n")
        refusal = await wire.answer()
    assert refusal.status == 400
    assert refusal.headers["x-request-id"] != "mine"


@pytest.mark.settings(max_header_bytes=1024)
async def test_no_key_of_a_refused_request_is_in_the_log(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(service) as wire:
        wire.send(LIVE + f"authorization: Bearer {KEY}\r\nx-api-key: {KEY}\r\n".encode() + LONG)
        assert (await wire.answer()).status == 431
    said = "".join(JsonFormatter(quote=True).format(record) for record in caplog.records)
    assert "headers_too_large" in said
    assert KEY not in said


@pytest.mark.settings(max_connections=1)
async def test_connection_beyond_the_reserve_is_counted(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "RESERVED_CONNECTIONS", 0)
    async with connected(service) as first, connected(service) as beyond:
        assert await beyond.end() == b""
        assert count(service, "too_many_connections") == 1
        first.send(LIVE + b"\r\n")
        assert (await first.answer()).status == 200


async def test_refusal_of_reflection_is_counted_and_logged(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    assert count(service, "invalid_value", transport="grpc") == 0
    async with channel(service) as strange:
        path = f"/{REFLECTION.full_name}/ServerReflectionInfo"
        call = strange.stream_stream(path, bytes, bytes)(iter([b"\xff"]))
        with pytest.raises(grpc.aio.AioRpcError):
            await call.read()
    assert count(service, "invalid_value", transport="grpc") == 1
    (line,) = refused(caplog)
    assert vars(line)["status"] == "INVALID_ARGUMENT"


async def test_a_call_that_is_observed_is_no_early_refusal(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    async with channel(service) as strange:
        with pytest.raises(grpc.aio.AioRpcError):
            await stub_of(strange).ListModels(pb.ListModelsRequest())
    assert not refused(caplog)


async def test_flood_of_refusals_has_few_lines_and_is_counted_whole(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(LINES_AT_MOST + 5):
        async with connected(service) as wire:
            wire.send(b"garbage\r\n\r\n")
            await wire.end()
    assert count(service, "invalid_http") == LINES_AT_MOST + 5
    assert len(refused(caplog)) == LINES_AT_MOST


def test_budget_of_lines_is_new_in_each_period_and_tells_what_it_left_out() -> None:
    now = 100.0
    budget = LineBudget(2, every_seconds=60, clock=lambda: now)
    assert [budget.take() for _ in range(5)] == [True, True, False, False, False]
    now = 159.0
    assert not budget.take()
    now = 160.0
    assert budget.take()
    assert budget.left_out() == 4
    assert budget.take()
    assert budget.left_out() == 0
