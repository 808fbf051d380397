"""A stage with a function, deployed into moto and asked of the AWS APIs."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from sandbox import assembly
from sandbox.state import REGION
from tests.infra.assemblies import Assembly
from tests.moto.synthesis import synthesised


@pytest.fixture
def deployed() -> Iterator[Assembly]:
    """An account after a deploy of the registry's and the function's stack."""
    stage = Assembly(synthesised("dev-function"))
    with mock_aws():
        deploy(stage)
        yield stage


def deploy(stage: Assembly) -> None:
    for stack in ("Registry", "Function"):
        template = json.dumps(stage.templates[stack])
        assembly.deploy_template(f"llm-on-ecs-dev-{stack.lower()}", template, region=REGION)


@pytest.fixture
def name(deployed: Assembly) -> str:
    return outputs()["FunctionName"]


def outputs() -> dict[str, str]:
    client = boto3.client("cloudformation")
    (stack,) = client.describe_stacks(StackName="llm-on-ecs-dev-function")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    return {item["OutputKey"]: item["OutputValue"] for item in stack["Outputs"]}


def test_function_runs_the_image_of_our_repository_with_its_settings(name: str) -> None:
    found = boto3.client("lambda").get_function(FunctionName=name)
    configuration: Any = found["Configuration"]
    assert configuration["PackageType"] == "Image"
    assert "/llm-on-ecs-dev:" in found["Code"]["ImageUri"]
    assert (configuration["MemorySize"], configuration["Timeout"]) == (1769, 300)
    assert configuration["Environment"]["Variables"]["LLM_SLOTS"] == "1"
    assert found["Concurrency"]["ReservedConcurrentExecutions"] == 5


def test_url_asks_iam_and_is_the_stack_s_output(name: str) -> None:
    url = boto3.client("lambda").get_function_url_config(FunctionName=name)
    assert (url["AuthType"], url["InvokeMode"]) == ("AWS_IAM", "BUFFERED")
    assert url["FunctionUrl"] == outputs()["FunctionUrl"]


@pytest.mark.usefixtures("deployed")
def test_repository_lets_lambda_pull() -> None:
    client = boto3.client("ecr")
    policy = client.get_repository_policy(repositoryName="llm-on-ecs-dev")["policyText"]
    assert "lambda.amazonaws.com" in policy
    assert "ecr:BatchGetImage" in policy


def test_second_deploy_changes_nothing(deployed: Assembly) -> None:
    deploy(deployed)
    events = boto3.client("cloudformation").describe_stack_events(
        StackName="llm-on-ecs-dev-function"
    )["StackEvents"]
    assert not [item for item in events if item["ResourceStatus"].startswith("UPDATE")]


def test_changed_size_and_image_are_updates_in_place(deployed: Assembly) -> None:
    before = outputs()
    template = json.dumps(deployed.templates["Function"])
    (tag,) = deployed.images(stack="Function")
    changed = template.replace('"MemorySize": 1769', '"MemorySize": 3538').replace(tag, "0" * 64)
    assembly.deploy_template("llm-on-ecs-dev-function", changed, region=REGION)
    found = boto3.client("lambda").get_function(FunctionName=before["FunctionName"])
    assert found["Configuration"]["MemorySize"] == 3538
    assert found["Code"]["ImageUri"].endswith(f":{'0' * 64}")


@pytest.mark.usefixtures("deployed")
def test_deleted_stack_leaves_no_function() -> None:
    boto3.client("cloudformation").delete_stack(StackName="llm-on-ecs-dev-function")
    assert boto3.client("lambda").list_functions()["Functions"] == []
