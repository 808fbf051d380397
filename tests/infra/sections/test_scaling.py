"""The bounds of the task count, and by what it is scaled."""

import pytest

from tests.infra.stages import problem, stage


def test_fewer_tasks_at_most_than_at_least_are_refused() -> None:
    assert stage(scaling={"min_tasks": 4, "max_tasks": 4})
    found = problem(scaling={"min_tasks": 4, "max_tasks": 3})
    assert found.path == "scaling.min_tasks"
    assert found.text == "got 4, above scaling.max_tasks 3; lower it, or raise max_tasks"


def test_scaling_by_nothing_is_refused() -> None:
    found = problem(scaling={"by_slots": False})
    assert found.path == "scaling.by_slots"
    assert found.text.startswith("got false, but neither scaling.cpu_percent nor ")


@pytest.mark.parametrize("other", ["cpu_percent", "requests_per_minute"])
def test_anything_else_may_take_the_place_of_slots(other: str) -> None:
    assert not stage(scaling={"by_slots": False, other: 60}).scaling.by_slots


def test_all_day_the_bounds_are_those_of_scaling_where_nothing_is_scheduled() -> None:
    assert stage(scaling={"min_tasks": 3, "max_tasks": 7}).task_bounds == (3, 7)


def test_a_start_that_somebody_measured_takes_the_place_of_the_computed_one() -> None:
    assert stage(scaling={"start_seconds": 200}).pace.start_seconds == 200
    assert stage().pace.start_seconds != 200


@pytest.mark.parametrize("strategy", ["canary", "linear", "blue-green"])
def test_cpu_is_refused_where_a_second_fleet_would_halve_it(strategy: str) -> None:
    found = problem(scaling={"cpu_percent": 60}, rollout={"strategy": strategy})
    assert found.path == "scaling.cpu_percent"
    assert found.text.startswith(f"got 60, but rollout.strategy is '{strategy}', in which a second")


def test_slots_and_requests_scale_whatever_the_strategy() -> None:
    scaling = {"requests_per_minute": 60}
    assert stage(scaling=scaling, rollout={"strategy": "blue-green"}).scaling.by_slots
