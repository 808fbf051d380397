import asyncio
import itertools
import re
from collections.abc import Iterable
from typing import Any, cast

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from service.errors import DeadlineExceeded, InternalError, QueueFull, ServiceError, Unavailable
from service.generation import GenerationRequest, Usage
from service.keys import KeyRing
from service.metrics import Metrics
from service.observation import UNKNOWN_ROUTE, Caller, Observation, Times
from service.outcomes import CANCELLED, ERRORS, OK, REFUSALS, all_outcomes
from service.rpc.calls import Call
from service.rpc.llm_service_pb2 import GenerateTextRequest
from service.sampling import Sampling
from tests.service.conftest import KEY, Service
from tests.service.process import ROOT
from tests.service.test_errors import all_errors
from tests.service.transports import Refused, Transport, rest_transport, rpc_transport

ROUTES = {"RestTransport": "/v1/completions", "RpcTransport": "/LLMService/GenerateText"}
# At the start, with two routes in use, and if everything that can happen had: of one target
# Prometheus takes 10,000 without a thought, and CloudWatch sees none of them.
SERIES = (360, 700, 7500)

Labels = frozenset[tuple[str, str]]
NOTHING: Labels = frozenset()


async def scrape(service: Service) -> dict[tuple[str, Labels], float]:
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{service.ports.http}/metrics")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def labels(service: Service, route: str, **more: str) -> Labels:
    return frozenset(({"route": route, "model": service.settings.model_name} | more).items())


def route(transport: Transport) -> str:
    """On which it asks for text."""
    return ROUTES[type(transport).__name__]


async def test_refused_keys_are_counted_where_they_were_sent(service: Service) -> None:
    async with httpx.AsyncClient() as client:
        await client.post(f"http://127.0.0.1:{service.ports.http}/v1/completions", json={})
    refused = labels(service, "/v1/completions", outcome="invalid_api_key")
    assert (await scrape(service))["llm_requests_total", refused] == 1


async def test_requests_tokens_and_times_are_counted_by_route_model_and_outcome(
    service: Service, transport: Transport
) -> None:
    await transport.ask("Hi")
    with pytest.raises(Refused):
        await transport.ask("Hi", model="none")
    samples = await scrape(service)
    asked = labels(service, route(transport))
    assert samples["llm_requests_total", asked | {("outcome", "ok")}] == 1
    assert samples["llm_requests_total", asked | {("outcome", "model_not_found")}] == 1
    assert samples["llm_e2e_request_latency_seconds_count", asked | {("outcome", "ok")}] == 1
    assert samples["llm_prompt_tokens_total", asked] == 5
    assert samples["llm_cached_prompt_tokens_total", asked] == 0
    assert samples["llm_generation_tokens_total", asked] == 2
    assert samples["llm_request_prompt_tokens_sum", asked] == 5
    assert samples["llm_request_generation_tokens_sum", asked] == 2
    for name in (
        "llm_time_to_first_token_seconds",
        "llm_inter_token_latency_seconds",
        "llm_request_time_per_output_token_seconds",
        "llm_request_queue_time_seconds",
    ):
        assert samples[f"{name}_count", asked] == 1, name


async def test_gauges_tell_of_the_moment(service: Service) -> None:
    samples = await scrape(service)
    assert samples["llm_slots", NOTHING] == 2
    assert samples["llm_requests_running", NOTHING] == 0
    assert samples["llm_waiting_prompt_tokens", NOTHING] == 0
    assert samples["llm_ready", NOTHING] == 1
    assert samples["llm_engine_ready", NOTHING] == 1
    assert samples["llm_engine_restarts_total", NOTHING] == 0


async def test_what_alerts_read_has_a_series_on_every_route_from_the_start(
    service: Service,
) -> None:
    samples = await scrape(service)
    routes = service.parts.rest.routes() | service.parts.rpc.routes() | {UNKNOWN_ROUTE: False}
    assert {"/v1/chat/completions", "/LLMService/StreamChat"} < set(routes)
    for path, generates in routes.items():
        for outcome in ERRORS | REFUSALS:
            assert ("llm_requests_total", labels(service, path, outcome=outcome)) in samples
        first_token = ("llm_time_to_first_token_seconds_count", labels(service, path))
        assert (first_token in samples) is generates


async def test_a_thousand_paths_and_models_make_no_series_of_their_own(service: Service) -> None:
    headers = {"authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{service.ports.http}", headers=headers
    ) as client:

        async def ask(name: str) -> None:
            await client.get(f"/{name}")
            await client.get(f"/v1/models/{name}")
            await client.post("/v1/completions", json={"prompt": "Hi", "model": name})

        await ask("first")
        before = set(await scrape(service))
        for count in range(1000):
            await ask(f"{count:x}/of/a/scanner")
    after = await scrape(service)
    assert set(after) == before
    unknown = labels(service, UNKNOWN_ROUTE, outcome="unknown_url")
    assert after["llm_requests_total", unknown] == 1001


