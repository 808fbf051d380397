"""AWS::S3: moto's CloudFormation drops most of a bucket, and its policy."""

from __future__ import annotations

import contextlib
import json
import re
from typing import Any, ClassVar

from botocore.exceptions import ClientError
from moto.core.common_models import CloudFormationModel

from .api import Properties
from .resource import ApiResource

NAME_LENGTH = 63
SIMPLE = {
    "OwnershipControls": ("PutBucketOwnershipControls", "OwnershipControls"),
    "PublicAccessBlockConfiguration": ("PutPublicAccessBlock", "PublicAccessBlockConfiguration"),
    "VersioningConfiguration": ("PutBucketVersioning", "VersioningConfiguration"),
}
"""The properties that the API has by the same shape: operation and parameter."""


class Bucket(ApiResource, CloudFormationModel):
    """A bucket with its encryption, lifecycle, logging, ownership, public access and versions."""

    type_name: ClassVar[str] = "AWS::S3::Bucket"
    name_property: ClassVar[str] = "BucketName"
    returns: ClassVar[frozenset[str]] = frozenset(
        {"Arn", "DomainName", "DualStackDomainName", "RegionalDomainName", "WebsiteURL"}
    )
    replaced_by: ClassVar[frozenset[str]] = frozenset(
        {"BucketName", "BucketNamePrefix", "BucketNamespace"}
    )

    def create(self) -> None:
        self.name = self.name.lower()
        elsewhere = {"LocationConstraint": self.region} if self.region != "us-east-1" else {}
        configuration = {"CreateBucketConfiguration": elsewhere} if elsewhere else {}
        self._s3("CreateBucket", configuration)
        self._made()
        self.take("BucketName")
        self._put()

    def find(self) -> bool:
        with contextlib.suppress(ClientError):
            self._s3("HeadBucket", {})
            self._made()
        return bool(self.values)

    def _made(self) -> None:
        self.physical_resource_id = self.name
        domain = f"{self.name}.s3.amazonaws.com"
        self.values = {
            "Arn": f"arn:aws:s3:::{self.name}",
            "DomainName": domain,
            "DualStackDomainName": f"{self.name}.s3.dualstack.{self.region}.amazonaws.com",
            "RegionalDomainName": f"{self.name}.s3.{self.region}.amazonaws.com",
            "WebsiteURL": f"http://{self.name}.s3-website-{self.region}.amazonaws.com",
        }

    def update(self, before: Properties) -> None:
        self._put()

    def remove(self) -> None:
        self._s3("DeleteBucket", {})

    def _put(self) -> None:
        for value in self.take("AccessControl").values():
            # LogDeliveryWrite, as the API has it.
            self._s3("PutBucketAcl", {"ACL": re.sub(r"\B(?=[A-Z])", "-", value).lower()})
        for name, (operation, parameter) in SIMPLE.items():
            for value in self.take(name).values():
                self._s3(operation, {parameter: value})
        for value in self.take("BucketEncryption").values():
            self._s3(
                "PutBucketEncryption", {"ServerSideEncryptionConfiguration": _encryption(value)}
            )
        for value in self.take("LifecycleConfiguration").values():
            rules = {"Rules": [_lifecycle_rule(rule) for rule in value["Rules"]]}
            self._s3("PutBucketLifecycleConfiguration", {"LifecycleConfiguration": rules})
        for value in self.take("LoggingConfiguration").values():
            self._s3("PutBucketLogging", {"BucketLoggingStatus": self._logging(value)})
        for value in self.take("Tags").values():
            self._s3("PutBucketTagging", {"Tagging": {"TagSet": value}})

    def _logging(self, value: Properties) -> Properties:
        target = value.get("DestinationBucketName", self.name)
        prefix = value.get("LogFilePrefix", "")
        return {"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": prefix}}

    def _s3(self, operation: str, parameters: Properties) -> Any:
        return self.call("s3", operation, {"Bucket": self.name, **parameters})


def _encryption(value: Properties) -> Properties:
    rules = []
    for rule in value["ServerSideEncryptionConfiguration"]:
        given = dict(rule)
        default = given.pop("ServerSideEncryptionByDefault", None)
        given |= {"ApplyServerSideEncryptionByDefault": default} if default else {}
        rules.append(given)
    return {"Rules": rules}


def _lifecycle_rule(rule: Properties) -> Properties:
    """The API nests what CloudFormation writes flat."""
    given = dict(rule)
    expiration = {
        name: given.pop(key)
        for key, name in (
            ("ExpirationInDays", "Days"),
            ("ExpirationDate", "Date"),
            ("ExpiredObjectDeleteMarker", "ExpiredObjectDeleteMarker"),
        )
        if key in given
    }
    given |= {"Expiration": expiration} if expiration else {}
    if "NoncurrentVersionExpirationInDays" in given:
        days = given.pop("NoncurrentVersionExpirationInDays")
        given["NoncurrentVersionExpiration"] = {"NoncurrentDays": days}
    given["Filter"] = {"Prefix": given.pop("Prefix", "")}
    return given


class BucketPolicy(ApiResource, CloudFormationModel):
    """A bucket's policy."""

    type_name: ClassVar[str] = "AWS::S3::BucketPolicy"
    replaced_by: ClassVar[frozenset[str]] = frozenset({"Bucket"})

    def create(self) -> None:
        self.physical_resource_id = self.take("Bucket")["Bucket"]
        self._put()

    def update(self, before: Properties) -> None:
        self._put()

    def remove(self) -> None:
        self.call("s3", "DeleteBucketPolicy", self.take("Bucket"))

    def _put(self) -> None:
        policy = json.dumps(self.take("PolicyDocument")["PolicyDocument"])
        self.call("s3", "PutBucketPolicy", {**self.take("Bucket"), "Policy": policy})
