"""A stage that runs is given tags, a boundary and keys: nothing that holds data is replaced."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from sandbox import assembly
from sandbox.key import find_secret
from sandbox.state import REGION
from tests.infra.assemblies import KEY, VARIANTS, Variant
from tests.moto.synthesis import synthesised

GOVERNED = VARIANTS["governed"]
BEFORE = replace(
    GOVERNED,
    top={},
    changes={
        key: change
        for key, change in GOVERNED.changes.items()
        if key not in ("governance", "encryption", "scaling", "schedules", "delivery")
    },
)
STATEFUL = (
    "AWS::ECR::Repository",
    "AWS::S3::Bucket",
    "AWS::SecretsManager::Secret",
    "AWS::Logs::LogGroup",
    "AWS::SNS::Topic",
    "AWS::EC2::VPC",
    "AWS::ECS::Service",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
)


@pytest.fixture(scope="module")
def folders() -> dict[str, Path]:
    """The stage before, with all that can be added to it, and with a key for its images too."""
    encryption = GOVERNED.changes["encryption"]
    later = {key: value for key, value in encryption.items() if key != "images_key_arn"}
    added = GOVERNED.changes
    wanted: dict[str, Variant] = {
        "before": BEFORE,
        "after": replace(BEFORE, changes=added | {"encryption": later}),
        "images": replace(BEFORE, changes=added | {"encryption": encryption}),
    }
    return {name: synthesised(variant) for name, variant in wanted.items()}


@pytest.fixture
def running(folders: dict[str, Path]) -> Iterator[dict[str, Path]]:
    """The account with the stage as it was before."""
    with mock_aws():
        assembly.deploy_assembly(folders["before"], region=REGION)
        yield folders


def stateful() -> dict[str, str]:
    """The physical id of each resource that holds something, by its logical one."""
    client = boto3.client("cloudformation")
    return {
        item["LogicalResourceId"]: item["PhysicalResourceId"]
        for stack in ("registry", "network", "inference")
        for item in client.describe_stack_resources(StackName=f"llm-on-ecs-dev-{stack}")[
            "StackResources"
        ]
        if item["ResourceType"] in STATEFUL
    }


def test_all_but_the_key_of_the_images_is_added_in_place(running: dict[str, Path]) -> None:
    before = stateful()
    assert len(before) >= 10
    assembly.deploy_assembly(running["after"], region=REGION)
    assert stateful() == before
    secret = boto3.client("secretsmanager").describe_secret(SecretId=find_secret("dev"))
    assert secret["KmsKeyId"] == f"{KEY}1"
    groups = boto3.client("logs").describe_log_groups()["logGroups"]
    assert {group["kmsKeyId"] for group in groups} == {f"{KEY}2"}


def test_key_of_the_images_fails_the_deploy_and_changes_nothing(running: dict[str, Path]) -> None:
    before = stateful()
    with pytest.raises(assembly.DeployFailed, match="Rename llm-on-ecs-dev"):
        assembly.deploy_assembly(running["images"], region=REGION)
    assert stateful() == before
    (repository,) = boto3.client("ecr").describe_repositories()["repositories"]
    assert repository["encryptionConfiguration"]["kmsKey"] != f"{KEY}3"


@pytest.mark.usefixtures("running")
def test_pin_alone_is_no_change_at_all() -> None:
    pin: dict[str, Any] = {"account": "123456789012", "region": REGION}
    pinned = synthesised(replace(BEFORE, changes={**BEFORE.changes, "deploy": pin}))
    assembly.deploy_assembly(pinned, region=REGION)
    events = boto3.client("cloudformation").describe_stack_events(
        StackName="llm-on-ecs-dev-inference"
    )["StackEvents"]
    assert not [item for item in events if item["ResourceStatus"].startswith("UPDATE")]
    places = json.loads((pinned / "manifest.json").read_text())["artifacts"]
    assert places["Inference"]["environment"] == f"aws://123456789012/{REGION}"


def test_tags_come_to_what_runs_and_go_again(running: dict[str, Path]) -> None:
    assembly.deploy_assembly(running["after"], region=REGION)
    assert set(cost_centres().values()) == {"4711"}
    assembly.deploy_assembly(running["before"], region=REGION)
    assert {name for name, value in cost_centres().items() if value} == set()


def cost_centres() -> dict[str, str | None]:
    """Of all that carries the stage's own tag, by its ARN."""
    pages = boto3.client("resourcegroupstaggingapi").get_paginator("get_resources")
    tagged = {
        item["ResourceARN"]: {tag["Key"]: tag["Value"] for tag in item["Tags"]}
        for page in pages.paginate(TagFilters=[{"Key": "stage", "Values": ["dev"]}])
        for item in page["ResourceTagMappingList"]
    }
    assert len(tagged) > 25
    return {arn: tags.get("cost-centre") for arn, tags in tagged.items()}
