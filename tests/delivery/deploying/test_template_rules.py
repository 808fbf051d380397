"""The rule pack as a guard: what is an error stops a deploy, what is doubtful is told."""

import shutil
from pathlib import Path

from delivery.deploying.guards import refused
from delivery.deploying.template_rules import look_at_templates
from operations.preflight.finding import Mark
from tests.infra.rules.pack_fixtures import fixture


def assembly(folder: Path, *rules: str) -> Path:
    """A folder with the failing templates of these rules."""
    for rule in rules:
        shutil.copy(fixture(rule, "bad"), folder / f"{rule}.template.json")
    return folder


def test_an_error_in_a_template_stops_the_deploy_and_says_what_to_do(tmp_path: Path) -> None:
    (result,) = refused(look_at_templates(assembly(tmp_path, "E9501")))
    assert result.finding.found.startswith("E9501.template.json:12: E9501 StopTimeout on Fargate")
    assert result.finding.todo.startswith("set 120 or less")


def test_a_doubt_is_told_and_stops_nothing(tmp_path: Path) -> None:
    results = look_at_templates(assembly(tmp_path, "W9518"))
    assert [result.finding.mark for result in results] == [Mark.NOTE]


def test_templates_without_findings_are_fine(tmp_path: Path) -> None:
    shutil.copy(fixture("E9501", "good"), tmp_path / "Fine.template.json")
    (result,) = look_at_templates(tmp_path)
    assert result.finding.found == "nothing found in 1 templates"
