"""The way back by the history that the sandbox keeps, as ECS does."""

import boto3
import pytest

from delivery.deploying.deployed import DeployedStage, ServiceAddress
from delivery.deploying.revisions import history_of
from operations.account import Account
from tests.moto import reports, services
from tests.moto.templates import Tasks, deploy


@pytest.fixture
def stage(aws: None, session: boto3.Session) -> DeployedStage:
    return DeployedStage(Account(session), "dev")


def release(*images: str) -> None:
    """Each is deployed, and its rollout goes well."""
    for image in images:
        deploy(Tasks(image).resources)
        reports.report(state="COMPLETED")


def images_before(stage: DeployedStage) -> list[str]:
    service = services.described()
    address = ServiceAddress.of(service["serviceArn"])
    history = history_of(stage, address, service["taskDefinition"])
    definitions = [stage.task_definition(ran.definition) for ran in history.before]
    return [item["containerDefinitions"][0]["image"] for item in definitions]


def test_release_that_was_taken_back_is_no_way_back(stage: DeployedStage) -> None:
    release("image:1", "image:2", "image:3")
    assert images_before(stage) == ["image:2", "image:1"]
    release("image:2")  # as make rollback does
    assert images_before(stage) == ["image:1"]
    release("image:1")
    assert images_before(stage) == []


def test_release_after_a_way_back_leads_to_what_that_brought_back(stage: DeployedStage) -> None:
    release("image:1", "image:2", "image:1", "image:3")
    assert images_before(stage) == ["image:1"]


def test_rollout_that_failed_is_no_way_back(stage: DeployedStage) -> None:
    release("image:1")
    deploy(Tasks("image:2").resources)
    reports.report(state="FAILED", reason="no task started", rollback=True)
    reports.report(state="COMPLETED")
    release("image:3")
    assert images_before(stage) == ["image:1"]
