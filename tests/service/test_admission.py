import asyncio
from contextlib import AsyncExitStack

import pytest

from service.admission import AdmissionGate, Need
from service.errors import Draining, QueueFull, QueueTimeout, QueueTooLong
from tests.soon import SOON


def gate(*, slots: int = 1, max_waiting: int = 8, max_wait_seconds: float = 5) -> AdmissionGate:
    return AdmissionGate(
        slots=slots,
        max_waiting=max_waiting,
        max_waiting_prompt_tokens=100,
        max_wait_seconds=max_wait_seconds,
    )


async def hold(
    gate: AdmissionGate, order: list[str], name: str, release: asyncio.Event, *, slots: int = 1
) -> None:
    async with gate.admitted(Need(slots=slots)):
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
    async with subject.admitted(Need()):
        with pytest.raises(QueueFull) as refused:
            await subject._enter(Need())
    assert refused.value.retry_after_seconds >= 1


async def test_retry_after_follows_how_long_slots_were_held() -> None:
    subject = gate(slots=1)
    before = subject.retry_after_seconds()
    for _ in range(30):
        async with subject.admitted(Need()) as hold:
            hold.counts = True
    assert subject.retry_after_seconds() < before


async def test_slots_that_generated_nothing_say_nothing_of_the_wait() -> None:
    subject = gate(slots=1)
    before = subject.retry_after_seconds()
    for _ in range(30):
        async with subject.admitted(Need()):
            pass
    assert subject.retry_after_seconds() == before


async def test_wait_is_bounded() -> None:
    subject = gate(max_wait_seconds=0.01)
    async with subject.admitted(Need()):
        with pytest.raises(QueueTimeout):
            await subject._enter(Need())
    assert (subject.running, subject.waiting) == (0, 0)


async def test_cancelled_waiter_leaves_the_queue() -> None:
    subject, release = gate(), asyncio.Event()
    async with subject.admitted(Need()):
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
        await holder.enter_async_context(subject.admitted(Need()))
        waiter = asyncio.create_task(hold(subject, [], "x", release))
        await start(waiter)
        await holder.aclose()  # the slot is handed to the waiter, which has not run yet
        waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    assert subject.running == 0
    async with subject.admitted(Need()):
        assert subject.running == 1


async def test_closed_gate_refuses_newcomers_and_lets_the_queue_finish() -> None:
    subject, order, release = gate(), list[str](), asyncio.Event()
    tasks = [asyncio.create_task(hold(subject, order, name, release)) for name in "ab"]
    await start(*tasks)
    subject.close()
    with pytest.raises(Draining):
        await subject._enter(Need())
    release.set()
    await asyncio.wait_for(subject.drained(), SOON)
    assert order == ["a", "b"]
    await asyncio.gather(*tasks)


async def test_request_for_several_answers_takes_as_many_slots() -> None:
    subject, release, order = gate(slots=4), asyncio.Event(), list[str]()
    big = asyncio.create_task(hold(subject, order, "big", release, slots=3))
    await start(big)
    assert (subject.running, subject.utilization_percent) == (3, 75)
    release.set()
    await big
    assert subject.running == 0


async def test_small_requests_do_not_overtake_a_large_one() -> None:
    subject, order = gate(slots=2), list[str]()
    first, rest = asyncio.Event(), asyncio.Event()
    running = asyncio.create_task(hold(subject, order, "running", first))
    await start(running)
    large = asyncio.create_task(hold(subject, order, "large", rest, slots=2))
    small = asyncio.create_task(hold(subject, order, "small", rest))
    await start(large, small)
    assert (order, subject.waiting) == (["running"], 2)
    assert subject.utilization_percent == 200
    first.set()
    rest.set()
    await asyncio.gather(running, large, small)
    assert order == ["running", "large", "small"]


async def test_large_request_that_leaves_lets_the_small_ones_behind_it_in() -> None:
    subject, order, release = gate(slots=2), list[str](), asyncio.Event()
    running = asyncio.create_task(hold(subject, order, "running", release))
    await start(running)
    large = asyncio.create_task(hold(subject, order, "large", release, slots=2))
    small = asyncio.create_task(hold(subject, order, "small", release))
    await start(large, small)
    large.cancel()
    await asyncio.wait({large})
    await start(small)
    assert order == ["running", "small"]
    release.set()
    await asyncio.gather(running, small)


