import asyncio
from typing import Any, cast

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from service.embedded_metrics import count_by_outcome
from service.errors import DeadlineExceeded, InternalError, ServiceError, Unavailable
from service.generation import GenerationRequest, Sampling
from service.keys import KeyRing
from service.observation import Caller
from service.outcomes import ERRORS, REFUSALS, all_outcomes
from service.rpc.llm_service_pb2 import GenerateTextRequest
from tests.service.conftest import KEY, Service
from tests.service.test_errors import all_errors
from tests.service.transports import Refused, Transport, rest_transport, rpc_transport


async def test_refused_keys_are_counted(service: Service) -> None:
    async with httpx.AsyncClient() as client:
        await client.post(f"http://127.0.0.1:{service.ports.http}/v1/completions", json={})
    labels = frozenset({("transport", "rest"), ("outcome", "invalid_api_key")})
    assert (await scrape(service))["llm_requests_total", labels] == 1


async def scrape(service: Service) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{service.ports.http}/metrics")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_requests_tokens_and_times_are_counted(
    service: Service, transport: Transport
) -> None:
    await transport.ask("Hi")
    with pytest.raises(Refused):
        await transport.ask("Hi", model="none")
    samples = await scrape(service)
    name = "rest" if type(transport).__name__ == "RestTransport" else "grpc"
    ok = frozenset({("transport", name), ("outcome", "ok")})
    refused = frozenset({("transport", name), ("outcome", "model_not_found")})
    nothing = frozenset[tuple[str, str]]()
    assert samples["llm_requests_total", ok] == 1
    assert samples["llm_requests_total", refused] == 1
    assert samples["llm_prompt_tokens_total", nothing] == 5
    assert samples["llm_generation_tokens_total", nothing] == 2
    assert samples["llm_time_to_first_token_seconds_count", nothing] == 1
    assert samples["llm_slots", nothing] == 2
    assert samples["llm_requests_running", nothing] == 0
    assert samples["llm_inter_token_latency_seconds_count", nothing] == 1
    assert samples["llm_ready", nothing] == 1
    assert samples["llm_engine_restarts_total", nothing] == 0


async def test_every_outcome_has_a_series_from_the_start(service: Service) -> None:
    samples = await scrape(service)
    started = {
        (labels["transport"], labels["outcome"])
        for name, found in samples
        if name == "llm_requests_total" and (labels := dict(found))
    }
    assert started == {(way, end) for way in ("rest", "grpc") for end in all_outcomes()}


def test_errors_and_refusals_are_outcomes_and_never_both() -> None:
    assert set(all_outcomes()) >= ERRORS | REFUSALS
    assert not ERRORS & REFUSALS


@pytest.mark.parametrize("error", [error for error in all_errors() if error is not Unavailable])
def test_errors_that_say_retry_are_ours_and_the_others_are_the_callers(
    error: type[ServiceError],
) -> None:
    """By the tree: what is Unavailable or internal is not the caller's fault; the rest is."""
    ours = issubclass(error, Unavailable | InternalError)
    assert (error.code in ERRORS | REFUSALS) is ours


@pytest.mark.settings(generation_timeout_seconds=0.2)
async def test_our_own_time_limit_is_counted_as_an_error_of_ours(
    service: Service, transport: Transport
) -> None:
    service.engine.endless = True
    with pytest.raises(Refused):
        await transport.ask("Hi")
    assert outcomes(service) == {"generation_timeout": 1}


async def test_a_deadline_of_the_callers_own_is_no_error_of_ours(service: Service) -> None:
    service.engine.endless = True
    request = GenerationRequest(prompt="Hi", sampling=Sampling())
    with pytest.raises(DeadlineExceeded):
        await service.parts.inference.complete(
            request, Caller(transport="grpc"), timeout_seconds=0.2
        )
    assert outcomes(service) == {"deadline_exceeded": 1}


class GoneReader:
    """gRPC's side of a call whose client has left: writes fail, and it says why."""

    def invocation_metadata(self) -> tuple[tuple[str, str], ...]:
        return (("authorization", f"Bearer {KEY}"),)

    def time_remaining(self) -> None:
        return None

    def cancelled(self) -> bool:
        return True

    async def write(self, message: object) -> None:
        raise RuntimeError("the call is over")


async def test_a_write_to_a_reader_who_has_left_is_no_error_of_ours(service: Service) -> None:
    with pytest.raises(asyncio.CancelledError):
        await service.parts.rpc.StreamGenerateText(
            GenerateTextRequest(prompt="Hi"), cast(Any, GoneReader())
        )
    assert outcomes(service) == {"cancelled": 1}


async def test_first_token_is_counted_when_it_comes_and_not_at_the_end(service: Service) -> None:
    service.engine.endless = True
    inference = service.parts.inference
    request = GenerationRequest(prompt="Hi", sampling=Sampling())
    async with inference.generate(request, Caller(transport="rest")) as chunks:
        await anext(chunks)
        assert len(service.parts.metrics.first_tokens.take()) == 1


def outcomes(service: Service) -> dict[str, float]:
    counted = count_by_outcome(service.parts.metrics.requests)
    return {outcome: count for outcome, count in counted.items() if count}


@pytest.mark.parametrize("place", ["authentication", "generation"])
@pytest.mark.parametrize("kind", ["rest", "grpc"])
async def test_what_nobody_expected_is_counted_once_as_our_error(
    service: Service, kind: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **named: object) -> None:
        raise RuntimeError("of a test")

    if place == "generation":
        monkeypatch.setattr(service.parts.engine, "stream", fail)
    else:
        monkeypatch.setattr(KeyRing, "authenticate", fail)
    async with (
        rest_transport(service.ports.http, key=KEY) as rest,
        rpc_transport(service.ports.grpc, key=KEY) as rpc,
    ):
        transport: Transport = rest if kind == "rest" else rpc
        with pytest.raises(Refused) as refused:
            await transport.ask("Hello")
    assert refused.value.code == "internal_error"
    labels = frozenset({("transport", kind), ("outcome", "internal_error")})
    assert (await scrape(service))["llm_requests_total", labels] == 1
