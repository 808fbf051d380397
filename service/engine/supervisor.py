"""Keeps one engine process running: starts it, waits until it answers, restarts it with backoff."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from service.engine.client import EngineClient
from service.engine.parameters import EngineParameters
from service.errors import ServiceError
from service.generation import GenerationRequest, Sampling

LOAD_SECONDS_AT_MOST = 600  # a 100 GiB file at 200 MB/s; after this the process is started anew
POLL_SECONDS = 0.05
BACKOFF_SECONDS = (0.5, 1, 2, 4, 8, 15, 30)
STABLE_SECONDS = 60  # an engine that ran this long restarts without backoff
STOP_SECONDS = 2
LOG_LINE_BYTES = 1 << 20

log = logging.getLogger("service.engine")


class EngineSupervisor:
    """Guarantees that at most one engine runs, and none after `run()` has ended.

    `on_ready_change` is told True when the engine answers after its warm-up, False when it died.
    """

    def __init__(
        self,
        parameters: EngineParameters,
        client: EngineClient,
        *,
        on_ready_change: Callable[[bool], None],
    ) -> None:
        self._parameters = parameters
        self._client = client
        self._on_ready_change = on_ready_change
        self.restarts = 0

    async def run(self) -> None:
        """Runs the engine, and again when it dies, until this is cancelled."""
        failures = 0
        while True:
            started = time.monotonic()
            await self._run_once()
            failures = 0 if time.monotonic() - started > STABLE_SECONDS else failures + 1
            self.restarts += 1
            pause = BACKOFF_SECONDS[min(max(failures - 1, 0), len(BACKOFF_SECONDS) - 1)]
            log.error("engine ended; restarting", extra={"pause_seconds": pause})
            await asyncio.sleep(pause)

    async def _run_once(self) -> None:
        """One life of the engine, from its start until it has ended for whatever reason."""
        process = await self._start()
        logs = asyncio.create_task(forward_logs(process))
        try:
            async with asyncio.timeout(LOAD_SECONDS_AT_MOST):
                if await self._becomes_healthy(process):
                    await self._warm_up()
                    self._on_ready_change(True)
            await process.wait()
        except (TimeoutError, ServiceError) as error:
            log.error("engine did not become ready", extra={"reason": str(error)})
        finally:
            self._on_ready_change(False)
            await stop_process(process)
            logs.cancel()

    async def _start(self) -> asyncio.subprocess.Process:
        with suppress(FileNotFoundError):
            os.unlink(self._parameters.socket_path)  # the file outlives the process
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "service.engine.child", self._parameters.to_json()),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            limit=LOG_LINE_BYTES,
        )

    async def _becomes_healthy(self, process: asyncio.subprocess.Process) -> bool:
        while process.returncode is None:
            if await self._client.is_healthy():
                return True
            await asyncio.sleep(POLL_SECONDS)
        return False

    async def _warm_up(self) -> None:
        """One token end to end, so that the first caller pays for no first time."""
        request = GenerationRequest(prompt="Hello", sampling=Sampling(max_tokens=1))
        async with self._client.stream(request) as chunks:
            async for _ in chunks:
                pass


async def stop_process(process: asyncio.subprocess.Process) -> None:
    """Ends the process: by end of input, and after STOP_SECONDS by SIGKILL."""
    if process.returncode is None:
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()


async def forward_logs(process: asyncio.subprocess.Process) -> None:
    """The engine's lines into our log, its warnings and errors at their level."""
    assert process.stderr is not None
    while not process.stderr.at_eof():
        try:
            line = await process.stderr.readline()
        except ValueError:
            continue  # longer than LOG_LINE_BYTES: dropped, so that the engine never waits for us
        text = line.decode(errors="replace").rstrip()
        log.log(level_of(text), text)


def level_of(line: str) -> int:
    """llama.cpp's lines carry their level as a word of one letter."""
    words = line.split(maxsplit=2)[:2]
    if "E" in words:
        return logging.ERROR
    return logging.WARNING if "W" in words else logging.DEBUG
