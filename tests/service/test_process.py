"""The whole service as a process: real engine, real model, real signals."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import openai
import pytest

from tests.service.process import ROOT, ServiceProcess, service_process
from tests.service.transports import rpc_transport

KEY = "sk-of-a-test"
MODEL = "smollm2-135m-instruct"
STORY = "Tell me a long story about a fox."
COUNTING = "1, 2, 3, 4, 5, 6,"  # greedy, the model goes on to the limit
WORDS = [
    "the",
    "fox",
    "runs",
    "over",
    "a",
    "green",
    "hill",
    "and",
    "sees",
    "seven",
    "old",
    "wizards",
    "by",
    "the",
    "quiet",
    "river",
]
FREE_SECONDS = 2  # the longest that a client that has left may hold its slot


@pytest.fixture(scope="module")
def keys_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("keys") / "keys.json"
    stored = {"name": "tester", "sha256": hashlib.sha256(KEY.encode()).hexdigest()}
    file.write_text(json.dumps({"keys": [stored]}))
    return file


@pytest.fixture(scope="module")
def shared(keys_file: Path) -> Iterator[ServiceProcess]:
    """One process for the tests that leave it as they found it."""
    with service_process(LLM_KEYS_SOURCE=f"file:{keys_file}") as service:
        service.wait_until_ready()
        yield service


@pytest.fixture
def own(keys_file: Path) -> Iterator[ServiceProcess]:
    """A process of the test's own, to be hurt."""
    with service_process(LLM_KEYS_SOURCE=f"file:{keys_file}") as service:
        service.wait_until_ready()
        yield service


def sdk(service: ServiceProcess) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(
        base_url=f"{service.url}/v1",
        api_key=KEY,
        max_retries=0,
        timeout=60,
        _strict_response_validation=True,
    )


async def tell(
    client: openai.AsyncOpenAI, *, tokens: int, started: asyncio.Event | None = None
) -> tuple[int, str | None]:
    """Streams a story; the number of pieces and the finish reason."""
    pieces, reason = 0, None
    stream = await client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": STORY}],
        stream=True,
        max_tokens=tokens,
        temperature=0,
    )
    async for chunk in stream:
        pieces += bool(chunk.choices[0].delta.content)
        reason = chunk.choices[0].finish_reason or reason
        if started is not None:
            started.set()
    return pieces, reason


async def seconds_until(holds: Callable[[], bool]) -> float:
    begun = time.monotonic()
    while not await asyncio.to_thread(holds):
        await asyncio.sleep(0.02)
        assert time.monotonic() - begun < 30
    return time.monotonic() - begun


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
    assert "six" not in stopped.choices[0].text


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
    async with sdk(shared) as client:
        prompt = " ".join(random.Random(1).choices(WORDS, k=1000))  # random: nothing is cached
        asked = asyncio.create_task(
            client.completions.create(model=MODEL, prompt=prompt, max_tokens=5)
        )
        await seconds_until(lambda: shared.gauge("llm_requests_running") == 1)
        await asyncio.sleep(0.3)  # well inside the prompt
        asked.cancel()
        engine = shared.engine()
        assert await seconds_until(lambda: shared.gauge("llm_requests_running") == 0) < FREE_SECONDS
        assert await seconds_until(lambda: engine.cpu_percent(interval=0.2) < 20) < FREE_SECONDS


async def test_killed_engine_is_a_clean_error_and_serves_again_within_ten_seconds(
    own: ServiceProcess,
) -> None:
    async with sdk(own) as client:
        started = asyncio.Event()
        streams = [asyncio.create_task(tell(client, tokens=800, started=started)) for _ in range(4)]
        await started.wait()
        own.engine().send_signal(signal.SIGKILL)
        killed = time.monotonic()
        results = await asyncio.gather(*streams, return_exceptions=True)
        assert [getattr(result, "code", result) for result in results] == ["engine_unavailable"] * 4
        pieces, _ = await tell(client, tokens=4)
        assert pieces > 0
        assert time.monotonic() - killed < 10


