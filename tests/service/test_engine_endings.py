"""An engine that ends by itself: the line of its restart says how, and what it said last."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from service.engine.client import EngineClient
from service.engine.output import LAST_LINE_CHARACTERS, LAST_LINES
from service.engine.progress import ProgressWatch
from service.engine.supervisor import EngineSupervisor
from service.model.trial.engine import Runner, parameters_for
from tests.service.transports import eventually

Runs = Callable[[str], object]

ENDED = "engine ended; restarting"


@pytest.fixture
def supervisor(tmp_path: Path) -> EngineSupervisor:
    parameters = replace(
        parameters_for(Path("none"), Runner(1), slots=1),
        socket_path=str(tmp_path / "engine.sock"),
    )
    watch = ProgressWatch(stall_seconds=60)
    client = EngineClient(parameters.socket_path, watch)
    return EngineSupervisor(parameters, client, watch, on_change=lambda state: None)


async def end_of(supervisor: EngineSupervisor, caplog: pytest.LogCaptureFixture) -> dict[str, Any]:
    """What the log says of it, as fields."""
    running = asyncio.create_task(supervisor.run())
    await eventually(lambda: ENDED in caplog.messages)
    running.cancel()
    record = next(record for record in caplog.records if record.message == ENDED)
    assert record.levelno == logging.ERROR
    return vars(record)


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    """Has the engine's process run this program in the place of llama.cpp's library."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    library = tmp_path / "xllamacpp.py"
    return library.write_text


async def test_exception_ends_it_with_its_code_and_last_words(
    runs: Runs, supervisor: EngineSupervisor, caplog: pytest.LogCaptureFixture
) -> None:
    runs("raise RuntimeError('no such model')")
    end = await end_of(supervisor, caplog)
    assert end["exit_code"] == 1
    assert "signal" not in end
    assert end["last_lines"][-1] == "RuntimeError: no such model"


async def test_signal_ends_it_by_name(
    runs: Runs, supervisor: EngineSupervisor, caplog: pytest.LogCaptureFixture
) -> None:
    runs("import os; os.kill(os.getpid(), 11)")
    end = await end_of(supervisor, caplog)
    assert end["signal"] == "SIGSEGV"
    assert "exit_code" not in end


async def test_of_what_it_said_the_end_is_told_and_each_line_is_bounded(
    runs: Runs, supervisor: EngineSupervisor, caplog: pytest.LogCaptureFixture
) -> None:
    runs("import sys\nfor n in range(99): print('y' * 999, file=sys.stderr)\nraise SystemExit(3)")
    end = await end_of(supervisor, caplog)
    assert end["exit_code"] == 3
    assert end["last_lines"] == ["y" * LAST_LINE_CHARACTERS] * LAST_LINES
