"""What the runner reads of a deployed service, and what it finds missing when a task starts."""

from dataclasses import replace
from typing import Any

import boto3
import pytest

from sandbox.runner.launch import CannotStart
from sandbox.runner.reading import Reader
from sandbox.runner.wanted import Step
from tests.sandbox import stacks
from tests.sandbox.specs import spec

pytestmark = pytest.mark.usefixtures("aws")

REGISTRY = "123456789012.dkr.ecr.us-east-1.amazonaws.com"


@pytest.fixture
def canary(aws: None) -> None:
    stacks.execute("1", canary=True)


@pytest.mark.usefixtures("canary")
def test_canary_is_read_with_its_steps_routes_and_weights() -> None:
    (service,) = Reader().services()
    assert service.strategy.kind == "CANARY"
    assert service.strategy.steps == (Step(20, 30), Step(100, 30))
    (route,) = service.routes
    assert route.alternate is not None
    assert service.weights == {route.target.arn: 100, route.alternate.arn: 0}
    assert service.desired == 2  # the scalable target's minimum


@pytest.mark.usefixtures("canary")
def test_alarm_counts_while_a_deployment_is_in_progress() -> None:
    stacks.set_alarm("ALARM")
    (service,) = Reader().services()
    assert service.alarms is not None
    assert service.alarms.triggered == (stacks.ALARM,)
    (described,) = boto3.client("ecs").list_clusters()["clusterArns"]
    assert service.cluster == described


@pytest.mark.usefixtures("canary")
def test_weights_are_set_and_the_rest_of_the_rule_stays() -> None:
    reader = Reader()
    (service,) = reader.services()
    (route,) = service.routes
    assert route.rule is not None
    before = rule(route.rule)
    reader.set_weights(route.rule, dict.fromkeys(service.weights, 50))
    assert stacks.weights() == [50, 50]
    after = rule(route.rule)
    assert (after["Conditions"], after["Priority"]) == (before["Conditions"], before["Priority"])


def rule(arn: str) -> dict[str, Any]:
    return dict(boto3.client("elbv2").describe_rules(RuleArns=[arn])["Rules"][0])


def test_image_that_is_not_in_its_repository_keeps_a_task_from_starting() -> None:
    boto3.client("ecr").create_repository(repositoryName="mine")
    with pytest.raises(CannotStart, match=r"^CannotPullContainerError.*mine:1: not found"):
        Reader().look_for_image(f"{REGISTRY}/mine:1")


def test_image_of_another_registry_is_not_looked_for() -> None:
    Reader().look_for_image("public.ecr.aws/x:1")
    Reader().look_for_image("sandbox.local/process:1")


def test_secret_that_is_not_there_keeps_a_task_from_starting() -> None:
    asks = replace(
        spec(), secrets={"KEY": "arn:aws:secretsmanager:us-east-1:123456789012:secret:x"}
    )
    with pytest.raises(CannotStart, match=r"^ResourceInitializationError: unable to pull secrets"):
        Reader().secret_values(asks)
