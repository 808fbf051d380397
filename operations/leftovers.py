"""What `cdk destroy` leaves in the account, by the templates' own word."""

from collections import defaultdict
from typing import Final

from operations.stage import Resource, SynthesisedStage

# A policy under which CloudFormation lets a resource outlive its stack.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
KEEPS: Final = {"Retain", "RetainExceptOnCreate", "Snapshot"}

WORDS: Final = {
    "AWS::ECR::Repository": "the image repository and its images",
    "AWS::Logs::LogGroup": "logs",
    "AWS::S3::Bucket": "a bucket and its objects",
    "AWS::SecretsManager::Secret": "a secret",
    "AWS::KMS::Key": "an encryption key",
}


def left_behind(stage: SynthesisedStage) -> dict[str, list[str]]:
    """In words, by stack; a stack that leaves nothing is not in it."""
    left: dict[str, list[str]] = defaultdict(list)
    for resource in stage.resources():
        if resource.body.get("DeletionPolicy") in KEEPS:
            left[resource.stack].append(_words(resource))
    return dict(left)


def _words(resource: Resource) -> str:
    return f"{WORDS.get(resource.type, resource.type)} ({resource.logical_id})"
