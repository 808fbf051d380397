"""Beats come in silences, and end with the first that fails or with the context."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from service.heartbeat import Heartbeat
from tests.service.garbage import garbage
from tests.soon import SOON


class Owner:
    """Its beats are counted, and do what they are told to."""

    def __init__(self, *, fails: bool = False, blocks: bool = False, obeys: bool = False) -> None:
        self.heart = Heartbeat(self._beat, every_seconds=lambda: 0.001)
        self.beats = 0
        self.begun = asyncio.Event()
        self.ended = asyncio.Event()
        self._fails = fails
        self._blocks = blocks
        self._deaf_to = () if obeys else (asyncio.CancelledError,)

    async def _beat(self) -> None:
        self.beats += 1
        self.begun.set()
        try:
            if self._blocks:
                with suppress(*self._deaf_to):  # as if it had ended in the same moment
                    await asyncio.Event().wait()
            if self._fails:
                raise ValueError("of a beat")
        finally:
            self.ended.set()


@pytest.fixture
async def reported() -> list[dict[str, Any]]:
    """What asyncio tells of errors that nobody has asked for."""
    found: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: found.append(context))
    return found


async def rounds() -> None:
    """Of the event loop, more than a next beat would need."""
    await asyncio.sleep(0.05)


async def test_each_silence_has_its_beat() -> None:
    owner = Owner()
    async with owner.heart, asyncio.timeout(SOON):
        while owner.beats < 3:
            await owner.ended.wait()
            owner.ended.clear()


async def test_what_is_written_puts_the_beat_off() -> None:
    beats = 0

    async def beat() -> None:
        nonlocal beats
        beats += 1

    async with Heartbeat(beat, every_seconds=lambda: 0.2) as heart:
        for _ in range(8):
            await asyncio.sleep(0.05)
            heart.put_off()
    assert not beats


async def test_beat_that_fails_is_the_last_one_and_told_at_the_next_write() -> None:
    owner = Owner(fails=True)
    async with owner.heart:
        await owner.ended.wait()
        await rounds()
        assert owner.beats == 1
        with pytest.raises(ValueError, match="of a beat"):
            owner.heart.put_off()


@pytest.mark.parametrize("blocks", [False, True], ids=["before the end", "at the end"])
async def test_beat_that_fails_when_nobody_writes_any_more_is_not_reported(
    reported: list[dict[str, Any]], blocks: bool
) -> None:
    owner = Owner(fails=True, blocks=blocks)
    async with owner.heart:
        await owner.begun.wait()
    del owner
    await rounds()
    assert not reported


async def test_beat_that_is_under_way_at_the_end_is_waited_for_and_the_last_one(
    reported: list[dict[str, Any]],
) -> None:
    owner = Owner(blocks=True)
    async with owner.heart:
        await owner.begun.wait()
    assert owner.ended.is_set()
    await rounds()
    assert owner.beats == 1
    assert not reported


async def test_none_comes_after_the_end() -> None:
    owner = Owner()
    async with owner.heart:
        await owner.ended.wait()
    beats = owner.beats
    await rounds()
    assert owner.beats == beats


@pytest.mark.parametrize("fails", [True, False], ids=["failed", "under way at the end"])
async def test_beat_leaves_nothing_to_the_garbage_collector(fails: bool) -> None:
    with garbage() as found:
        owner = Owner(fails=fails, blocks=not fails, obeys=True)
        async with owner.heart:
            await owner.begun.wait()
        del owner
    assert not found
