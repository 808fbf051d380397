"""Keeps one engine process running: starts it, waits until it answers, restarts it with backoff."""

from __future__ import annotations

import asyncio
import logging
import time
from asyncio.subprocess import Process
from collections.abc import Callable
from contextlib import suppress

from service.engine.client import EngineClient
from service.engine.output import EngineOutput
from service.engine.parameters import EngineParameters
from service.engine.process import ending, start_process, stop_process
from service.engine.progress import ProgressWatch
from service.errors import ModelNotSupported, ServiceError
from service.generation import GenerationRequest
from service.health import EngineState
from service.sampling import Sampling

LOAD_SECONDS_AT_MOST = 600  # a 100 GiB file at 200 MB/s; after this the process is started anew
POLL_SECONDS = 0.02
BACKOFF_SECONDS = (0.5, 1, 2, 4, 8, 15, 30)
STABLE_SECONDS = 60  # an engine that ran this long restarts without backoff
LAST_LINES_SECONDS = 1.0  # for what an ended process has written; one that it started may hold on
STALL_GRACE_SECONDS = 10  # an engine that stalled may still recover; ECS acts after 30 s unready

log = logging.getLogger("service.engine")


class EngineSupervisor:
    """Guarantees that at most one engine runs, and none after `run()` has ended.

    `on_change` is told its states; READY comes after a warm-up. One that stalled and does not move
    again within STALL_GRACE_SECONDS is restarted. `quote` lets the log have what the engine quotes
    of requests. `started` is a process that somebody has started for it already.
    """

    def __init__(
        self,
        parameters: EngineParameters,
        client: EngineClient,
        watch: ProgressWatch,
        *,
        on_change: Callable[[EngineState], None],
        quote: bool = False,
        started: Process | None = None,
    ) -> None:
        self._parameters = parameters
        self._client = client
        self._watch = watch
        self._on_change = on_change
        self._quote = quote
        self._started = started
        self.restarts = 0

    async def run(self) -> None:
        """Runs the engine, and again when it dies, until this is cancelled."""
        failures = 0
        while True:
            started = time.monotonic()
            end = await self._run_once()
            failures = 0 if time.monotonic() - started > STABLE_SECONDS else failures + 1
            self.restarts += 1
            pause = BACKOFF_SECONDS[min(max(failures - 1, 0), len(BACKOFF_SECONDS) - 1)]
            log.error("engine ended; restarting", extra=end | {"pause_seconds": pause})
            await asyncio.sleep(pause)

    async def _run_once(self) -> dict[str, object]:
        """One life of the engine, from its start until it has ended for whatever reason; how it
        ended, for the log."""
        process = await self._start()
        output = EngineOutput(quote=self._quote)
        assert process.stderr is not None
        logs = asyncio.create_task(output.forward(process.stderr))
        try:
            async with asyncio.timeout(LOAD_SECONDS_AT_MOST):
                if await self._becomes_healthy(process):
                    await self._client.learn_capabilities()
                    await self._warm_up()
                    output.serves()
                    self._on_change(EngineState.READY)
            await self._until_lost(process)
        except (TimeoutError, ServiceError) as error:
            log.error("engine did not become ready", extra={"reason": str(error)})
        finally:
            self._on_change(EngineState.RESTARTING)
            await stop_process(process)
            await asyncio.wait({logs}, timeout=LAST_LINES_SECONDS)
            logs.cancel()
        return ending(process) | {"last_lines": list(output.last)}

    async def _until_lost(self, process: Process) -> None:
        """Returns when the process has ended, or has stalled and does not move again."""
        stall = asyncio.create_task(self._stalls_for_good())
        end = asyncio.create_task(process.wait())
        try:
            await asyncio.wait({stall, end}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stall.cancel()
            end.cancel()

    async def _stalls_for_good(self) -> None:
        while True:
            await self._watch.stalls()
            seconds = {"stalled_seconds": self._watch.stall_seconds}
            log.error("engine makes no progress", extra=seconds)
            self._on_change(EngineState.STALLED)
            if not await self._moves_again():
                log.error("engine does not recover; ending it")
                return
            log.warning("engine makes progress again")
            self._on_change(EngineState.READY)

    async def _moves_again(self) -> bool:
        """It is asked for a token: whoever else waited may have left, and who comes is sent to
        other tasks."""
        question = asyncio.create_task(self._warm_up())
        try:
            async with asyncio.timeout(STALL_GRACE_SECONDS):
                await self._watch.moves()
        except TimeoutError:
            return False
        else:
            return True
        finally:
            question.cancel()
            await asyncio.gather(question, return_exceptions=True)

    async def _start(self) -> Process:
        if (started := self._started) is not None:
            self._started = None
            return started
        return await start_process(self._parameters)

    async def _becomes_healthy(self, process: Process) -> bool:
        while process.returncode is None:
            if await self._client.is_healthy():
                return True
            await asyncio.sleep(POLL_SECONDS)
        return False

    async def _warm_up(self) -> None:
        """One token end to end, so that the first caller pays for no first time."""
        request = GenerationRequest(prompt="Hello", sampling=Sampling(max_tokens=1))
        with suppress(ModelNotSupported):  # of one that makes vectors only, which it says at once
            async with self._client.stream(request) as chunks:
                async for _ in chunks:
                    pass
