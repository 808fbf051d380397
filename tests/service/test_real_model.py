"""What the real model answers, and how those who ask share its engine."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import openai
import pytest

from tests.service.conftest import KEY
from tests.service.leaving import (
    FREE_SECONDS,
    seconds_to_stop,
    unseen_prompt,
    wait_until_engine_is_idle,
)
from tests.service.process import ServiceProcess, service_process
from tests.service.real_model import MODEL, STORY, sdk, seconds_until, tell
from tests.service.transports import rpc_transport


def http(service: ServiceProcess) -> httpx.AsyncClient:
    headers = {"authorization": f"Bearer {KEY}"}
    return httpx.AsyncClient(base_url=service.url, headers=headers, timeout=60)


async def test_model_knows_something(shared: ServiceProcess) -> None:
    async with sdk(shared) as client:
        answer = await client.completions.create(
            model=MODEL, prompt="The capital of France is", temperature=0, max_tokens=5
        )
    assert "Paris" in answer.choices[0].text


async def test_greedy_answer_is_the_same_on_both_transports(shared: ServiceProcess) -> None:
    async with sdk(shared) as client:
        rest = await client.completions.create(
            model=MODEL, prompt="One, two, three,", temperature=0, max_tokens=8
        )
    async with rpc_transport(shared.grpc_port, key=None) as rpc:
        grpc = await rpc.ask("One, two, three,", temperature=0.0, max_tokens=8)
    assert rest.choices[0].text == grpc.text
    assert "four" in grpc.text


async def test_stop_sequence_and_max_tokens_end_the_answer(shared: ServiceProcess) -> None:
    async with sdk(shared) as client:
        cut = await client.completions.create(
            model=MODEL, prompt="One, two, three,", temperature=0, max_tokens=3
        )
        stopped = await client.completions.create(
            model=MODEL, prompt="One, two, three,", temperature=0, max_tokens=30, stop=" six"
        )
    assert (cut.choices[0].finish_reason, cut.usage and cut.usage.completion_tokens) == (
        "length",
        3,
    )
    assert stopped.choices[0].finish_reason == "stop"
    assert stopped.choices[0].text == " four, five,"
    assert stopped.usage is not None
    assert (stopped.usage.prompt_tokens, stopped.usage.completion_tokens) == (6, 5)


async def test_text_that_only_began_like_a_stop_sequence_is_whole_at_the_limit(
    shared: ServiceProcess,
) -> None:
    asked = {"prompt": "1, 2, 3, 4,", "max_tokens": 5, "temperature": 0, "logprobs": 0}
    async with http(shared) as client:
        plain, begun = [
            (await client.post("/v1/completions", json=asked | stop)).json()
            for stop in ({}, {"stop": [" 6ZZ"]})
        ]
    assert begun["choices"] == plain["choices"]
    assert begun["usage"]["completion_tokens"] == plain["usage"]["completion_tokens"] == 5
    assert "".join(begun["choices"][0]["logprobs"]["tokens"]) == " 5, 6"


async def test_same_seed_gives_the_same_answer(shared: ServiceProcess) -> None:
    async with sdk(shared) as client:
        texts = {
            (
                await client.completions.create(
                    model=MODEL, prompt=STORY, seed=-7, temperature=1, max_tokens=12
                )
            )
            .choices[0]
            .text
            for _ in range(2)
        }
    assert len(texts) == 1


async def test_prompt_beyond_the_context_is_refused(shared: ServiceProcess) -> None:
    async with sdk(shared) as client:
        with pytest.raises(openai.BadRequestError) as refused:
            await client.completions.create(model=MODEL, prompt="word " * 5000)
    assert refused.value.code == "context_length_exceeded"


async def test_of_eight_streams_seven_finish_when_one_is_cut(shared: ServiceProcess) -> None:
    async with sdk(shared) as client:
        started = asyncio.Event()
        doomed = asyncio.create_task(tell(client, tokens=600, started=started))
        others = [asyncio.create_task(tell(client, tokens=200)) for _ in range(7)]
        await started.wait()
        await seconds_until(lambda: shared.gauge("llm_requests_running") == 8)
        doomed.cancel()
        freed = await seconds_until(lambda: shared.gauge("llm_requests_running") < 8)
        assert not any(other.done() for other in others)  # it was the one that left
        results = await asyncio.gather(*others)
    assert freed < FREE_SECONDS
    assert [reason for _, reason in results] == ["length"] * 7


async def test_client_that_leaves_during_a_long_prompt_frees_the_engine(
    shared: ServiceProcess,
) -> None:
    stop_seconds = await asyncio.to_thread(seconds_to_stop, shared, key=KEY)
    body = {"prompt": unseen_prompt(), "max_tokens": 5, "stream": True, "return_progress": True}
    async with (
        http(shared) as client,
        client.stream("POST", "/v1/completions", json=body) as answer,
    ):
        lines = (line async for line in answer.aiter_lines() if "prompt_progress" in line)
        progress = json.loads((await anext(lines)).removeprefix("data: "))["prompt_progress"]
        assert progress["processed"] < progress["total"]
    assert await seconds_until(lambda: shared.gauge("llm_requests_running") == 0) < FREE_SECONDS
    await asyncio.to_thread(wait_until_engine_is_idle, shared, seconds=stop_seconds)


@pytest.mark.parametrize(
    "options",
    [
        {"messages": [{"role": "user", "content": "Say hi to a fox 🦊."}]},
        {
            "messages": [{"role": "user", "content": "Say yes, as JSON."}],
            "response_format": {"type": "json_object"},
        },
        {"prompt": "🎉🎊🎉🎊🎉🎊🎉"},
    ],
    ids=["chat", "fenced JSON", "emoji"],
)
async def test_tokens_with_log_probabilities_join_to_the_text(
    shared: ServiceProcess, options: dict[str, Any]
) -> None:
    asked: dict[str, Any] = {"max_tokens": 24, "temperature": 0} | options
    async with http(shared) as client:
        if "prompt" in asked:
            answer = await client.post("/v1/completions", json=asked | {"logprobs": 2})
            (choice,) = answer.json()["choices"]
            text, tokens = choice["text"], choice["logprobs"]["tokens"]
        else:
            answer = await client.post("/v1/chat/completions", json=asked | {"logprobs": True})
            (choice,) = answer.json()["choices"]
            text = choice["message"]["content"]
            tokens = [entry["token"] for entry in choice["logprobs"]["content"]]
    assert "".join(tokens) == text != ""
    assert "" not in tokens


async def test_answer_ends_with_the_context_where_that_comes_before_max_tokens() -> None:
    small = {"LLM_CONTEXT_TOKENS": "256", "LLM_MAX_OUTPUT_TOKENS": "48"}
    with service_process(LLM_REST_AUTH="off", **small) as service:
        service.wait_until_ready()
        asked = {"prompt": [20] * 248, "max_tokens": 48, "ignore_eos": True}
        async with http(service) as client:
            answer = (await client.post("/v1/completions", json=asked)).json()
            full = await client.post("/v1/completions", json=asked | {"prompt": [20] * 256})
    assert answer["choices"][0]["finish_reason"] == "length"
    assert answer["usage"]["total_tokens"] == 256
    assert (full.status_code, full.json()["error"]["code"]) == (400, "context_length_exceeded")
