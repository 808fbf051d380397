"""A stage with what a company asks for, deployed into moto and asked of the AWS APIs."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from sandbox import assembly
from sandbox.key import find_secret
from sandbox.state import ACCOUNT, REGION
from tests.infra.assemblies import KEY

pytestmark = pytest.mark.usefixtures("governed")


@pytest.fixture(scope="module")
def governed(synthesised: Callable[[str], Path]) -> Iterator[Path]:
    """The account after a deploy of all stacks."""
    directory = synthesised("governed")
    with mock_aws():
        assembly.deploy_assembly(directory, region=REGION)
        yield directory


def policies() -> dict[str, Any]:
    """What each scaling policy of the service tracks."""
    client = boto3.client("application-autoscaling")
    found = client.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    return {item["PolicyName"]: item["TargetTrackingScalingPolicyConfiguration"] for item in found}


def test_service_is_scaled_by_all_that_the_stage_names() -> None:
    found = policies()
    assert found["Cpu"]["PredefinedMetricSpecification"]["PredefinedMetricType"] == (
        "ECSServiceAverageCPUUtilizationHighResolution"
    )
    *_, result = found["Requests"]["CustomizedMetricSpecification"]["Metrics"]
    assert result["ReturnData"] is True
    assert len(found) == 3


def test_schedules_are_those_of_the_stage() -> None:
    client = boto3.client("application-autoscaling")
    actions = client.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"]
    found = {item["ScheduledActionName"]: item for item in actions}
    assert found.keys() == {"working-hours", "evening"}
    assert found["working-hours"]["Timezone"] == "Europe/Berlin"
    assert found["working-hours"]["ScalableTargetAction"] == {"MinCapacity": 4, "MaxCapacity": 20}


def test_every_role_is_bounded() -> None:
    client = boto3.client("iam")
    names = [role["RoleName"] for role in client.list_roles()["Roles"]]
    ours = [client.get_role(RoleName=name)["Role"] for name in names if "llm-on-ecs" in name]
    assert len(ours) >= 4
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
    assert {role["PermissionsBoundary"]["PermissionsBoundaryArn"] for role in ours} == {boundary}


def test_what_is_kept_is_under_the_keys_of_the_stage() -> None:
    (repository,) = boto3.client("ecr").describe_repositories()["repositories"]
    assert repository["encryptionConfiguration"]["kmsKey"] == f"{KEY}3"
    secret = boto3.client("secretsmanager").describe_secret(SecretId=find_secret("dev"))
    assert secret["KmsKeyId"] == f"{KEY}1"
    groups = boto3.client("logs").describe_log_groups()["logGroups"]
    assert {group["kmsKeyId"] for group in groups} == {f"{KEY}2"}
    sns = boto3.client("sns")
    (topic,) = sns.list_topics()["Topics"]
    attributes = sns.get_topic_attributes(TopicArn=topic["TopicArn"])["Attributes"]
    assert attributes["KmsMasterKeyId"] == f"{KEY}5"


def test_tags_are_those_of_the_stage_and_of_its_company() -> None:
    client = boto3.client("resourcegroupstaggingapi")
    found = client.get_resources(TagFilters=[{"Key": "stage", "Values": ["dev"]}])
    tagged = [
        {tag["Key"]: tag["Value"] for tag in item["Tags"]}
        for item in found["ResourceTagMappingList"]
    ]
    assert tagged
    assert all(tags["cost-centre"] == "4711" for tags in tagged)
