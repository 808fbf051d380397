"""The image repository: found by name, pushed to by the CLI, and never short of an image in use."""

import json
from pathlib import Path

from aws_cdk.assertions import Match

from infra.components.model_bucket import ACCESS_LOG_DAYS
from infra.stacks.registry import PUBLISH_ACTIONS
from tests.infra.assemblies import Assembly, Variant, write_variant

REPOSITORY = "AWS::ECR::Repository"


def test_tags_cannot_move_and_images_are_scanned_and_encrypted(dev: Assembly) -> None:
    dev.registry.has_resource_properties(
        REPOSITORY,
        {
            "RepositoryName": "llm-on-ecs-dev",
            "ImageTagMutability": "IMMUTABLE",
            "ImageScanningConfiguration": {"ScanOnPush": True},
            "EncryptionConfiguration": {"EncryptionType": "KMS"},
        },
    )


def test_no_tagged_image_ever_expires(dev: Assembly) -> None:
    policy = dev.only(REPOSITORY, stack="Registry")["LifecyclePolicy"]["LifecyclePolicyText"]
    rules = json.loads(policy)["rules"]
    assert [rule["selection"]["tagStatus"] for rule in rules] == ["untagged"]


def test_the_bootstraps_publishing_role_may_push_and_nothing_more(dev: Assembly) -> None:
    policy = dev.only(REPOSITORY, stack="Registry")["RepositoryPolicyText"]
    (statement,) = policy["Statement"]
    role = "role/cdk-hnb659fds-image-publishing-role-${AWS::AccountId}-${AWS::Region}"
    arn = "arn:${AWS::Partition}:iam::${AWS::AccountId}:" + role
    assert statement == {
        "Effect": "Allow",
        "Principal": {"AWS": {"Fn::Sub": arn}},
        "Action": sorted(PUBLISH_ACTIONS),
    }


def test_the_publishing_role_may_not_delete_images_or_change_the_repository() -> None:
    verbs = {action.removeprefix("ecr:") for action in PUBLISH_ACTIONS}
    assert not {verb for verb in verbs if verb.startswith(("Delete", "Set", "Put"))} - {"PutImage"}


def test_images_outlive_the_stack_where_data_is_retained(dev: Assembly, prod: Assembly) -> None:
    for assembly in (dev, prod):
        assembly.registry.has_resource(
            REPOSITORY,
            {
                "DeletionPolicy": "RetainExceptOnCreate",
                "UpdateReplacePolicy": "Retain",
                "Properties": Match.object_like({"EmptyOnDelete": False}),
            },
        )


def test_stage_local_leaves_no_repository_behind(local: Assembly) -> None:
    local.registry.has_resource(
        REPOSITORY,
        {"DeletionPolicy": "Delete", "Properties": Match.object_like({"EmptyOnDelete": True})},
    )


def test_lambda_pulls_for_functions_of_this_account_where_the_stage_has_one(
    dev_function: Assembly,
) -> None:
    policy = dev_function.only(REPOSITORY, stack="Registry")["RepositoryPolicyText"]
    (statement,) = (s for s in policy["Statement"] if "Service" in s["Principal"])
    arn = [
        "arn:",
        {"Ref": "AWS::Partition"},
        ":lambda:",
        {"Ref": "AWS::Region"},
        ":",
        {"Ref": "AWS::AccountId"},
        ":function:*",
    ]
    assert statement == {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        "Condition": {"StringLike": {"aws:SourceArn": {"Fn::Join": ["", arn]}}},
    }


BUCKET = "AWS::S3::Bucket"


def test_the_model_bucket_is_private_encrypted_and_versioned(own_model: Assembly) -> None:
    own_model.registry.has_resource_properties(
        BUCKET,
        {
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [
                    {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
                ]
            },
            "VersioningConfiguration": {"Status": "Enabled"},
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        },
    )


def test_model_bucket_and_its_log_speak_tls_only(own_model: Assembly) -> None:
    policies = own_model.resources("AWS::S3::BucketPolicy", stack="Registry").values()
    assert len(policies) == 2
    for policy in policies:
        statements = policy["Properties"]["PolicyDocument"]["Statement"]
        denied = [item["Condition"] for item in statements if item["Effect"] == "Deny"]
        assert {"Bool": {"aws:SecureTransport": "false"}} in denied
        assert {"NumericLessThan": {"s3:TlsVersion": 1.2}} in denied


def test_who_reads_a_model_is_logged_and_forgotten_in_time(own_model: Assembly) -> None:
    own_model.registry.has_resource_properties(
        BUCKET, {"LoggingConfiguration": {"DestinationBucketName": Match.any_value()}}
    )
    own_model.registry.has_resource_properties(
        BUCKET,
        {
            "LifecycleConfiguration": {
                "Rules": [{"ExpirationInDays": ACCESS_LOG_DAYS, "Status": "Enabled"}]
            }
        },
    )


def test_models_outlive_the_stack_where_data_is_retained(own_model: Assembly) -> None:
    own_model.registry.has_resource(
        BUCKET, {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}
    )


def test_the_model_bucket_is_told_to_those_who_fill_it(own_model: Assembly) -> None:
    own_model.registry.has_output("ModelBucketName", {"Value": Match.any_value()})


def test_no_stage_has_a_model_bucket_unless_it_asks(dev: Assembly) -> None:
    dev.registry.resource_count_is(BUCKET, 0)


def test_the_model_bucket_is_exported_whichever_model_is_used(
    own_model: Assembly, tmp_path: Path
) -> None:
    write_variant(Variant("dev", changes={"model": {"bucket": True}}), tmp_path)
    exports = [
        assembly.templates["Registry"]["Outputs"] for assembly in (own_model, Assembly(tmp_path))
    ]
    assert exports[0] == exports[1]
