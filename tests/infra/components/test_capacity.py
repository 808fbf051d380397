"""The capacity providers' shares, where a stage leaves the base to its default."""

from infra.components.capacity import capacity_strategy
from infra.sections.capacity import CapacitySettings
from infra.sections.scaling import ScalingSettings


def base(capacity: CapacitySettings, *, min_tasks: int) -> float | None:
    """How many tasks run on demand before any runs on Spot."""
    on_demand, _ = capacity_strategy(capacity, ScalingSettings(min_tasks=min_tasks))
    return on_demand.base


def test_as_many_as_always_run_are_on_demand_unless_a_base_is_set() -> None:
    assert base(CapacitySettings(spot_weight=1), min_tasks=4) == 4


def test_a_base_that_is_set_is_what_runs_on_demand() -> None:
    assert base(CapacitySettings(spot_weight=1, on_demand_base=1), min_tasks=4) == 1
