import asyncio
from contextlib import AsyncExitStack

import pytest

from service.admission import AdmissionGate
from service.errors import Draining, QueueFull, QueueTimeout


def gate(*, slots: int = 1, max_waiting: int = 8, max_wait_seconds: float = 5) -> AdmissionGate:
    return AdmissionGate(slots=slots, max_waiting=max_waiting, max_wait_seconds=max_wait_seconds)


async def hold(gate: AdmissionGate, order: list[str], name: str, release: asyncio.Event) -> None:
    async with gate.slot():
        order.append(name)
        await release.wait()


async def start(*work: asyncio.Task[None]) -> None:
    """Lets each task run until it waits."""
    for _ in range(3):
        await asyncio.sleep(0)


async def test_slots_are_given_first_come_first_served() -> None:
    subject, order, release = gate(), list[str](), asyncio.Event()
    tasks = [asyncio.create_task(hold(subject, order, name, release)) for name in "abc"]
    await start(*tasks)
    assert (order, subject.running, subject.waiting) == (["a"], 1, 2)
    release.set()
    await asyncio.gather(*tasks)
    assert order == ["a", "b", "c"]


async def test_utilization_counts_running_and_waiting_and_passes_100() -> None:
    subject, release = gate(slots=2), asyncio.Event()
    assert subject.utilization_percent == 0
    tasks = [asyncio.create_task(hold(subject, [], "x", release)) for _ in range(3)]
    await start(*tasks)
    assert subject.utilization_percent == 150
    release.set()
    await asyncio.gather(*tasks)
    assert subject.utilization_percent == 0


async def test_no_room_in_the_queue_refuses_at_once() -> None:
    subject = gate(max_waiting=0)
    async with subject.slot():
        with pytest.raises(QueueFull) as refused:
            await subject._enter()
    assert refused.value.retry_after_seconds >= 1


async def test_retry_after_follows_how_long_slots_were_held() -> None:
    subject = gate(slots=1)
    before = subject.retry_after_seconds()
    for _ in range(30):
        async with subject.slot():
            pass
    assert subject.retry_after_seconds() < before


async def test_wait_is_bounded() -> None:
    subject = gate(max_wait_seconds=0.01)
    async with subject.slot():
        with pytest.raises(QueueTimeout):
            await subject._enter()
    assert (subject.running, subject.waiting) == (0, 0)


async def test_cancelled_waiter_leaves_the_queue() -> None:
    subject, release = gate(), asyncio.Event()
    async with subject.slot():
        waiter = asyncio.create_task(hold(subject, [], "x", release))
        await start(waiter)
        waiter.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiter
        assert subject.waiting == 0
    assert subject.running == 0


async def test_slot_given_in_the_moment_of_cancellation_is_not_lost() -> None:
    subject, release = gate(), asyncio.Event()
    async with AsyncExitStack() as holder:
        await holder.enter_async_context(subject.slot())
        waiter = asyncio.create_task(hold(subject, [], "x", release))
        await start(waiter)
        await holder.aclose()  # the slot is handed to the waiter, which has not run yet
        waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    assert subject.running == 0
    async with subject.slot():
        assert subject.running == 1


async def test_closed_gate_refuses_newcomers_and_lets_the_queue_finish() -> None:
    subject, order, release = gate(), list[str](), asyncio.Event()
    tasks = [asyncio.create_task(hold(subject, order, name, release)) for name in "ab"]
    await start(*tasks)
    subject.close()
    with pytest.raises(Draining):
        await subject._enter()
    release.set()
    await asyncio.wait_for(subject.drained(), 1)
    assert order == ["a", "b"]
    await asyncio.gather(*tasks)
