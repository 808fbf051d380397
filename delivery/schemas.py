"""What CloudFormation's own resource schemas, which cfn-lint ships, say about a change."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

import cfnlint  # type: ignore[import-untyped]
from cfnlint.schema import ResourceNotFoundError  # type: ignore[import-untyped]
from cfnlint.schema.manager import (  # type: ignore[import-untyped]
    PROVIDER_SCHEMA_MANAGER,
)

REGION: Final = "us-east-1"
# Hold data, though cfn-lint's list lacks them.
ALSO_STATEFUL: Final = frozenset({"AWS::ECR::Repository"})

CUSTOM: Final = "AWS::CloudFormation::CustomResource"

# Replace though the schemas do not say so: the documentation does ("Update requires: Replacement"),
# and the CDK's command line.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/PAGE
ALSO_REPLACING: Final = {
    # aws-resource-certificatemanager-certificate.html
    "AWS::CertificateManager::Certificate": {"ValidationMethod"},
    "AWS::EC2::EIP": {"Domain"},  # aws-resource-ec2-eip.html
    "AWS::Route53::RecordSet": {"Name"},  # aws-resource-route53-recordset.html
    "AWS::S3::Bucket": {"ObjectLockEnabled"},  # aws-resource-s3-bucket.html
}

Pointer = tuple[str, ...]


@cache
def replacing(resource_type: str) -> frozenset[Pointer]:
    """The properties (as paths into Properties) whose change replaces the resource."""
    also = frozenset((name,) for name in ALSO_REPLACING.get(resource_type, ()))
    return _pointers(resource_type, "createOnlyProperties") | also


@cache
def perhaps_replacing(resource_type: str) -> frozenset[Pointer]:
    """The properties whose change replaces the resource in some cases only."""
    return _pointers(resource_type, "conditionalCreateOnlyProperties")


@cache
def properties(resource_type: str) -> frozenset[str]:
    """All properties that a template can set."""
    return frozenset((_schema(resource_type) or {}).get("properties", ()))


@cache
def settable_identifier(resource_type: str) -> tuple[str, ...]:
    """The properties that a resource is known by, where a template can say all of them."""
    schema = _schema(resource_type) or {}
    names = [path.removeprefix("/properties/") for path in schema.get("primaryIdentifier", ())]
    made_up = {path.removeprefix("/properties/") for path in schema.get("readOnlyProperties", ())}
    return () if made_up & set(names) else tuple(names)


@cache
def is_known(resource_type: str) -> bool:
    """Whether a schema says what replaces it; a custom resource's own program decides that."""
    custom = resource_type.startswith("Custom::") or resource_type == CUSTOM
    return not custom and _schema(resource_type) is not None


@cache
def stateful_types() -> frozenset[str]:
    """The types that hold data of their own, by cfn-lint's rule I3011."""
    file = Path(cfnlint.__file__).parent / "data/AdditionalSpecs/StatefulResources.json"
    listed = json.loads(file.read_text(encoding="utf-8"))["ResourceTypes"]
    return frozenset(listed) | ALSO_STATEFUL


def _pointers(resource_type: str, key: str) -> frozenset[Pointer]:
    schema = _schema(resource_type) or {}
    # A pointer is written /properties/EncryptionConfiguration/KmsKey.
    return frozenset(tuple(path.split("/")[2:]) for path in schema.get(key, ()))


@cache
def _schema(resource_type: str) -> dict[str, Any] | None:
    try:
        found = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, resource_type)
    except ResourceNotFoundError:
        return None
    schema: dict[str, Any] = found.schema
    return schema
