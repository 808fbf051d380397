"""The load generator against a real server of fixed pace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from bench.endpoints import Endpoint
from bench.generator.loads import Load, Rate, Streams
from bench.generator.rounds import Plan, Unanswered, measure
from bench.generator.summary import Figures
from bench.generator.targets import rest_target
from bench.paced.engine import PacedEngine
from bench.prompts import Lengths
from bench.streams import CHAT, COMPLETIONS

PACE_MS = 20
TOKENS = 5
Converse = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
LENGTHS = Lengths(8, TOKENS)


def paced() -> Converse:
    return PacedEngine(pace_seconds=PACE_MS / 1000, tokens_at_most=64).converse


async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 503 Busy\r\ncontent-length: 4\r\nconnection: close\r\n\r\nbusy")
    writer.close()


async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An answer whose stream stops in the middle, as if all were well."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b'HTTP/1.1 200 OK\r\n\r\ndata: {"choices":[{"text":"fox"}]}\n\n')
    writer.close()


@asynccontextmanager
async def server(converse: Converse) -> AsyncIterator[Endpoint]:
    async with await asyncio.start_server(converse, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        yield Endpoint(name="paced", url=f"http://127.0.0.1:{port}", processes=())


async def put(load: Load, converse: Converse, *, path: str = COMPLETIONS) -> Figures:
    plan = Plan(loads=[load], rounds=1, seed=1, patience_seconds=10)
    async with server(converse) as endpoint, rest_target(endpoint, path=path) as target:
        (measured,) = await measure([target], plan)
    return measured.figures


@pytest.mark.parametrize("path", [COMPLETIONS, CHAT])
@pytest.mark.parametrize("load", [Streams(2, 6, LENGTHS), Rate(50, 6, LENGTHS)])
async def test_a_server_of_fixed_pace_is_measured_at_its_pace(load: Load, path: str) -> None:
    """Never faster; how much slower is this machine's business."""
    found = await put(load, paced(), path=path)
    assert (found.answers, found.failures) == (6, {})
    assert found.output_tokens == 6 * TOKENS
    assert found.ttft
    assert found.tpot
    assert found.e2el
    assert PACE_MS <= found.ttft.median < 10 * PACE_MS
    assert found.e2el.median >= TOKENS * PACE_MS
    # A late token is followed by one in time.
    assert PACE_MS * (TOKENS - 2) / (TOKENS - 1) < found.tpot.median < 10 * PACE_MS


async def test_streams_of_a_closed_loop_are_at_once_and_no_more_than_they_are() -> None:
    """Six answers by two at a time take three answers' time at least."""
    found = await put(Streams(2, 6, LENGTHS), paced())
    assert found.output_tokens_per_second <= 2 * 1000 / PACE_MS


@pytest.mark.parametrize(
    ("converse", "words"), [(refuse, "HTTP 503: busy"), (cut, r"broken stream: .*\[DONE\]")]
)
async def test_a_target_that_answers_nothing_ends_the_run(converse: Converse, words: str) -> None:
    with pytest.raises(Unanswered, match=f"paced answers nothing: {words}"):
        await put(Streams(1, 1, LENGTHS), converse)


async def test_an_answer_that_is_not_whole_in_time_is_a_failure() -> None:
    asked = Streams(1, 2, Lengths(8, 64))
    plan = Plan(loads=[asked], rounds=1, seed=1, patience_seconds=0.1)
    async with server(paced()) as endpoint, rest_target(endpoint) as target:
        with pytest.raises(Unanswered, match=r"no whole answer within 0\.1 s"):
            await measure([target], plan)
