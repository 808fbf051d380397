"""The service as a process of its own, with the real engine and the bundled model."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

START_SECONDS = 60
PATIENCE_SECONDS = 30  # for what happens at once; who promises something names its own bound
ROOT = Path(__file__).parents[2]


class ServiceProcess:
    """A running `python -m service`. `logs` are its parsed lines, `metrics` its standard output."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.logs: list[dict[str, Any]] = []
        self.metrics: list[dict[str, Any]] = []
        self._changed = threading.Condition()
        self._readers = [
            self._read(process.stderr, self.logs),
            self._read(process.stdout, self.metrics),
        ]
        ports = self.wait_for_log("listening", seconds=START_SECONDS)
        self.http_port, self.grpc_port = int(ports["http_port"]), int(ports["grpc_port"])
        self.url = f"http://127.0.0.1:{self.http_port}"

    def wait_for_log(
        self, message: str | None = None, *, seconds: float = PATIENCE_SECONDS, **fields: object
    ) -> dict[str, Any]:
        """The first line with this message and these fields, as soon as it is written."""
        wanted: dict[str, object] = ({"message": message} if message else {}) | fields

        def found() -> dict[str, Any] | None:
            return next((line for line in self.logs if wanted.items() <= line.items()), None)

        with self._changed:
            line = self._changed.wait_for(found, seconds)
        assert line, f"no log line with {wanted}; got {self.logs[-5:]}"
        return line

    def wait_for_metrics(self, count: int, *, seconds: float = PATIENCE_SECONDS) -> None:
        """Until so many lines have been written."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.metrics) >= count, seconds)

    def wait_until_ready(self, *, seconds: float = START_SECONDS) -> float:
        """Seconds until it was ready; fails when the deadline passes."""
        started = time.monotonic()
        while time.monotonic() - started < seconds:
            if httpx.get(f"{self.url}/health/ready").status_code == 200:
                return time.monotonic() - started
            time.sleep(0.05)
        raise AssertionError(f"not ready within {seconds} s; got {self.logs[-5:]}")

    def engine(self) -> psutil.Process:
        """The engine's process."""
        (child,) = psutil.Process(self.process.pid).children()
        return child

    def gauge(self, name: str) -> float:
        for line in httpx.get(f"{self.url}/metrics").text.splitlines():
            if line.startswith(f"{name} "):
                return float(line.split()[1])
        raise AssertionError(f"no metric {name}")

    def wait_for_gauge(self, name: str, value: float, *, seconds: float = PATIENCE_SECONDS) -> None:
        started = time.monotonic()
        while (found := self.gauge(name)) != value:
            assert time.monotonic() - started < seconds, f"{name} is {found}, not {value}"
            time.sleep(0.05)

    def terminate(self, *, seconds: float = 30) -> int:
        """SIGTERM; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def wait_for_end_of_output(self, *, seconds: float = PATIENCE_SECONDS) -> None:
        """Until all that an ended process wrote has been read."""
        for reader in self._readers:
            reader.join(seconds)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for reader in self._readers:
            reader.join()
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()

    def _read(self, stream: Any, into: list[dict[str, Any]]) -> threading.Thread:
        def read() -> None:
            for line in stream:
                with self._changed:
                    into.append(json.loads(line))
                    self._changed.notify_all()

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        return reader


def service_environment(**variables: str) -> dict[str, str]:
    """These LLM_* variables, and what every test's service has unless they say otherwise.

    TESTED_ENGINE names a `llama-server` to test with in the place of the wheel's engine.
    """
    defaults = {
        "LLM_HTTP_PORT": "0",
        "LLM_GRPC_PORT": "0",
        "LLM_ENGINE_PROGRAM": os.environ.get("TESTED_ENGINE", ""),
        "LLM_ENGINE_THREADS": "1",  # more would wait for each other on a busy machine
        "LLM_GRPC_AUTH": "off",
        "LLM_DRAIN_LAG_SECONDS": "0.2",
        "LLM_METRICS_PERIOD_SECONDS": "0.2",
    }
    # Others' variables of that prefix (the client's, the sandbox's) are no settings of the service.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LLM_")}
    return inherited | defaults | variables


@contextmanager
def service_process(**variables: str) -> Iterator[ServiceProcess]:
    """Starts the service with these LLM_* variables, on free ports."""
    process = subprocess.Popen(
        [sys.executable, "-m", "service"],
        cwd=ROOT,
        env=service_environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    service = ServiceProcess(process)
    try:
        yield service
    finally:
        service.close()
