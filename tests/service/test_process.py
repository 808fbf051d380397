"""The whole service as a process: what it needs to start, and what it writes."""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
from pathlib import Path

import httpx
import psutil

from tests.service.conftest import KEY
from tests.service.process import ROOT, ServiceProcess, service_process
from tests.service.real_model import MODEL, sdk


def test_process_takes_all_the_open_files_that_it_may_have() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard // 2, hard))
    try:
        with service_process(LLM_REST_AUTH="off") as service:
            limits = psutil.Process(service.process.pid).rlimit(psutil.RLIMIT_NOFILE)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert limits == (hard, hard)


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
            temperature=0,  # sampled, it may end before the fourth
            extra_headers={"x-request-id": "find-me"},
        )
    line = await asyncio.to_thread(shared.wait_for_log, "request", request_id="find-me")
    assert (line["outcome"], line["key"], line["completion_tokens"]) == ("ok", "tester", 4)
    everything = json.dumps(shared.logs)
    assert "secret prompt" not in everything
    assert KEY not in everything


def test_slot_utilization_is_written_all_the_time_zeros_included(shared: ServiceProcess) -> None:
    shared.wait_for_metrics(3)
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
