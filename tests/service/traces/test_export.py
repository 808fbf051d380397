"""No collector, or none that answers, costs a request anything."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from service.traces import EXPORT_SECONDS, FLUSH_SECONDS
from tests.service.conftest import KEY, Service, running_service
from tests.service.face import Transport
from tests.service.process import ROOT, service_process
from tests.service.scripted_engine import ScriptedEngine
from tests.service.traces.collector import PATH, TraceCollector
from tests.service.transports import rest_transport


async def timed_close(service: Service) -> float:
    assert service.parts.traces is not None
    begun = time.monotonic()
    await service.parts.traces.close()
    return time.monotonic() - begun


async def test_a_dead_collector_costs_no_request_anything_and_the_end_little(
    tmp_path: Path, engine: ScriptedEngine
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    endpoint = f"http://127.0.0.1:{port}{PATH}"
    async with running_service(tmp_path, engine, traces_endpoint=endpoint) as service:
        async with rest_transport(service.ports.http, key=KEY) as rest:
            for _ in range(20):
                assert (await rest.ask("Hi")).text == "Hello world"
        assert await timed_close(service) < EXPORT_SECONDS


async def test_a_collector_that_does_not_answer_holds_up_nothing_but_the_end_for_a_moment(
    service: Service, collector: TraceCollector, transport: Transport
) -> None:
    collector.go.clear()
    assert (await transport.ask("Hi")).text == "Hello world"
    assert FLUSH_SECONDS / 2 < await timed_close(service) < EXPORT_SECONDS


def test_without_an_endpoint_nothing_of_opentelemetry_is_imported() -> None:
    program = (
        "import sys, service.__main__, service.server, service.function.instance; "
        "print(sorted(name for name in sys.modules if name.startswith('opentelemetry')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_process_ends_in_time_beside_a_collector_that_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}{PATH}"
        with service_process(LLM_REST_AUTH="off", LLM_TRACES_ENDPOINT=endpoint) as process:
            process.wait_until_ready()
            body = {"prompt": "Hi", "max_tokens": 1}
            httpx.post(f"{process.url}/v1/completions", json=body, timeout=30).raise_for_status()
            begun = time.monotonic()
            assert process.terminate() == 0
            assert time.monotonic() - begun < 20  # by itself OpenTelemetry would wait for 30 s
