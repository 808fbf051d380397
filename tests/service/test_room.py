"""Places that are taken in turn, and lost."""

from __future__ import annotations

import asyncio

import pytest

from service.errors import BodyTimeout, QueueFull
from service.rpc.room import Room


class Guest:
    """Takes a place and stays until `go`."""

    def __init__(self, room: Room) -> None:
        self.go = asyncio.Event()
        self.came = asyncio.Event()
        self.stay = asyncio.create_task(self._stay(room))

    async def _stay(self, room: Room) -> None:
        async with room.place():
            self.came.set()
            await self.go.wait()


async def guests(room: Room, count: int) -> list[Guest]:
    """In this order."""
    found = []
    for _ in range(count):
        found.append(Guest(room))
        await found[-1].came.wait()
    return found


async def test_who_comes_to_a_full_room_has_the_place_of_who_came_first() -> None:
    first, second, third = await guests(Room(places=2), 3)
    with pytest.raises(QueueFull):
        await first.stay
    for guest in (second, third):
        guest.go.set()
        await guest.stay


async def test_who_has_left_is_displaced_by_nobody() -> None:
    room = Room(places=2)
    first, second = await guests(room, 2)
    second.go.set()
    await second.stay
    (third,) = await guests(room, 1)
    for guest in (first, third):
        guest.go.set()
        await guest.stay


async def test_place_is_lost_in_time() -> None:
    (guest,) = await guests(Room(places=1, seconds=0.01), 1)
    with pytest.raises(BodyTimeout):
        await guest.stay


async def test_time_that_somebody_else_is_out_of_is_told_as_that() -> None:
    with pytest.raises(TimeoutError):
        async with Room(places=1, seconds=10).place(), asyncio.timeout(0.01):
            await asyncio.Event().wait()


async def test_who_loses_its_place_in_the_moment_of_its_end_ends() -> None:
    room = Room(places=1)
    first, second = await guests(room, 2)
    first.stay.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first.stay
    second.go.set()
    await second.stay