async def test_prompts_that_wait_are_bounded_together() -> None:
    subject, release = gate(), asyncio.Event()
    async with subject.admitted(Need()):
        waiter = asyncio.create_task(enter(subject, Need(prompt_tokens=90), release))
        await start(waiter)
        with pytest.raises(
            QueueFull, match="about 90 tokens wait, so that this one of about 11"
        ) as refused:
            await subject._enter(Need(prompt_tokens=11))
        assert refused.value.retry_after_seconds >= 1
        release.set()
    await waiter


async def test_prompt_beyond_the_bound_may_wait_alone() -> None:
    subject, release = gate(), asyncio.Event()
    release.set()
    async with subject.admitted(Need()):
        waiter = asyncio.create_task(enter(subject, Need(prompt_tokens=1000), release))
        await start(waiter)
        assert subject.waiting_prompt_tokens == 1000
    await waiter


async def enter(gate: AdmissionGate, need: Need, release: asyncio.Event) -> None:
    async with gate.admitted(need):
        await release.wait()


async def test_deadline_that_the_queue_cannot_meet_is_refused_at_once() -> None:
    subject = gate()
    subject._usual_seconds = 20.0
    async with subject.admitted(Need()):
        with pytest.raises(QueueTooLong, match="20 seconds") as refused:
            await subject._enter(Need(seconds=19))
    assert refused.value.retry_after_seconds == 20


async def test_wait_beyond_the_longest_is_refused_at_once() -> None:
    subject, order, release = gate(max_wait_seconds=30), list[str](), asyncio.Event()
    subject._usual_seconds = 20.0
    tasks = [asyncio.create_task(hold(subject, order, name, release)) for name in "ab"]
    await start(*tasks)
    with pytest.raises(QueueTooLong, match="40 seconds, and none may be longer than 30"):
        await subject._enter(Need())
    assert subject.waiting == 1
    release.set()
    await asyncio.gather(*tasks)


async def test_one_may_wait_however_long_slots_were_held_of_late() -> None:
    subject, release = gate(max_wait_seconds=30), asyncio.Event()
    subject._usual_seconds = 300.0
    release.set()
    async with subject.admitted(Need()):
        waiter = asyncio.create_task(enter(subject, Need(), release))
        await start(waiter)
        assert subject.waiting == 1
    await waiter


async def test_first_time_that_is_measured_replaces_the_guess() -> None:
    subject, release = gate(), asyncio.Event()
    release.set()
    async with subject.admitted(Need()) as held:
        held.since -= 0.1
        held.counts = True
    async with subject.admitted(Need()):
        waiter = asyncio.create_task(enter(subject, Need(seconds=3), release))
        await start(waiter)
        assert (subject.waiting, subject.retry_after_seconds()) == (1, 1)
    await waiter


async def test_slots_that_are_held_for_longer_than_usual_are_expected_to_be() -> None:
    subject = gate(slots=2)
    subject._usual_seconds = 0.1
    async with subject.admitted(Need()) as one, subject.admitted(Need()) as other:
        one.since -= 50
        other.since -= 30
        with pytest.raises(QueueTooLong, match="about 21 seconds") as refused:
            await subject._enter(Need(seconds=19))
    assert refused.value.retry_after_seconds == 21
    assert subject.retry_after_seconds() == 1


async def test_deadline_is_not_judged_by_a_guess() -> None:
    subject, release = gate(), asyncio.Event()
    release.set()
    async with subject.admitted(Need()):
        waiter = asyncio.create_task(enter(subject, Need(seconds=0.001), release))
        await start(waiter)
        assert subject.waiting == 1
    await waiter


async def test_deadline_does_not_matter_where_a_slot_is_free() -> None:
    subject = gate()
    subject._usual_seconds = 20.0
    async with subject.admitted(Need(seconds=0.001)):
        assert subject.running == 1
