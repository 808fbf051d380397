"""A service whose log nobody reads: the pipe is full, and it serves as before."""

from __future__ import annotations

import fcntl
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from service.line_writer import LINES_KEPT
from tests.service.conftest import KEY
from tests.service.process import ROOT, START_SECONDS, service_environment

PIPE_BYTES = 4096
FULL = 100  # requests after which the pipe is
OVERFLOWING = LINES_KEPT + 300
EVER = 30  # seconds


@contextmanager
def unread_service(keys_file: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Its process and URL; of its log the lines up to that with the port have been read."""
    process = subprocess.Popen(
        [sys.executable, "-m", "service"],
        cwd=ROOT,
        env=service_environment(LLM_KEYS_SOURCE=f"file:{keys_file}"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
    )
    for stream in (process.stdout, process.stderr):
        assert stream is not None
        fcntl.fcntl(stream, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    try:
        while (line := next_line(process))["message"] != "listening":
            pass
        url = f"http://127.0.0.1:{line['http_port']}"
        wait_until_ready(url)
        yield process, url
    finally:
        process.kill()
        process.communicate()


def next_line(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert process.stderr is not None
    line: dict[str, Any] = json.loads(process.stderr.readline())
    return line


def wait_until_ready(url: str) -> None:
    started = time.monotonic()
    while httpx.get(f"{url}/health/ready").status_code != 200:
        assert time.monotonic() - started < START_SECONDS
        time.sleep(0.1)


def ask(client: httpx.Client, *, times: int) -> None:
    """Each time the log has a line."""
    for _ in range(times):
        assert client.get("/nowhere").status_code == 404


def lost(client: httpx.Client) -> int:
    found = re.search(r"^llm_log_lines_lost_total (\S+)", client.get("/metrics").text, re.MULTILINE)
    assert found
    return int(float(found[1]))


def test_streams_are_answered_and_afterwards_the_log_says_how_many_lines_it_lost(
    keys_file: Path,
) -> None:
    with unread_service(keys_file) as (process, url), httpx.Client(base_url=url) as client:
        ask(client, times=OVERFLOWING)
        missing = lost(client)
        assert 0 < missing < OVERFLOWING
        body = {"prompt": "Hi", "max_tokens": 5, "stream": True}
        headers = {"authorization": f"Bearer {KEY}"}
        answer = client.post("/v1/completions", json=body, headers=headers, timeout=EVER)
        assert answer.text.endswith("data: [DONE]\n\n")

        told: list[dict[str, Any]] = []
        seen = threading.Event()

        def read() -> None:
            while not told or told[-1].get("message") != "log lines were lost":
                told.append(next_line(process))
            seen.set()

        threading.Thread(target=read, daemon=True).start()
        while not seen.wait(0.1):  # until there is room for it
            ask(client, times=1)
        assert told[-1]["lines"] >= missing
        assert told[-1]["level"] == "warning"
        assert "request_id" not in told[-1]


def test_service_whose_output_nobody_reads_ends_in_time_and_well(keys_file: Path) -> None:
    with unread_service(keys_file) as (process, url):
        with httpx.Client(base_url=url) as client:
            ask(client, times=FULL)
        process.terminate()
        assert process.wait(EVER) == 0
