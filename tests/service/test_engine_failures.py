"""An engine that is killed or stalls: what its streams are told, and how it comes back."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import openai
import pytest

from tests.service.process import ServiceProcess, service_process
from tests.service.real_model import sdk, seconds_until, tell


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


async def test_what_waits_in_the_queue_does_not_notice_that_the_engine_dies(
    own: ServiceProcess,
) -> None:
    async with sdk(own) as client:
        started = asyncio.Event()
        running = [asyncio.create_task(tell(client, tokens=800, started=started)) for _ in range(8)]
        await started.wait()
        await seconds_until(lambda: own.gauge("llm_requests_running") == 8)
        waiting = [asyncio.create_task(tell(client, tokens=2)) for _ in range(8)]
        await seconds_until(lambda: own.gauge("llm_requests_waiting") == 8)
        own.engine().send_signal(signal.SIGKILL)
        lost = await asyncio.gather(*running, return_exceptions=True)
        assert [getattr(result, "code", result) for result in lost] == ["engine_unavailable"] * 8
        assert [reason for _, reason in await asyncio.gather(*waiting)] == ["length"] * 8


@pytest.fixture
def impatient(keys_file: Path) -> Iterator[ServiceProcess]:
    """A process that gives its engine one second to get on."""
    with service_process(
        LLM_KEYS_SOURCE=f"file:{keys_file}", LLM_ENGINE_STALL_SECONDS="1"
    ) as service:
        service.wait_until_ready()
        yield service


def is_ready(service: ServiceProcess) -> bool:
    return httpx.get(f"{service.url}/health/ready").status_code == 200


def is_alive(service: ServiceProcess) -> bool:
    return httpx.get(f"{service.url}/health/live").status_code == 200


async def test_engine_that_stalls_is_not_ready_until_it_moves_again(
    impatient: ServiceProcess,
) -> None:
    async with sdk(impatient) as client:
        started = asyncio.Event()
        stream = asyncio.create_task(tell(client, tokens=400, started=started))
        await started.wait()
        engine = impatient.engine()
        engine.suspend()
        await seconds_until(lambda: not is_ready(impatient))
        assert is_alive(impatient)
        engine.resume()
        await seconds_until(lambda: is_ready(impatient))
        assert (await stream)[1] == "length"


async def test_engine_that_stalls_is_found_by_callers_who_give_up_and_moves_again_without_any(
    impatient: ServiceProcess,
) -> None:
    async with sdk(impatient) as client, asyncio.timeout(60):
        engine = impatient.engine()
        engine.suspend()
        while is_ready(impatient):
            with pytest.raises(openai.APIError):
                await tell(client.with_options(timeout=0.3, max_retries=0), tokens=4)
        engine.resume()
        await seconds_until(lambda: is_ready(impatient))
        assert engine.is_running()


async def test_engine_that_stalls_for_good_is_replaced(impatient: ServiceProcess) -> None:
    async with sdk(impatient) as client:
        started = asyncio.Event()
        stream = asyncio.create_task(tell(client, tokens=400, started=started))
        await started.wait()
        stalled = impatient.engine()
        stalled.suspend()
        with pytest.raises(openai.APIError, match="engine stopped"):
            await stream
        await seconds_until(lambda: is_ready(impatient))
        assert not stalled.is_running()
        assert (await tell(client, tokens=4))[0] > 0