async def test_sigterm_lets_a_stream_finish_and_exits_zero(own: ServiceProcess) -> None:
    async with sdk(own) as client:
        started = asyncio.Event()
        stream = asyncio.create_task(tell(client, tokens=120, started=started))
        await started.wait()
        engine = own.engine()
        own.process.send_signal(signal.SIGTERM)
        own.wait_for_log("draining")
        ready = await asyncio.to_thread(httpx.get, f"{own.url}/health/ready")
        assert ready.status_code == 503
        pieces, reason = await stream
    assert pieces > 1
    assert reason in {"stop", "length"}
    assert await asyncio.to_thread(own.process.wait, 10) == 0
    assert not engine.is_running()


def test_sigterm_ends_what_outlasts_the_budget_and_exits_zero(keys_file: Path) -> None:
    with service_process(
        LLM_KEYS_SOURCE=f"file:{keys_file}", LLM_DRAIN_SECONDS="1", LLM_CONTEXT_TOKENS="8192"
    ) as service:
        service.wait_until_ready()
        body = {"prompt": COUNTING, "max_tokens": 1024, "stream": True, "temperature": 0}
        headers = {"authorization": f"Bearer {KEY}"}
        with httpx.stream(
            "POST", f"{service.url}/v1/completions", json=body, headers=headers, timeout=30
        ) as answer:
            lines = (line for line in answer.iter_lines() if line.startswith("data: "))
            next(lines)
            service.process.send_signal(signal.SIGTERM)
            rest = list(lines)
        assert rest[-1] == "data: [DONE]"
        assert json.loads(rest[-2][6:])["error"]["code"] == "draining"
        assert service.process.wait(10) == 0


def test_sigterm_while_it_starts_ends_it_at_once() -> None:
    starting = subprocess.Popen(
        [sys.executable, "-c", "import service.__main__ as m; print(1, flush=True); m.main()"],
        env={"LLM_REST_AUTH": "off", "LLM_GRPC_AUTH": "off", "LLM_HTTP_PORT": "0"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    assert starting.stdout is not None
    starting.stdout.readline()
    time.sleep(0.1)  # in its imports
    starting.terminate()
    assert starting.wait(5) == 0
    starting.stdout.close()


def test_with_no_key_stored_it_is_ready_and_refuses_everyone(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text('{"keys": []}')
    with service_process(LLM_KEYS_SOURCE=f"file:{file}", LLM_GRPC_AUTH="keys") as service:
        service.wait_until_ready()
        refused = httpx.get(f"{service.url}/v1/models", headers={"authorization": "Bearer x"})
        assert refused.status_code == 401
        assert service.terminate() == 0


async def test_log_has_the_request_and_never_its_text_or_key(shared: ServiceProcess) -> None:
    async with sdk(shared) as client:
        await client.completions.create(
            model=MODEL,
            prompt="a very secret prompt",
            max_tokens=4,
            extra_headers={"x-request-id": "find-me"},
        )
    line = await asyncio.to_thread(shared.wait_for_log, "request", request_id="find-me")
    assert (line["outcome"], line["key"], line["completion_tokens"]) == ("ok", "tester", 4)
    everything = json.dumps(shared.logs)
    assert "secret prompt" not in everything
    assert KEY not in everything


def test_slot_utilization_is_written_all_the_time_zeros_included(shared: ServiceProcess) -> None:
    deadline = time.monotonic() + 5
    while len(shared.metrics) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(shared.metrics) >= 3
    assert any(line["SlotUtilization"] == 0 for line in shared.metrics)


def test_taken_port_is_one_sentence_and_no_traceback(shared: ServiceProcess) -> None:
    failed = subprocess.run(
        [sys.executable, "-m", "service"],
        cwd=ROOT,
        env={
            "LLM_HTTP_PORT": str(shared.http_port),
            "LLM_GRPC_PORT": "0",
            "LLM_REST_AUTH": "off",
            "LLM_GRPC_AUTH": "off",
        },
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert failed.returncode == 2
    assert failed.stderr.startswith(f"LLM_HTTP_PORT: got {shared.http_port}")
    assert "Traceback" not in failed.stderr
