"""AWS::ECR, AWS::S3, AWS::SecretsManager, AWS::Logs and AWS::KMS."""

from __future__ import annotations

from typing import Any

from .resource import Deployed, Description, Reader


def _repository(resource: Deployed) -> Description:
    name = {"repositoryName": resource.id}
    answer = resource.ask("ecr", "describe_repositories", repositoryNames=[resource.id])
    (found,) = answer["repositories"]
    given = resource.properties
    if "LifecyclePolicy" in given:
        text = resource.ask("ecr", "get_lifecycle_policy", **name)["lifecyclePolicyText"]
        found["LifecyclePolicy"] = {"LifecyclePolicyText": text}
    if "RepositoryPolicyText" in given:
        policy = resource.ask("ecr", "get_repository_policy", **name)["policyText"]
        found["RepositoryPolicyText"] = policy
    tags = resource.ask("ecr", "list_tags_for_resource", resourceArn=found["repositoryArn"])
    return {**found, "Tags": tags["tags"]}


def _bucket(resource: Deployed) -> Description:
    def get(operation: str, *path: str) -> Any:
        answer: Any = resource.ask("s3", operation, Bucket=resource.id)
        for part in path:
            answer = answer[part]
        return answer

    readers: dict[str, Any] = {
        "BucketEncryption": lambda: _encryption(
            get("get_bucket_encryption", "ServerSideEncryptionConfiguration", "Rules")
        ),
        "LifecycleConfiguration": lambda: _lifecycle(
            get("get_bucket_lifecycle_configuration", "Rules")
        ),
        "LoggingConfiguration": lambda: _logging(get("get_bucket_logging", "LoggingEnabled")),
        "OwnershipControls": lambda: get("get_bucket_ownership_controls", "OwnershipControls"),
        "PublicAccessBlockConfiguration": lambda: get(
            "get_public_access_block", "PublicAccessBlockConfiguration"
        ),
        "Tags": lambda: get("get_bucket_tagging", "TagSet"),
        "VersioningConfiguration": lambda: get("get_bucket_versioning"),
    }
    given = resource.properties
    return {"BucketName": resource.id} | {
        name: read() for name, read in readers.items() if name in given
    }


def _encryption(rules: list[dict[str, Any]]) -> dict[str, Any]:
    found = [
        {**rule, "ServerSideEncryptionByDefault": rule["ApplyServerSideEncryptionByDefault"]}
        for rule in rules
    ]
    return {"ServerSideEncryptionConfiguration": found}


def _lifecycle(rules: list[dict[str, Any]]) -> dict[str, Any]:
    found = []
    for rule in rules:
        old = rule.get("NoncurrentVersionExpiration", {})
        found.append(
            {
                **rule,
                "ExpirationInDays": rule.get("Expiration", {}).get("Days"),
                "NoncurrentVersionExpiration": {"NoncurrentDays": old.get("NoncurrentDays")},
                "Prefix": rule.get("Prefix") or rule.get("Filter", {}).get("Prefix"),
            }
        )
    return {"Rules": found}


def _logging(enabled: dict[str, Any]) -> dict[str, Any]:
    return {
        "DestinationBucketName": enabled["TargetBucket"],
        "LogFilePrefix": enabled["TargetPrefix"],
    }


def _bucket_policy(resource: Deployed) -> Description:
    bucket = resource.properties["Bucket"]
    policy = resource.ask("s3", "get_bucket_policy", Bucket=bucket)["Policy"]
    return {"Bucket": bucket, "PolicyDocument": policy}


def _secret(resource: Deployed) -> Description:
    found = resource.ask("secretsmanager", "describe_secret", SecretId=resource.id)
    value = resource.ask("secretsmanager", "get_secret_value", SecretId=resource.id)
    return {**found, "SecretString": value["SecretString"]}


def _log_group(resource: Deployed) -> Description:
    answer = resource.ask("logs", "describe_log_groups", logGroupNamePrefix=resource.id)
    (found,) = [item for item in answer["logGroups"] if item["logGroupName"] == resource.id]
    arn = found["arn"].removesuffix(":*")
    tags = resource.ask("logs", "list_tags_for_resource", resourceArn=arn)["tags"]
    return {**found, "Tags": tags}


READERS = {
    "AWS::ECR::Repository": Reader(
        _repository,
        unread={"EmptyOnDelete": "what CloudFormation itself does when it deletes the repository"},
    ),
    "AWS::Logs::LogGroup": Reader(_log_group),
    "AWS::S3::Bucket": Reader(_bucket),
    "AWS::S3::BucketPolicy": Reader(_bucket_policy),
    "AWS::SecretsManager::Secret": Reader(_secret),
}
