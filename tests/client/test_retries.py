"""When a call is made again, with a clock and a draw of our own."""

from __future__ import annotations

from typing import Any

import pytest

from llm_on_ecs.errors import (
    ConnectionFailed,
    DeadlineExceeded,
    EngineUnavailable,
    IncompleteStream,
    InternalError,
    InvalidRequest,
    LLMError,
    QueueFull,
    RateLimited,
)
from llm_on_ecs.retries import Attempts, Call, Deadline
from service.logs import choose_id


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def highest(low: float, high: float) -> float:
    return high


def attempts(seconds: float | None = None, **arguments: Any) -> Attempts:
    defaults: dict[str, Any] = {"max_retries": 9, "draw": highest}
    return Attempts(Call(Deadline(seconds, clock=Clock())), **(defaults | arguments))


def test_pauses_grow_twofold_to_eight_seconds() -> None:
    tries = attempts()
    pauses = [tries.pause_after(ConnectionFailed("none")) for _ in range(6)]
    assert pauses == [0.5, 1, 2, 4, 8, 8]


def test_pause_is_drawn_between_zero_and_its_ceiling() -> None:
    drawn: list[tuple[float, float]] = []

    def draw(low: float, high: float) -> float:
        drawn.append((low, high))
        return low

    attempts(draw=draw).pause_after(ConnectionFailed("none"))
    assert drawn == [(0, 0.5)]


def test_pause_that_the_endpoint_asks_for_is_kept_and_spread() -> None:
    assert attempts().pause_after(RateLimited("slow", retry_after_seconds=3)) == 3.5


def test_pause_that_is_asked_for_and_too_long_is_left_to_the_caller() -> None:
    patient = attempts()  # no time limit of its own
    assert patient.pause_after(RateLimited("slow", retry_after_seconds=120)) == 120.5
    with pytest.raises(RateLimited) as told:
        patient.pause_after(RateLimited("slow", retry_after_seconds=121))
    assert told.value.retry_after_seconds == 121


def test_pause_before_now_is_none() -> None:
    assert attempts().pause_after(RateLimited("slow", retry_after_seconds=-9)) == 0.5


@pytest.mark.parametrize("error", [QueueFull("x"), EngineUnavailable("x"), RateLimited("x")])
def test_refusal_for_now_is_retried(error: LLMError) -> None:
    assert attempts().pause_after(error) > 0


@pytest.mark.parametrize(
    "error", [InvalidRequest("x"), InternalError("x"), IncompleteStream("x", text="")]
)
def test_other_errors_are_raised_as_they_are(error: LLMError) -> None:
    with pytest.raises(type(error)) as raised:
        attempts().pause_after(error)
    assert raised.value is error


def test_every_error_has_the_id_that_its_try_was_sent_with_or_was_answered_with() -> None:
    tries = attempts()
    unanswered, answered = ConnectionFailed("x"), QueueFull("x", request_id="of-the-endpoint")
    for error in (unanswered, answered):
        tries.pause_after(error)
    assert unanswered.request_id == tries.call.request_id
    assert answered.request_id == "of-the-endpoint"


def test_calls_have_ids_of_their_own_that_the_service_takes_over() -> None:
    ids = [attempts().call.request_id for _ in range(100)]
    assert len(set(ids)) == 100
    assert choose_id(ids[0]) == ids[0]


def test_pause_that_outlasts_the_deadline_is_the_error_at_once() -> None:
    with pytest.raises(RateLimited):
        attempts(seconds=3.5).pause_after(RateLimited("slow", retry_after_seconds=3))


def test_deadline_counts_down_and_then_is_an_error() -> None:
    clock = Clock()
    deadline = Deadline(2, clock=clock)
    clock.now = 1.5
    assert deadline.remaining() == 0.5
    clock.now = 2
    with pytest.raises(DeadlineExceeded):
        deadline.remaining()


def test_no_deadline_never_ends() -> None:
    assert Deadline(None).remaining() is None


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), 1e10])
def test_time_that_is_none_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="timeout is no time: got"):
        Deadline(seconds)
