"""Spot above an on-demand base, and disks that hold what a task needs."""

from typing import Any

import pytest

from infra.settings import StageSettings
from tests.infra.stages import IN_BUCKET, problem, stage

LARGE: dict[str, Any] = {"cpu": 4096, "memory_mib": 30720}


def test_all_tasks_run_on_demand_unless_spot_is_asked_for() -> None:
    assert not stage().capacity.spot


@pytest.mark.parametrize(("key", "value"), [("on_demand_base", 1), ("on_demand_weight", 2)])
def test_a_share_of_on_demand_tasks_is_refused_where_all_are(key: str, value: int) -> None:
    found = problem(capacity={key: value})
    assert found.path == f"capacity.{key}"
    assert found.text.startswith(f"got {value}, but capacity.spot_weight is 0 ")


def test_a_base_that_leaves_no_task_for_spot_is_refused() -> None:
    scaling = {"min_tasks": 2, "max_tasks": 4}
    assert stage(capacity={"spot_weight": 1, "on_demand_base": 3}, scaling=scaling)
    found = problem(capacity={"spot_weight": 1, "on_demand_base": 4}, scaling=scaling)
    assert found.path == "capacity.on_demand_base"


def test_spot_is_refused_where_as_many_run_at_least_as_at_most() -> None:
    scaling = {"min_tasks": 4, "max_tasks": 4}
    assert stage(capacity={"spot_weight": 1, "on_demand_base": 3}, scaling=scaling)
    assert problem(capacity={"spot_weight": 1}, scaling=scaling).path == "capacity.spot_weight"


RISING: dict[str, Any] = {
    "day": {"cron": "0 8 ? * * *", "max_tasks": 20},
    "night": {"cron": "0 20 ? * * *"},
}


def test_a_schedule_that_raises_the_maximum_gives_spot_its_tasks() -> None:
    scaling = {"min_tasks": 4, "max_tasks": 4}
    assert stage(capacity={"spot_weight": 1}, scaling=scaling, schedules=RISING)
    with_base = {"spot_weight": 1, "on_demand_base": 19}
    assert stage(capacity=with_base, scaling=scaling, schedules=RISING)


def test_a_base_above_what_any_schedule_allows_is_refused() -> None:
    found = problem(capacity={"spot_weight": 1, "on_demand_base": 20}, schedules=RISING)
    assert found.path == "capacity.on_demand_base"
    assert found.text.startswith("got 20, but at most 20 tasks run at any time ")


def with_weights(weights_mib: int, disk_gib: int | None) -> dict[str, Any]:
    return {
        "model": IN_BUCKET | {"weights_mib": weights_mib},
        "task": LARGE | {"disk_gib": disk_gib},
    }


def test_a_disk_that_does_not_hold_image_and_model_is_refused_with_the_sum() -> None:
    # 24 GiB of weights and 4 for the image.
    assert stage(**with_weights(24 * 1024, 28))
    found = problem(**with_weights(24 * 1024, 27))
    assert found.path == "task.disk_gib"
    assert found.text.startswith("got 27, but 28 GiB are needed (4 for the image, ")
    assert found.text.endswith("choose at least 28")


@pytest.mark.parametrize("disk_gib", [20, 201])
def test_a_disk_that_fargate_does_not_offer_is_refused(disk_gib: int) -> None:
    with pytest.raises(ValueError, match="disk_gib"):
        StageSettings.model_validate({"name": "own", "task": {"disk_gib": disk_gib}})
