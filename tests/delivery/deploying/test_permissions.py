"""What a deploy asks of AWS, its pipeline's role may ask."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from delivery.assemblies import ROOT
from delivery.deploying.ways_back import WAYS
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
TAKES_BACK = {f"cloudformation:{way.operation}" for way in WAYS.values()}
OF_PERSONS = {
    *TAKES_BACK,
    *("ce:GetCostAndUsage", "ecr:DescribeImages"),
    *("ecs:DescribeServiceRevisions", "ecs:ListServiceDeployments"),
}
# Those whose words are computed where they are asked.
COMPUTED = {"logs:DescribeLogGroups", "servicequotas:GetAWSDefaultServiceQuota"}
PREFLIGHTS = sorted((ROOT / "operations/preflight").glob("*.py"))
OPERATIONS = [ROOT / "operations/stacks.py", ROOT / "operations/place.py"]
WATCH = sorted((ROOT / "delivery/deploying").glob("*.py"))
VERBS = [*(ROOT / "delivery").glob("*.py"), *(ROOT / "delivery/risk").glob("*.py")]
MODULES = [*PREFLIGHTS, *OPERATIONS, *WATCH, *sorted(VERBS)]


def asked(file: Path) -> Iterator[str]:
    """The permissions for the questions that are written out in a module."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("ask", "ask_all"):
            words = [str(getattr(arg, "value", "")) for arg in node.args[:2]]
            if all(isinstance(arg, ast.Constant) for arg in node.args[:2]):
                yield f"{PREFIXES.get(words[0], words[0])}:{words[1]}"


@pytest.mark.parametrize("file", MODULES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_every_question_is_allowed_to_the_pipeline_or_a_persons(file: Path) -> None:
    assert set(asked(file)) - MAY - OF_EVERYBODY - OF_PERSONS == set()


def every_question() -> set[str]:
    return {permission for file in MODULES for permission in asked(file)}


def test_pipeline_is_allowed_nothing_that_nobody_asks() -> None:
    assert MAY - every_question() == COMPUTED


def test_persons_are_named_for_nothing_that_nobody_asks_or_that_a_pipeline_may() -> None:
    assert OF_PERSONS - every_question() == TAKES_BACK
    assert not OF_PERSONS & MAY


def test_questions_are_found() -> None:
    found = every_question()
    assert {"ecr:DescribeImages", "sts:GetCallerIdentity"} <= found
    assert {"ecs:DescribeTasks", "elasticloadbalancing:DescribeTargetHealth"} <= found
    assert {"cloudformation:GetTemplate", "cloudformation:ListStackResources"} <= found
