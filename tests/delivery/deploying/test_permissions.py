"""What a deploy asks of AWS, its pipeline's role may ask."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from delivery.assemblies import ROOT
from infra.stacks.delivery import (
    LOG_ACTIONS,
    PARAMETER_ACTIONS,
    READ_TEMPLATE,
    WATCH_ACTIONS,
    ZONE_ACTIONS,
)
from operations.account import PREFIXES

MAY = {*WATCH_ACTIONS, READ_TEMPLATE, *LOG_ACTIONS, *PARAMETER_ACTIONS, *ZONE_ACTIONS}
# Whoever has credentials may ask who they are.
OF_EVERYBODY = {"sts:GetCallerIdentity"}
# Of verbs that a person runs: `make status`, `make rollback`.
OF_PERSONS = {
    *("ce:GetCostAndUsage", "ecr:DescribeImages"),
    *("ecs:DescribeServiceRevisions", "ecs:ListServiceDeployments"),
}
# Those whose words are computed where they are asked.
COMPUTED = {"logs:DescribeLogGroups", "servicequotas:GetAWSDefaultServiceQuota"}
PREFLIGHTS = sorted((ROOT / "operations/preflight").glob("*.py"))
STACKS = ROOT / "operations/stacks.py"
WATCH = sorted((ROOT / "delivery/deploying").glob("*.py"))


def asked(file: Path) -> Iterator[str]:
    """The permissions for the questions that are written out in a module."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("ask", "ask_all"):
            words = [str(getattr(arg, "value", "")) for arg in node.args[:2]]
            if all(isinstance(arg, ast.Constant) for arg in node.args[:2]):
                yield f"{PREFIXES.get(words[0], words[0])}:{words[1]}"


@pytest.mark.parametrize("file", [*PREFLIGHTS, STACKS, *WATCH], ids=lambda file: file.stem)
def test_every_question_is_allowed_to_the_pipeline_or_a_persons(file: Path) -> None:
    assert set(asked(file)) - MAY - OF_EVERYBODY - OF_PERSONS == set()


def every_question() -> set[str]:
    return {permission for file in [*PREFLIGHTS, STACKS, *WATCH] for permission in asked(file)}


def test_pipeline_is_allowed_nothing_that_nobody_asks() -> None:
    assert MAY - every_question() == COMPUTED


def test_questions_are_found() -> None:
    found = every_question()
    assert {"ecs:DescribeTasks", "elasticloadbalancing:DescribeTargetHealth"} <= found
    assert {"cloudformation:GetTemplate", "cloudformation:ListStackResources"} <= found
