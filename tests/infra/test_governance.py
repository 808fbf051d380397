"""What a company asks for is on every resource of every stack, those of the CDK's own included."""

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from aws_cdk import App, RemovalPolicy, Stack
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template
from cfnlint.schema.manager import (  # type: ignore[import-untyped]
    PROVIDER_SCHEMA_MANAGER,
)

from infra.governance import govern
from infra.sections.governance import MOST_TAGS
from tests.infra.assemblies import BOUNDARY, KEY, VARIANTS, Assembly
from tests.infra.stages import stage

BY_NAME = {
    "Fn::Join": [
        "",
        [
            "arn:",
            {"Ref": "AWS::Partition"},
            ":iam::",
            {"Ref": "AWS::AccountId"},
            ":policy/boundary",
        ],
    ]
}
ROLE = "AWS::IAM::Role"


def everywhere(assembly: Assembly, resource_type: str) -> list[dict[str, Any]]:
    """The properties of all resources of a type, in all stacks."""
    return [
        body["Properties"]
        for stack in assembly.templates
        for body in assembly.resources(resource_type, stack=stack).values()
    ]


def tags_of(properties: dict[str, Any]) -> dict[str, str]:
    """Of a resource; most have a list of them and some a mapping."""
    tags = properties.get("Tags", {})
    return tags if isinstance(tags, dict) else {item["Key"]: item["Value"] for item in tags}


def tagged(assembly: Assembly) -> list[dict[str, str]]:
    return [
        tags
        for template in assembly.templates.values()
        for body in template["Resources"].values()
        if (tags := tags_of(body.get("Properties", {})))
    ]


def test_each_tag_is_wherever_the_stages_own_are(governed: Assembly) -> None:
    found = [tags for tags in tagged(governed) if "project" in tags]
    assert len(found) > 20
    assert all(tags["cost-centre"] == "4711" for tags in found)


@pytest.mark.parametrize("variant", ["governed", "dev-function", "hosted-zone"])
def test_whatever_takes_tags_has_them(variant: str, synthesised: Callable[[str], Assembly]) -> None:
    untagged = {
        body["Type"]
        for template in synthesised(variant).templates.values()
        for logical_id, body in template["Resources"].items()
        if takes_tags(body["Type"]) & body.get("Properties", {}).keys() == set()
        # Whose text nothing may change (test_second_targets.py).
        and not logical_id.startswith("LoadBalancerSecondTargetsDivide")
    }
    assert {kind for kind in untagged if takes_tags(kind)} == set()


@cache
def takes_tags(resource_type: str) -> frozenset[str]:
    """The properties in which CloudFormation takes a resource's tags."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", resource_type).schema
    return frozenset({"Tags", "ResourceTags"} & schema["properties"].keys())


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_most_tags_that_a_stage_may_add_have_room_on_every_resource(
    variant: str, synthesised: Callable[[str], Assembly]
) -> None:
    added = set(VARIANTS[variant].settings().governance.tags)
    own = max(len(tags.keys() - added) for tags in tagged(synthesised(variant)))
    assert own + MOST_TAGS <= 50


def test_every_role_is_bounded_by_the_policy_of_that_name(governed: Assembly) -> None:
    roles = everywhere(governed, ROLE)
    assert len(roles) >= 4
    assert [role for role in roles if role.get("PermissionsBoundary") != BY_NAME] == []


def test_every_role_is_bounded_by_the_policy_with_that_arn(dev_function: Assembly) -> None:
    roles = everywhere(dev_function, ROLE)
    assert {role.get("PermissionsBoundary") for role in roles} == {BOUNDARY}


def test_no_role_is_bounded_where_no_boundary_is_named(dev: Assembly) -> None:
    assert not any("PermissionsBoundary" in role for role in everywhere(dev, ROLE))


def test_roles_that_the_cdk_makes_for_its_own_functions_are_bounded() -> None:
    app = App()
    stack = Stack(app, "Any")
    # Emptying a bucket is a function of the CDK's, with a role that is no construct of ours.
    s3.Bucket(stack, "Bucket", removal_policy=RemovalPolicy.DESTROY, auto_delete_objects=True)
    govern(app, stage(governance={"permissions_boundary": BOUNDARY}))
    roles = Template.from_stack(stack).find_resources(ROLE)
    assert roles
    assert all(role["Properties"]["PermissionsBoundary"] == BOUNDARY for role in roles.values())


def test_the_secret_is_under_its_key_and_the_task_may_use_that_for_it_alone(
    governed: Assembly,
) -> None:
    assert governed.only("AWS::SecretsManager::Secret")["KmsKeyId"] == f"{KEY}1"
    (statement,) = uses_of(governed, f"{KEY}1")
    assert statement["Action"] == "kms:Decrypt"
    (secret,) = governed.resources("AWS::SecretsManager::Secret")
    assert statement["Condition"] == {
        "StringEquals": {"kms:EncryptionContext:SecretARN": {"Ref": secret}}
    }


def test_every_log_group_is_under_its_key(governed: Assembly) -> None:
    groups = everywhere(governed, "AWS::Logs::LogGroup")
    assert len(groups) == 4  # the tasks', refused packets, the firewall's, API Gateway's
    assert {group["KmsKeyId"] for group in groups} == {f"{KEY}2"}


def test_images_are_under_their_key(governed: Assembly) -> None:
    repository = governed.only("AWS::ECR::Repository", stack="Registry")
    assert repository["EncryptionConfiguration"] == {
        "EncryptionType": "KMS",
        "KmsKey": f"{KEY}3",
    }


def test_models_are_under_their_key_and_the_access_log_under_s3s_own(governed: Assembly) -> None:
    buckets = governed.resources("AWS::S3::Bucket", stack="Registry")
    rules = {
        "AccessLog" in logical_id: body["Properties"]["BucketEncryption"][
            "ServerSideEncryptionConfiguration"
        ][0]
        for logical_id, body in buckets.items()
    }
    assert rules[True]["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert rules[False]["ServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "aws:kms",
        "KMSMasterKeyID": f"{KEY}4",
    }
    assert rules[False]["BucketKeyEnabled"] is True


def test_the_task_may_use_the_models_key_for_that_bucket_alone(governed: Assembly) -> None:
    (statement,) = uses_of(governed, f"{KEY}4")
    assert statement["Action"] == "kms:Decrypt"
    assert statement["Condition"]["StringEquals"].keys() == {"kms:EncryptionContext:aws:s3:arn"}


def test_the_topic_is_under_its_key(governed: Assembly) -> None:
    assert governed.only("AWS::SNS::Topic")["KmsMasterKeyId"] == f"{KEY}5"


def test_no_key_is_named_where_the_stage_names_none(watched: Assembly) -> None:
    assert "arn:aws:kms" not in str(watched.templates)
    assert "kms:" not in str(watched.templates)


def uses_of(assembly: Assembly, key: str) -> list[dict[str, Any]]:
    """The statements of all policies that allow something with a key."""
    return [
        statement
        for properties in everywhere(assembly, "AWS::IAM::Policy")
        for statement in properties["PolicyDocument"]["Statement"]
        if statement["Resource"] == key
    ]
