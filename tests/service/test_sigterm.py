"""SIGTERM: what runs ends or is told, and the process exits 0."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import psutil

from tests.service.conftest import KEY
from tests.service.process import ROOT, ServiceProcess, service_process
from tests.service.real_model import sdk, tell
from tests.soon import SOON

COUNTING = "1, 2, 3, 4, 5, 6,"  # greedy, the model goes on to the limit


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


IMPORTING = """
import signal, sys, service.__main__

class Halt:
    def find_spec(self, name, path, target=None):
        if name == "service.server":
            print("importing", flush=True)
            signal.pause()

sys.meta_path.insert(0, Halt())
sys.exit(service.__main__.main())
"""


def test_sigterm_while_it_starts_ends_it_at_once() -> None:
    starting = subprocess.Popen(
        [sys.executable, "-c", IMPORTING],
        env={"LLM_REST_AUTH": "off", "LLM_GRPC_AUTH": "off", "LLM_HTTP_PORT": "0"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    assert starting.stdout is not None
    assert starting.stdout.readline() == b"importing\n"
    (engine,) = psutil.Process(starting.pid).children()
    starting.terminate()
    assert starting.wait(SOON) == 0
    assert not engine.is_running()
    starting.stdout.close()
