"""One process of the engine: how it is started, and how it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress

from service.engine.output import LINE_BYTES
from service.engine.parameters import EngineParameters


def command(parameters: EngineParameters) -> list[str]:
    """Of a process that ends with us."""
    if parameters.program:
        module = [sys.executable, "-m", "service.engine.program"]
        return [*module, str(os.getpid()), parameters.to_json()]
    return [sys.executable, "-m", "service.engine.child", parameters.to_json()]


def check_program(program: str) -> None:
    """Raises FileNotFoundError where it is none that can be run; empty is the wheel's engine."""
    if program and not (os.path.isfile(program) and os.access(program, os.X_OK)):
        raise FileNotFoundError(
            f"{program}: no program that can be run, where the engine's should be; build one by "
            "`python service/build_engine.py FOLDER`, or name none for the wheel's engine"
        )


async def start_process(parameters: EngineParameters) -> asyncio.subprocess.Process:
    """Its standard input is open as long as we are; its standard error is a pipe to read."""
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
    """By SIGKILL: it has nothing to keep, and with a request in flight it ends no other way."""
    if process.returncode is None:
        process.kill()
    await process.wait()
