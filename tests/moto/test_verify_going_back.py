"""The check that a replaced revision can still be asked for; moto keeps them as ECS does."""

import boto3
import pytest

from operations.verify.claim import Verdict
from operations.verify.deployment import Deployment
from operations.verify.going_back import old_revisions_are_described
from tests.moto.answers import answer, refusal

pytestmark = pytest.mark.usefixtures("aws")

FAMILY = "llm-on-ecs-local-inference"


def register(image: str) -> str:
    container = {"name": "service", "image": image, "memory": 128}
    made = boto3.client("ecs").register_task_definition(
        family=FAMILY,
        containerDefinitions=[container],  # type: ignore[list-item]
    )
    return made["taskDefinition"]["taskDefinitionArn"]


def test_stage_that_never_replaced_one_shows_nothing(deployment: Deployment) -> None:
    register("image:1")
    assert old_revisions_are_described(deployment).verdict is Verdict.NOT_SHOWN


def test_replaced_revision_that_is_described_is_verified(deployment: Deployment) -> None:
    boto3.client("ecs").deregister_task_definition(taskDefinition=register("image:1"))
    register("image:2")
    outcome = old_revisions_are_described(deployment)
    assert outcome.verdict is Verdict.VERIFIED
    assert outcome.saw == "revision 1 is inactive, and ran image:1"


def test_revision_that_is_gone_is_refuted(deployment: Deployment, session: boto3.Session) -> None:
    boto3.client("ecs").deregister_task_definition(taskDefinition=register("image:1"))
    answer(session, "ecs.DescribeTaskDefinition", refusal("ClientException"))
    assert old_revisions_are_described(deployment).verdict is Verdict.REFUTED