async def test_readme_lists_the_metrics_that_there_are(service: Service) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`llm_.*?) \|", readme, re.MULTILINE)
    listed = {
        name.removesuffix("_total") for row in rows for name in re.findall("llm_[a-z0-9_]+", row)
    }
    assert listed == {family.name for family in service.parts.metrics.registry.collect()}


async def test_a_task_has_few_series_and_never_many(service: Service) -> None:
    metrics, routes = service.parts.metrics, service.parts.rest.routes()
    routes |= service.parts.rpc.routes() | {UNKNOWN_ROUTE: False}
    generating = [path for path, generates in routes.items() if generates]
    found = [series(metrics)]
    end(metrics, generating[:2], outcomes=(OK, CANCELLED, QueueFull.code))
    found.append(series(metrics))
    end(metrics, generating, outcomes=all_outcomes())
    for path in set(routes) - set(generating):
        for outcome in all_outcomes():
            metrics.record(Observation(transport="rest", route=path, outcome=outcome))
    found.append(series(metrics))
    assert all(count < most for count, most in zip(found, SERIES, strict=True)), found


def series(metrics: Metrics) -> int:
    return sum(len(family.samples) for family in metrics.registry.collect())


def end(metrics: Metrics, routes: Iterable[str], *, outcomes: Iterable[str]) -> None:
    """Generations on each of the routes that end in each of the ways."""
    for path, outcome in itertools.product(routes, outcomes):
        metrics.token_meter(path).next(0.1)
        metrics.record(
            Observation(
                transport="rest",
                route=path,
                times=Times(0, 0.1, 0.1, 0.2, 0.4, 0.5),
                operation="chat",
                usage=Usage(5, 7),
                outcome=outcome,
            )
        )


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
    assert service.outcomes() == {"generation_timeout": 1}


async def test_a_deadline_of_the_callers_own_is_no_error_of_ours(service: Service) -> None:
    service.engine.endless = True
    request = GenerationRequest(prompt="Hi", sampling=Sampling())
    caller = Caller(transport="grpc", route="/LLMService/Chat", timeout_seconds=0.2)
    with (
        pytest.raises(DeadlineExceeded),
        service.parts.observer.watching(Observation(transport="grpc")),
    ):
        await service.parts.inference.complete(request, caller)
    assert service.outcomes() == {"deadline_exceeded": 1}


class GoneReader:
    """gRPC's side of a call whose client has left: writes fail, and it says why."""

    async def read(self) -> bytes:
        return GenerateTextRequest(prompt="Hi").SerializeToString()

    def add_done_callback(self, callback: object) -> None:
        """It is over, and nobody is told of that any more."""

    def peer(self) -> str:
        return "ipv4:127.0.0.1:1"

    async def send_initial_metadata(self, metadata: object) -> None:
        await self.write(metadata)

    def time_remaining(self) -> None:
        return None

    def cancelled(self) -> bool:
        return True

    async def write(self, message: object) -> None:
        raise RuntimeError("the call is over")


async def test_a_write_to_a_reader_who_has_left_is_no_error_of_ours(service: Service) -> None:
    metadata = (("authorization", f"Bearer {KEY}"),)
    method = "/LLMService/StreamGenerateText"
    call = Call(
        method,
        cast(Any, GoneReader()),
        metadata,
        message_type=GenerateTextRequest,
        message_bytes=1024,
    )
    with pytest.raises(asyncio.CancelledError):
        await service.parts.rpc.StreamGenerateText(call)
    assert service.outcomes() == {"cancelled": 1}


async def test_first_token_is_counted_when_it_comes_and_not_at_the_end(service: Service) -> None:
    service.engine.endless = True
    inference = service.parts.inference
    request = GenerationRequest(prompt="Hi", sampling=Sampling())
    async with inference.generate(
        request, Caller(transport="rest", route="/v1/completions")
    ) as chunks:
        await anext(chunks)
        assert len(service.parts.metrics.first_tokens.take()) == 1


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
    assert service.outcomes() == {"internal_error": 1}


async def test_metrics_are_not_there_for_whom_a_load_balancer_let_in(service: Service) -> None:
    url = f"http://127.0.0.1:{service.ports.http}/metrics"
    async with httpx.AsyncClient() as client:
        own = await client.get(url)
        passed_on = await client.get(
            url, headers={"X-Amzn-Trace-Id": "Root=1-67891233-" + 24 * "a"}
        )
    assert (own.status_code, passed_on.status_code) == (200, 404)
