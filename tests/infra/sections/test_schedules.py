"""When other bounds hold: each in order, none at another's minute, and none for ever."""

from typing import Any

import pytest
from pydantic import ValidationError

from infra.sections.section import Problem
from tests.infra.stages import problem, stage

MORNING: dict[str, Any] = {"cron": "0 8 ? * MON-FRI *"}
EVENING: dict[str, Any] = {"cron": "0 19 ? * MON-FRI *"}


def test_a_schedule_without_bounds_goes_back_to_those_of_scaling() -> None:
    settings = stage(schedules={"day": MORNING | {"min_tasks": 4}, "night": EVENING})
    assert settings.task_bounds == (2, 10)


def test_all_day_the_bounds_are_the_widest_of_any_schedule() -> None:
    settings = stage(
        scaling={"min_tasks": 2, "max_tasks": 4},
        schedules={"day": MORNING | {"max_tasks": 20}, "night": EVENING | {"min_tasks": 1}},
    )
    assert settings.task_bounds == (1, 20)


@pytest.mark.parametrize(
    ("bounds", "path", "text"),
    [
        (
            {"min_tasks": 6, "max_tasks": 5},
            "min_tasks",
            "got 6, above schedules.day.max_tasks 5; lower it, or raise max_tasks",
        ),
        (
            {"min_tasks": 11},
            "min_tasks",
            "got 11, above scaling.max_tasks 10; lower it, or give the schedule a max_tasks of "
            "its own",
        ),
        (
            {"max_tasks": 1},
            "max_tasks",
            "got 1, below scaling.min_tasks 2; raise it, or give the schedule a min_tasks of "
            "its own",
        ),
    ],
)
def test_fewer_tasks_at_most_than_at_least_are_refused_at_any_time(
    bounds: dict[str, int], path: str, text: str
) -> None:
    found = problem(schedules={"day": MORNING | bounds, "night": EVENING})
    assert found == Problem(f"schedules.day.{path}", text)


def test_schedules_of_one_minute_are_refused_because_their_order_is_not_known() -> None:
    at_once = {"cron": "0 8 ? * MON *", "max_tasks": 5}
    found = problem(schedules={"day": MORNING, "monday": at_once, "night": EVENING})
    assert found.path == "schedules.monday.cron"
    assert "the same minute as that of schedules.day, '0 8 ? * MON-FRI *'" in found.text


def test_the_same_hour_in_two_time_zones_is_no_collision() -> None:
    bounds = {"max_tasks": 5, "time_zone": "Asia/Tokyo"}
    assert stage(schedules={"day": MORNING, "tokyo": MORNING | bounds})


def test_bounds_that_nothing_ends_are_refused() -> None:
    found = problem(schedules={"day": MORNING | {"min_tasks": 4}})
    assert found.path == "schedules.day"
    assert found.text.startswith("got 4 to 10 tasks, to which no other schedule puts an end; ")


def test_a_time_zone_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValidationError, match="is no time zone; write it like Europe/Berlin"):
        stage(schedules={"day": MORNING | {"time_zone": "Mars/Olympus"}, "night": EVENING})


@pytest.mark.parametrize("name", ["Day", "1st", "of hours", "a.b", ""])
def test_a_name_that_would_not_do_for_aws_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="is no name of a schedule"):
        stage(schedules={name: MORNING})
