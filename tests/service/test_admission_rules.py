"""The gate under any order of arrivals, ends and cancellations, with several at one moment."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from service.admission import AdmissionGate, Need
from service.errors import QueueFull
from tests.soon import SOON

SLOTS = 4
MOMENTS_TO_SETTLE = 20

comes = st.tuples(st.just("comes"), st.integers(1, SLOTS))
ends = st.tuples(st.sampled_from(["ends", "leaves"]), st.integers(0, 9))
passes = st.sampled_from([("a moment passes", 0), ("all settles", 0)])
stories = st.lists(st.one_of(comes, comes, ends, ends, passes), max_size=40)


@dataclass
class Requests:
    """All that came and have not gone: what holds slots, and what may wait for some."""

    gate: AdmissionGate
    tasks: list[tuple[asyncio.Task[None], asyncio.Event]] = field(default_factory=list)
    held: int = 0
    refused: int = 0

    def come(self, slots: int) -> None:
        end = asyncio.Event()
        self.tasks.append((asyncio.create_task(self._hold(Need(slots=slots), end)), end))

    async def _hold(self, need: Need, end: asyncio.Event) -> None:
        try:
            async with self.gate.admitted(need):
                self.held += need.slots
                try:
                    await end.wait()
                finally:
                    self.held -= need.slots
        except QueueFull:
            self.refused += 1

    def act(self, what: str, number: int) -> None:
        if what == "comes":
            self.come(number)
        elif left := [entry for entry in self.tasks if not entry[0].done()]:
            task, end = left[number % len(left)]
            if what == "leaves":
                task.cancel()
            else:
                end.set()  # at once, should it still have to wait


async def settle() -> None:
    for _ in range(MOMENTS_TO_SETTLE):
        await asyncio.sleep(0)


def check(gate: AdmissionGate, requests: Requests) -> None:
    assert gate.running == requests.held <= SLOTS
    if gate.waiting:  # nobody waits for what is free
        assert gate.running + gate._queue[0].need.slots > SLOTS


async def tell(story: list[tuple[str, int]]) -> None:
    gate = AdmissionGate(
        slots=SLOTS, max_waiting=5, max_waiting_prompt_tokens=100, max_wait_seconds=60
    )
    requests = Requests(gate)
    for what, number in story:
        if what == "a moment passes":
            await asyncio.sleep(0)
        elif what == "all settles":
            await settle()
            check(gate, requests)
        else:
            requests.act(what, number)
    for task, _ in requests.tasks:
        task.cancel()
    await settle()
    async with asyncio.timeout(SOON):
        await gate.drained()
    assert (gate.running, gate.waiting, gate.utilization_percent) == (0, 0, 0)


@settings(max_examples=500, deadline=None, derandomize=True, database=None)
@given(stories)
def test_no_slot_is_lost_or_given_twice_and_nobody_waits_for_a_free_one(
    story: list[tuple[str, int]],
) -> None:
    asyncio.run(tell(story))
