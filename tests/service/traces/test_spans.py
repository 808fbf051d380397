"""What a collector hears of a request, over both transports."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.service.conftest import KEY, Service
from tests.service.face import Transport
from tests.service.traces.asking import gateway, sent
from tests.service.traces.collector import TraceCollector
from tests.service.transports import CHAT, collect, rest_transport, rpc_transport

SAID = "zyzzyva"


async def test_a_request_is_a_trace_of_queue_prompt_and_decode(
    service: Service, collector: TraceCollector, transport: Transport
) -> None:
    before = time.time_ns()
    await transport.ask(CHAT)
    spans = await sent(service, collector)
    after = time.time_ns()
    root = spans[gateway(transport)].span
    assert set(spans) == {gateway(transport), "queue", "prompt", "decode"}
    assert root.kind == Span.SPAN_KIND_SERVER
    assert root.parent_span_id == b""
    assert root.status.code == Status.STATUS_CODE_UNSET
    queue, prompt, decode = (spans[name].span for name in ("queue", "prompt", "decode"))
    for child in (queue, prompt, decode):
        assert (child.trace_id, child.parent_span_id) == (root.trace_id, root.span_id)
        assert child.kind == Span.SPAN_KIND_INTERNAL
        assert child.status.code == Status.STATUS_CODE_UNSET
    times = [
        *(before, root.start_time_unix_nano, queue.start_time_unix_nano),
        *(queue.end_time_unix_nano, prompt.start_time_unix_nano, prompt.end_time_unix_nano),
        *(decode.end_time_unix_nano, root.end_time_unix_nano, after),
    ]
    assert times == sorted(times)
    assert prompt.end_time_unix_nano == decode.start_time_unix_nano


async def test_span_says_what_was_asked_and_answered_in_the_conventions_words(
    service: Service, collector: TraceCollector, transport: Transport
) -> None:
    service.engine.cached_tokens = 4
    options: Any = {"temperature": 0.5, "top_p": 0.25, "max_tokens": 7, "seed": 3, "stop": [SAID]}
    answer = await transport.ask(CHAT, **options)
    received = (await sent(service, collector))[gateway(transport)]
    said = received.attributes
    model = service.settings.model_name
    assert {name: value for name, value in said.items() if name.startswith("gen_ai.")} == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "llama.cpp",
        "gen_ai.request.model": model,
        "gen_ai.request.stream": False,
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.top_p": 0.25,
        "gen_ai.request.max_tokens": 7,
        "gen_ai.request.seed": 3,
        "gen_ai.response.model": model,
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 5,
        "gen_ai.usage.output_tokens": 2,
        "gen_ai.usage.cache_read.input_tokens": 4,
        "gen_ai.response.id": answer.head.id,
    }
    assert said["llm_on_ecs.outcome"] == "ok"
    assert received.resource["service.name"] == "llm-on-ecs"
    assert received.resource["deployment.environment.name"] == "prod"
    assert received.resource["service.instance.id"]


async def test_span_has_the_conventions_of_its_transport(
    service: Service, collector: TraceCollector
) -> None:
    async with (
        rest_transport(service.ports.http, key=KEY) as rest,
        rpc_transport(service.ports.grpc, key=KEY) as rpc,
    ):
        await rest.ask(CHAT)
        await rpc.ask(CHAT)
    spans = await sent(service, collector, requests=2)
    http = spans["POST /v1/chat/completions"].attributes
    assert http["http.request.method"] == "POST"
    assert (http["http.route"], http["url.path"]) == ("/v1/chat/completions",) * 2
    assert (http["url.scheme"], http["http.response.status_code"]) == ("http", 200)
    assert http["gen_ai.response.id"].startswith("chatcmpl-")
    rpc_said = spans["LLMService/Chat"].attributes
    assert (rpc_said["rpc.system.name"], rpc_said["rpc.method"]) == ("grpc", "LLMService/Chat")
    assert rpc_said["rpc.response.status_code"] == "OK"


async def test_a_stream_tells_its_first_token(
    service: Service, collector: TraceCollector, transport: Transport
) -> None:
    await collect(transport, "Hi")
    spans = await sent(service, collector)
    (root,) = (each for each in spans.values() if each.span.kind == Span.SPAN_KIND_SERVER)
    assert root.attributes["gen_ai.request.stream"] is True
    assert root.attributes["gen_ai.operation.name"] == "text_completion"
    first = root.attributes["gen_ai.response.time_to_first_chunk"]
    assert 0 < first < root.seconds


@pytest.mark.settings(embeddings="mean")
async def test_embeddings_are_an_operation_that_reads_and_writes_nothing(
    service: Service, collector: TraceCollector
) -> None:
    service.engine.answers["/v1/embeddings"] = {
        "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}],
        "usage": {"prompt_tokens": 3, "total_tokens": 3},
    }
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {KEY}"}) as client:
        url = f"http://127.0.0.1:{service.ports.http}/v1/embeddings"
        (await client.post(url, json={"input": SAID})).raise_for_status()
    spans = await sent(service, collector)
    assert set(spans) == {"POST /v1/embeddings", "queue", "prompt"}
    said = spans["POST /v1/embeddings"].attributes
    assert said["gen_ai.operation.name"] == "embeddings"
    assert (said["gen_ai.usage.input_tokens"], said["gen_ai.usage.output_tokens"]) == (3, 0)


async def test_paths_of_scanners_make_one_name(service: Service, collector: TraceCollector) -> None:
    async with httpx.AsyncClient() as client:
        for path in ("a", "b"):
            await client.get(f"http://127.0.0.1:{service.ports.http}/{path}")
            await client.request("PROPFIND", f"http://127.0.0.1:{service.ports.http}/{path}")
        await client.get(f"http://127.0.0.1:{service.ports.http}/health/live")
    spans = await sent(service, collector, requests=4)
    assert set(spans) == {"GET", "HTTP"}
    assert spans["GET"].span.status.code == Status.STATUS_CODE_UNSET
    assert "http.route" not in spans["GET"].attributes
    assert spans["HTTP"].attributes["http.request.method"] == "_OTHER"
