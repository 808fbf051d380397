"""Stack `delivery`, deployed into the sandbox and asked of IAM."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from sandbox import assembly
from sandbox.state import ACCOUNT, REGION
from tests.infra.assemblies import REPOSITORY

ISSUER = "token.actions.githubusercontent.com"
NAME = "llm-on-ecs-dev-delivery"


@pytest.fixture(scope="module")
def template(synthesised: Callable[[str], Path]) -> str:
    return (synthesised("delivery") / "Delivery.template.json").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def outputs(template: str) -> Iterator[dict[str, str]]:
    """Of the stack in an account that has nothing else."""
    with mock_aws():
        assembly.deploy_template(NAME, template, region=REGION)
        (stack,) = boto3.client("cloudformation").describe_stacks(StackName=NAME)["Stacks"]
        yield {item["OutputKey"]: item["OutputValue"] for item in stack["Outputs"]}


def role(arn: str) -> Any:
    return boto3.client("iam").get_role(RoleName=arn.rpartition("/")[2])["Role"]


def test_provider_is_in_the_account(outputs: dict[str, str]) -> None:
    iam: Any = boto3.client("iam")
    (listed,) = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    made = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=listed["Arn"])
    assert listed["Arn"] == f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
    assert made["ClientIDList"] == ["sts.amazonaws.com"]


@pytest.mark.parametrize(
    ("output", "context"),
    [("DeployRoleArn", "environment:dev"), ("ReadRoleArn", "pull_request")],
)
def test_role_trusts_that_provider_in_one_context(
    outputs: dict[str, str], output: str, context: str
) -> None:
    (trust,) = role(outputs[output])["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"]["Federated"].endswith(f":oidc-provider/{ISSUER}")
    assert trust["Condition"]["StringEquals"][f"{ISSUER}:sub"] == f"repo:{REPOSITORY}:{context}"


def test_deployer_may_take_roles_of_this_account_and_region(outputs: dict[str, str]) -> None:
    iam: Any = boto3.client("iam")
    name = outputs["DeployRoleArn"].rpartition("/")[2]
    (policy,) = iam.list_role_policies(RoleName=name)["PolicyNames"]
    document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
    allowed = document["Statement"][0]
    assert (
        f"arn:aws:iam::{ACCOUNT}:role/cdk-hnb659fds-deploy-role-{ACCOUNT}-{REGION}"
        in (allowed["Resource"])
    )


def test_it_goes_without_a_trace(template: str) -> None:
    with mock_aws():
        iam: Any = boto3.client("iam")
        assembly.deploy_template(NAME, template, region=REGION)
        boto3.client("cloudformation").delete_stack(StackName=NAME)
        assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []
        assert iam.list_roles()["Roles"] == []
