"""Preflight and the firewall's log group, whose name outlives its stack."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import boto3
import pytest

from operations.account import Account
from operations.preflight.collisions import check_names
from operations.preflight.finding import Finding, Mark, Subject
from operations.stage import SynthesisedStage, read_assembly
from sandbox.state import REGION
from tests.infra.assemblies import VARIANTS

from .answers import answer

pytestmark = pytest.mark.usefixtures("aws")
NAME = "aws-waf-logs-llm-on-ecs-dev"


@pytest.fixture
def stage(synthesised: Callable[[str], Path]) -> SynthesisedStage:
    settings = VARIANTS["guarded-api"].settings()
    return read_assembly(synthesised("guarded-api"), settings=settings)


def names_in_the_way(stage: SynthesisedStage) -> list[str]:
    found = check_names(Subject(stage, Account(boto3.Session(region_name=REGION))))
    return [finding.found for finding in found if finding.mark is Mark.FAILED]


def test_log_group_that_a_destroy_has_left_is_in_the_way(stage: SynthesisedStage) -> None:
    boto3.client("logs").create_log_group(logGroupName=NAME)
    (found,) = names_in_the_way(stage)
    assert found == f"{NAME} is there, and not of stack llm-on-ecs-dev-inference"


def test_log_group_of_a_stage_with_a_longer_name_is_not(stage: SynthesisedStage) -> None:
    boto3.client("logs").create_log_group(logGroupName=f"{NAME}-2")
    assert names_in_the_way(stage) == []


def deployed_with(stage: SynthesisedStage, resources: list[dict[str, str]]) -> list[Finding]:
    """What is found where the inference stack has these resources."""
    boto3.client("logs").create_log_group(logGroupName=NAME)
    session = boto3.Session(region_name=REGION)
    answer(session, "cloudformation.ListStackResources", {"StackResourceSummaries": resources})
    return list(check_names(Subject(stage, Account(session))))


def own(stage: SynthesisedStage, **changes: str) -> dict[str, str]:
    """The stack's log group, as CloudFormation lists it."""
    (group,) = (item for item in stage.resources() if item.properties.get("LogGroupName") == NAME)
    found = {"LogicalResourceId": group.logical_id, "PhysicalResourceId": NAME}
    return found | {"ResourceStatus": "CREATE_COMPLETE"} | changes


def test_log_group_of_the_stack_itself_is_not(stage: SynthesisedStage) -> None:
    assert [item.mark for item in deployed_with(stage, [own(stage)])] == [Mark.OK]


@pytest.mark.parametrize(
    "changes", [{"ResourceStatus": "DELETE_SKIPPED"}, {"LogicalResourceId": "Earlier"}]
)
def test_log_group_that_a_stack_has_let_go_of_is_in_the_way_with_both_remedies(
    stage: SynthesisedStage, changes: dict[str, str]
) -> None:
    (found,) = deployed_with(stage, [own(stage, **changes)])
    assert found.mark is Mark.FAILED
    assert "make deploy STAGE=dev IMPORT_EXISTING=1" in found.todo
    assert found.todo.endswith(f"aws logs delete-log-group --log-group-name {NAME}")


def test_what_the_deploy_takes_into_the_stack_is_told_and_no_obstacle(
    stage: SynthesisedStage,
) -> None:
    boto3.client("logs").create_log_group(logGroupName=NAME)
    account = Account(boto3.Session(region_name=REGION))
    (found,) = check_names(Subject(stage, account, imports_existing=True))
    assert (found.mark, found.todo) == (Mark.NOTE, "the deploy takes it into the stack")


def test_what_is_not_retained_cannot_be_imported(stage: SynthesisedStage) -> None:
    (group,) = (item for item in stage.resources() if item.properties.get("LogGroupName") == NAME)
    body = group.body | {"DeletionPolicy": "Delete"}
    templates = {group.stack: {"Resources": {group.logical_id: body}}}
    boto3.client("logs").create_log_group(logGroupName=NAME)
    subject = Subject(replace(stage, templates=templates), Account(boto3.Session()))
    (found,) = check_names(replace(subject, imports_existing=True))
    assert (found.mark, found.todo) == (
        Mark.FAILED,
        f"delete it: aws logs delete-log-group --log-group-name {NAME}",
    )
