"""Each request is recorded once, by every sink, whatever happens to it or to a sink."""

from __future__ import annotations

import asyncio
import logging

import pytest

from service.errors import DeadlineExceeded
from service.observation import Caller, Observation, asked_by, current
from service.observer import Observer


class Notes:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.all: list[Observation] = []

    def record(self, observation: Observation) -> None:
        self.all.append(observation)


class Broken:
    def record(self, observation: Observation) -> None:
        raise RuntimeError("of a test")


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (DeadlineExceeded("too late"), "deadline_exceeded"),
        (asyncio.CancelledError(), "cancelled"),
        (RuntimeError("of a test"), "internal_error"),
    ],
)
def test_request_is_recorded_with_the_error_that_it_ends_in(
    error: BaseException, outcome: str
) -> None:
    notes = Notes()
    with pytest.raises(type(error)), Observer(notes).watching(Observation(transport="rest")):
        raise error
    (observation,) = notes.all
    assert observation.outcome == outcome
    assert observation.times.ended is not None


def test_a_sink_that_fails_is_told_of_and_keeps_nothing_from_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    notes = Notes()
    with Observer(Broken(), notes).watching(Observation(transport="rest")):
        pass
    assert len(notes.all) == 1
    (line,) = caplog.records
    assert (line.levelno, line.__dict__["by"]) == (logging.ERROR, "Broken")


async def test_requests_at_the_same_time_are_told_apart() -> None:
    notes, both = Notes(), asyncio.Barrier(2)

    async def answer(route: str) -> None:
        with Observer(notes).watching(Observation(transport="rest")) as observation:
            asked_by(Caller(transport="rest", route=route))
            await both.wait()
            assert current() is observation

    await asyncio.gather(answer("/a"), answer("/b"))
    assert {observation.route for observation in notes.all} == {"/a", "/b"}
