"""Both clients over both transports against the service with its engine and its model."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from llm_on_ecs import (
    ContextLengthExceeded,
    IncompleteStream,
    InvalidRequest,
    LLMClient,
    Message,
    ModelNotFound,
    NotAuthenticated,
)
from tests.client.conftest import KEY
from tests.client.faces import KINDS, Face, face, read
from tests.service.process import ServiceProcess
from tests.soon import SOON

MODEL = "smollm2-135m-instruct"
CAPITAL = "The capital of France is"
QUESTION: list[Message] = [
    {"role": "system", "content": "Answer in one word."},
    {"role": "user", "content": "What is the capital of France?"},
]
COUNTING = "1, 2, 3, 4, 5, 6,"  # greedy, the model goes on to the limit


@pytest.fixture(params=["rest", "grpc"])
def url(request: pytest.FixtureRequest, real_service: ServiceProcess) -> str:
    if request.param == "rest":
        return real_service.url
    return f"grpc://127.0.0.1:{real_service.grpc_port}"


@pytest.fixture(params=KINDS)
async def client(request: pytest.FixtureRequest, url: str) -> AsyncIterator[Face]:
    async with face(request.param, url, api_key=KEY, timeout=60) as client:
        yield client


async def running(service: ServiceProcess, count: int) -> None:
    """Returns when so many requests run; the slot of one that has left takes a moment."""
    async with asyncio.timeout(SOON):
        while service.gauge("llm_requests_running") != count:  # noqa: ASYNC110  # no event
            await asyncio.sleep(0.02)


async def test_prompt_is_continued(client: Face) -> None:
    answer = await client.generate(CAPITAL, max_tokens=8, temperature=0)
    assert "Paris" in answer.text
    assert (answer.finish_reason, answer.model) == ("length", MODEL)
    assert answer.usage.completion_tokens == 8
    assert answer.usage.total_tokens > 8


async def test_chat_is_answered_and_streamed_alike(client: Face) -> None:
    whole = await client.chat(QUESTION, max_tokens=12, temperature=0)
    stream = client.stream(QUESTION, max_tokens=12, temperature=0)
    chunks = await read(stream)
    assert "Paris" in whole.text
    assert stream.text == whole.text
    assert len(chunks) > 2
    (usage,) = [chunk.usage for chunk in chunks if chunk.usage]
    assert usage.total_tokens == whole.usage.total_tokens
    assert usage.cached_tokens > 0  # the same prompt a second time


async def test_tokens_are_counted_as_the_answer_will_count_them(client: Face) -> None:
    for asked in (CAPITAL, QUESTION):
        counted = await client.count_tokens(asked)
        answered = await (
            client.generate(asked, max_tokens=1)
            if isinstance(asked, str)
            else client.chat(asked, max_tokens=1)
        )
        assert counted == answered.usage.prompt_tokens > 4


async def test_text_fits_the_schema(client: Face) -> None:
    schema = {
        "type": "object",
        "properties": {"river": {"enum": ["Seine", "Rhine"]}},
        "required": ["river"],
    }
    answer = await client.chat(QUESTION, max_tokens=32, temperature=0, json_schema=schema)
    assert json.loads(answer.text)["river"] in ("Seine", "Rhine")


async def test_several_answers_come_at_once(client: Face) -> None:
    answer = await client.generate(CAPITAL, max_tokens=4, temperature=1, seed=1, n=2)
    assert len(answer.choices) == 2
    assert answer.text == answer.choices[0].text
    assert answer.usage.completion_tokens == 8


async def test_stop_text_and_penalties_are_honoured(client: Face) -> None:
    stopped = await client.generate(COUNTING, max_tokens=24, temperature=0, stop="9")
    assert stopped.finish_reason == "stop"
    assert "9" not in stopped.text
    plain, varied = [
        (await client.generate(COUNTING, max_tokens=24, temperature=0, frequency_penalty=p)).text
        for p in (None, 2.0)
    ]
    assert plain != varied


async def test_models_are_listed_and_a_request_may_name_one(client: Face) -> None:
    assert [model.id for model in await client.models()] == [MODEL]
    assert (await client.generate("Hi", model=MODEL, max_tokens=1)).model == MODEL
    with pytest.raises(ModelNotFound):
        await client.generate("Hi", model="gpt-none")


async def test_wrong_value_is_refused_by_name(client: Face) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await client.chat(QUESTION, temperature=9)
    assert (refused.value.param, refused.value.code) == ("temperature", "invalid_value")
    assert refused.value.request_id


async def test_prompt_beyond_the_context_is_told_apart(client: Face) -> None:
    with pytest.raises(ContextLengthExceeded):
        await client.generate("word " * 3000)


@pytest.mark.parametrize("kind", KINDS)
async def test_wrong_key_is_told_apart(url: str, kind: str) -> None:
    async with face(kind, url, api_key="sk-wrong") as client:
        with pytest.raises(NotAuthenticated):
            await client.models()
        with pytest.raises(NotAuthenticated):
            await read(client.stream("Hi"))


async def test_stream_left_early_frees_its_slot(client: Face, real_service: ServiceProcess) -> None:
    stream = client.stream(COUNTING, max_tokens=1024, temperature=0)
    await stream.next()
    await running(real_service, 1)
    await stream.close()
    await running(real_service, 0)


async def test_deadline_in_the_middle_keeps_the_text(client: Face) -> None:
    stream = client.stream(COUNTING, max_tokens=1024, temperature=0, timeout=2)
    with pytest.raises(IncompleteStream) as late:
        await read(stream)
    assert late.value.code == "deadline_exceeded"
    assert late.value.text == stream.text != ""


def test_blocking_client_is_shared_by_threads(url: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with LLMClient(url, api_key=KEY) as client, ThreadPoolExecutor(6) as threads:
        asked = [
            threads.submit(client.generate, CAPITAL, max_tokens=4, temperature=0) for _ in range(6)
        ]
        assert len({future.result().text for future in asked}) == 1
