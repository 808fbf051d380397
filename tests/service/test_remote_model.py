"""A task whose weights lie in S3, as a process: a server on loopback stands for S3."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from service.model.bundled import bundled_model_path
from service.model.digest import file_digest
from tests.service.model.storage import Storage, storage_at
from tests.service.process import ServiceProcess, service_process

START_SECONDS = 60


@pytest.fixture(scope="module")
def weights() -> bytes:
    return bundled_model_path().read_bytes()


@pytest.fixture(scope="module")
def sha256() -> str:
    return file_digest(bundled_model_path())


def last_words(service: ServiceProcess) -> str:
    """The message of the one line that says why the task has ended."""
    line = service.wait_for_log(level="critical")
    return str(line["message"])


@asynccontextmanager
async def task(storage: Storage, sha256: str) -> AsyncIterator[ServiceProcess]:
    """The service with its weights at `storage`, and nobody asked for a key."""
    async with storage_at(storage) as url:
        with service_process(
            LLM_MODEL_PATH="s3://models/own.gguf",
            LLM_MODEL_SHA256=sha256,
            LLM_REST_AUTH="off",
            LLM_DRAIN_LAG_SECONDS="20",  # nobody must wait for it before the task was ready
            AWS_ENDPOINT_URL=url.rpartition("/")[0],
            AWS_ACCESS_KEY_ID="test",
            AWS_SECRET_ACCESS_KEY="test",
            AWS_REGION="eu-west-1",
            NO_PROXY="127.0.0.1",
        ) as service:
            yield service


async def test_task_serves_what_it_fetched_and_verified(weights: bytes, sha256: str) -> None:
    async with task(Storage(weights, 503), sha256) as service:
        await asyncio.to_thread(service.wait_until_ready)
        fetched = service.wait_for_log("model fetched")
        answer = await asyncio.to_thread(
            httpx.post,
            f"{service.url}/v1/completions",
            json={"prompt": "The capital of France is", "temperature": 0, "max_tokens": 5},
        )
    assert fetched["bytes"] == len(weights)
    assert "Paris" in answer.json()["choices"][0]["text"]


async def test_task_is_alive_and_not_ready_while_it_fetches_and_ends_at_once(
    weights: bytes, sha256: str
) -> None:
    storage = Storage(weights, "stall")
    async with task(storage, sha256) as service:
        await asyncio.wait_for(storage.stalled.wait(), START_SECONDS)
        alive = await asyncio.to_thread(httpx.get, f"{service.url}/health/live")
        ready = await asyncio.to_thread(httpx.get, f"{service.url}/health/ready")
        assert (alive.status_code, ready.status_code) == (200, 503)
        started = time.monotonic()
        assert await asyncio.to_thread(service.terminate) == 0
        assert time.monotonic() - started < 10


async def test_other_weights_than_were_named_end_the_task_with_one_sentence(sha256: str) -> None:
    async with task(Storage(b"these are not the weights"), sha256) as service:
        assert await asyncio.to_thread(service.process.wait, START_SECONDS) == 1
        told = await asyncio.to_thread(last_words, service)
    assert told.startswith("s3://models/own.gguf: got SHA-256 ")
    assert f", not {sha256}; name the hash" in told


async def test_no_line_of_the_log_holds_the_signature(weights: bytes, sha256: str) -> None:
    async with task(Storage(weights, 503, 404), sha256) as service:
        assert await asyncio.to_thread(service.process.wait, START_SECONDS) == 1
        await asyncio.to_thread(last_words, service)
        assert "Signature" not in str(service.logs)
