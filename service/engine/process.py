"""One process of the engine: how it is started, and how it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress

from service.engine.output import LINE_BYTES
from service.engine.parameters import EngineParameters

STOP_SECONDS = 2


def command(parameters: EngineParameters) -> list[str]:
    return [sys.executable, "-m", "service.engine.child", parameters.to_json()]


async def start_process(parameters: EngineParameters) -> asyncio.subprocess.Process:
    """It ends with its standard input, so with us; its standard error is a pipe to read."""
    with suppress(FileNotFoundError):
        os.unlink(parameters.socket_path)  # the file outlives the process
    return await asyncio.create_subprocess_exec(
        *command(parameters),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        limit=LINE_BYTES,
    )


def ending(process: asyncio.subprocess.Process) -> dict[str, object]:
    """By which code or signal the process has ended; where we ended it a line before says so."""
    code = process.returncode
    if code is not None and code < 0:
        names = {each.value: each.name for each in signal.Signals}
        return {"signal": names.get(-code, -code)}
    return {"exit_code": code}


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
