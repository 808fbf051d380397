"""When an engine counts as stalled."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from service.engine import progress
from service.engine.client import EngineClient
from service.engine.progress import ProgressWatch
from service.errors import EngineUnavailable
from tests.service.scripted_engine import ScriptedEngine
from tests.soon import SOON

STALL = 0.05


@pytest.fixture
async def watch() -> ProgressWatch:
    return ProgressWatch(stall_seconds=STALL)


async def owe(watch: ProgressWatch, until: asyncio.Event) -> None:
    with watch.awaited():
        await until.wait()


async def test_engine_that_owes_somebody_for_too_long_stalls(watch: ProgressWatch) -> None:
    waiting = asyncio.create_task(owe(watch, asyncio.Event()))
    await asyncio.wait_for(watch.stalls(), SOON)
    waiting.cancel()


async def test_idle_engine_never_stalls(watch: ProgressWatch) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(watch.stalls(), 3 * STALL)


async def test_one_stream_that_gets_on_shows_that_the_engine_does(
    watch: ProgressWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(progress, "now", lambda: clock[0])
    with watch.awaited():
        clock[0] = 0.9 * STALL
        with watch.awaited():
            pass
        clock[0] = 1.8 * STALL
        assert watch._seconds_left() > 0
        clock[0] = 2 * STALL
        assert watch._seconds_left() <= 0


async def test_slow_reader_is_no_stall(watch: ProgressWatch) -> None:
    with watch.awaited():
        pass  # its piece came, and it does not ask for the next one
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(watch.stalls(), 3 * STALL)


async def test_stalled_engine_moves_again_with_the_next_piece(watch: ProgressWatch) -> None:
    piece = asyncio.Event()
    waiting = asyncio.create_task(owe(watch, piece))
    await asyncio.wait_for(watch.stalls(), SOON)
    moves = asyncio.create_task(watch.moves())
    piece.set()
    await asyncio.wait_for(moves, SOON)
    await waiting


async def test_client_that_gives_up_is_no_progress(watch: ProgressWatch) -> None:
    staying = asyncio.create_task(owe(watch, asyncio.Event()))
    leaving = asyncio.create_task(owe(watch, asyncio.Event()))
    await asyncio.wait_for(watch.stalls(), SOON)
    leaving.cancel()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(watch.moves(), STALL)
    staying.cancel()


async def test_callers_who_give_up_one_after_another_have_waited_together(
    watch: ProgressWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(progress, "now", lambda: clock[0])
    for _ in range(2):
        with suppress(TimeoutError), watch.awaited():
            clock[0] += 0.4 * STALL
            raise TimeoutError
        clock[0] += 10 * STALL  # nobody waits
    assert watch._seconds_left() == pytest.approx(0.2 * STALL)
    with watch.awaited():
        pass
    assert watch._seconds_left() == STALL


async def test_silence_of_what_is_no_generation_is_a_stall_too(
    tmp_path: Path, engine: ScriptedEngine
) -> None:
    watch = ProgressWatch(stall_seconds=STALL)
    engine.go.clear()
    client = EngineClient(str(tmp_path / "engine.sock"), watch)
    async with engine.listening(str(tmp_path / "engine.sock")):
        with pytest.raises(EngineUnavailable, match="does not answer"):
            await client.ask("/tokenize", {"content": "Hi"}, param="content")
        await asyncio.wait_for(watch.stalls(), SOON)


async def test_vectors_are_waited_for_as_generations_are(
    tmp_path: Path, engine: ScriptedEngine
) -> None:
    watch = ProgressWatch(stall_seconds=STALL)
    engine.go.clear()
    engine.answers["/v1/embeddings"] = {"data": []}
    client = EngineClient(str(tmp_path / "engine.sock"), watch)
    async with engine.listening(str(tmp_path / "engine.sock")):
        question = client.ask("/v1/embeddings", {"input": "Hi"}, param="input", works=True)
        asking = asyncio.create_task(question)
        await asyncio.wait_for(watch.stalls(), SOON)
        moves = asyncio.create_task(watch.moves())
        engine.go.set()
        await asyncio.wait_for(moves, SOON)
        assert await asking == {"data": []}


async def test_answers_that_are_no_generation_are_no_progress_of_one(
    tmp_path: Path, engine: ScriptedEngine
) -> None:
    watch = ProgressWatch(stall_seconds=SOON)
    engine.answers["/tokenize"] = {"tokens": []}
    client = EngineClient(str(tmp_path / "engine.sock"), watch)
    async with engine.listening(str(tmp_path / "engine.sock")):
        waiting = asyncio.create_task(owe(watch, asyncio.Event()))
        watch.suspect()
        await asyncio.wait_for(watch.stalls(), SOON)
        await client.ask("/tokenize", {"content": "Hi"}, param="content")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(watch.moves(), STALL)
        waiting.cancel()
