"""The scheduler's decisions, by tables."""

from dataclasses import dataclass

import pytest

from sandbox.runner.rollout import Failures, breaker_threshold, plan
from sandbox.runner.wanted import Breaker
from tests.sandbox.specs import service


@dataclass(frozen=True)
class Fake:
    """A task as the scheduler sees it."""

    deployment_id: str
    healthy: bool = True
    live: bool = True


OLD, NEW = Fake("old"), Fake("new")
NEW_STARTING = Fake("new", healthy=False)
OLD_SICK = Fake("old", healthy=False)
NEW_DRAINING = Fake("new", healthy=False, live=False)


@pytest.mark.parametrize(
    ("tasks", "start", "stop"),
    [
        ([], 2, []),
        ([NEW], 1, []),
        ([NEW, NEW], 0, []),
        ([NEW, NEW_STARTING], 0, []),
        ([NEW, NEW, NEW], 0, [NEW]),
        ([NEW, NEW, NEW_STARTING], 0, [NEW_STARTING]),
        ([NEW, NEW_DRAINING], 1, []),
        ([OLD, OLD], 2, []),
        ([OLD, OLD, NEW_STARTING, NEW_STARTING], 0, []),
        ([OLD, OLD, NEW, NEW_STARTING], 0, [OLD]),
        ([OLD, OLD, NEW, NEW], 0, [OLD, OLD]),
        ([OLD, OLD_SICK], 2, [OLD_SICK]),
    ],
)
def test_new_tasks_start_before_old_ones_stop(
    tasks: list[Fake], start: int, stop: list[Fake]
) -> None:
    decided = plan(tasks, "new", desired=2, fewest=2, most=4)
    assert (decided.start, decided.stop) == (start, stop)


def test_without_room_above_the_desired_count_an_old_task_makes_it() -> None:
    decided = plan([OLD, OLD], "new", desired=2, fewest=1, most=2)
    assert (decided.start, decided.stop) == (1, [OLD])


def test_service_scaled_to_zero_stops_all() -> None:
    decided = plan([NEW, NEW], "new", desired=0, fewest=0, most=1)
    assert (decided.start, decided.stop) == (0, [NEW, NEW])


def test_percentages_are_rounded_as_ecs_does() -> None:
    odd = service(desired=3, minimum_percent=50, maximum_percent=150)
    assert (odd.fewest, odd.most) == (2, 4)


@pytest.mark.parametrize(("desired", "threshold"), [(1, 3), (2, 3), (10, 5), (1000, 200)])
def test_breaker_trips_after_half_the_tasks_within_bounds(desired: int, threshold: int) -> None:
    assert breaker_threshold(desired) == threshold


def test_waits_between_failed_starts_grow_and_are_bounded() -> None:
    failures = Failures()
    waits = []
    for _ in range(8):
        failures.note_failure(0.0, "reason")
        waits.append(failures.next_start)
    assert waits == [1, 2, 4, 8, 16, 30, 30, 30]


def test_ready_task_ends_the_row_of_failures() -> None:
    failures = Failures()
    for _ in range(2):
        failures.note_failure(0.0, "reason")
    failures.note_ready()
    failures.note_failure(0.0, "reason")
    assert not failures.tripped(service())
    assert failures.next_start == 1


def test_deployment_that_was_complete_cannot_fail() -> None:
    failures = Failures(done=True)
    for _ in range(9):
        failures.note_failure(0.0, "reason")
    assert not failures.tripped(service())


def test_without_a_breaker_starts_are_tried_for_ever() -> None:
    failures = Failures()
    for _ in range(9):
        failures.note_failure(0.0, "reason")
    assert not failures.tripped(service(breaker=Breaker()))
