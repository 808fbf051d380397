"""The comparison with the peers, all of them played by one server of fixed pace."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bench import comparison
from bench.bars import LLAMA_CPP_PYTHON
from bench.comparison import COMPARISONS, OURS, OURS_LOSSLESS, OURS_PREPARED, all_turns, reached
from bench.endpoints import Endpoint
from bench.paced.engine import PacedEngine

NAMES = (OURS, OURS_LOSSLESS, OURS_PREPARED, "llama-server", "llama-cpp-python")


@pytest.fixture(autouse=True)
def few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "ROUNDS", 1)


async def compared(*names: str) -> list[str]:
    """What bars come of it."""
    engine = PacedEngine(pace_seconds=0.001, tokens_at_most=3)
    async with await asyncio.start_server(engine.converse, "127.0.0.1", 0) as listening:
        url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        one = Endpoint(name="", url=url, processes=())
        turns = await all_turns([replace(one, name=name) for name in names], lambda _: None)
    return [each.bar.what for each in reached(turns, {OURS_PREPARED: "loss"})]


async def test_every_comparison_is_measured_where_all_are_there() -> None:
    assert await compared(*NAMES) == [each.bar.what for each in COMPARISONS]


async def test_what_needs_a_missing_peer_is_left_out() -> None:
    assert await compared(OURS, "llama-cpp-python") == [LLAMA_CPP_PYTHON.what]
