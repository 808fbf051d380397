"""How tasks divide over the capacity that a service may run on."""

from typing import Any

import pytest

from operations.capacity import tasks_by_provider
from operations.stage import Resource


def service(**properties: Any) -> Resource:
    return Resource("stack", "Service", "AWS::ECS::Service", {"Properties": properties})


def on_demand(**more: int) -> dict[str, Any]:
    return {"CapacityProvider": "FARGATE", **more}


def spot(**more: int) -> dict[str, Any]:
    return {"CapacityProvider": "FARGATE_SPOT", **more}


@pytest.mark.parametrize(
    ("count", "placed"),
    [
        (1, {"FARGATE": 1}),
        (2, {"FARGATE": 2}),
        (3, {"FARGATE": 2, "FARGATE_SPOT": 1}),
        (6, {"FARGATE": 3, "FARGATE_SPOT": 3}),
        (10, {"FARGATE": 4, "FARGATE_SPOT": 6}),
    ],
)
def test_base_is_filled_first_and_the_rest_goes_by_the_weights(
    count: int, placed: dict[str, int]
) -> None:
    strategy = [on_demand(Base=2, Weight=1), spot(Weight=3)]
    assert tasks_by_provider(service(CapacityProviderStrategy=strategy), count) == placed


def test_service_with_a_launch_type_runs_all_its_tasks_there() -> None:
    assert tasks_by_provider(service(LaunchType="FARGATE"), 5) == {"FARGATE": 5}


@pytest.mark.parametrize("count", range(1, 40))
def test_no_task_is_lost_or_counted_twice(count: int) -> None:
    strategy = [on_demand(Weight=7), spot(Weight=3)]
    placed = tasks_by_provider(service(CapacityProviderStrategy=strategy), count)
    assert sum(placed.values()) == count
