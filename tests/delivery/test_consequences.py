"""What the comment tells beside the templates, of the assemblies that a review left."""

from collections.abc import Callable
from pathlib import Path

import pytest

from delivery.consequences import Consequences, consequences
from tests.infra.assemblies import Assembly, Variant, write_variant


@pytest.fixture
def reviewed(synthesised: Callable[[str], Assembly], tmp_path: Path) -> Path:
    """Stage prod with fewer tasks, reviewed; and a stage that has never been released."""
    for when in ("before", "after"):
        (tmp_path / when).mkdir()
    (tmp_path / "before/prod").symlink_to(synthesised("prod").directory)
    (tmp_path / "after/new").symlink_to(synthesised("dev").directory)
    write_variant(Variant("prod", changes={"scaling": {"max_tasks": 4}}), tmp_path / "after/prod")
    return tmp_path


@pytest.fixture
def told(reviewed: Path) -> Consequences:
    return consequences(reviewed, ["prod", "new"])


def test_risk_is_that_since_the_last_release(told: Consequences) -> None:
    assert "| prod |" in told.risk
    assert "MaxCapacity: tasks above the new maximum are stopped at once" in told.risk


def test_cost_is_that_of_the_change(told: Consequences) -> None:
    assert "10 → 4 x task" in told.cost
    assert "| new | 0 →" in told.cost


def test_stage_without_a_baseline_is_a_warning_and_stops_nothing_else(told: Consequences) -> None:
    assert any("got no baseline of stage new" in text for text in told.warnings)
    assert "| new |" not in told.risk


def test_stage_that_the_change_takes_away_has_no_risk(reviewed: Path) -> None:
    assert consequences(reviewed, ["gone"]).warnings == ()
