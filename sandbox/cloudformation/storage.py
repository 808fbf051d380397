"""Secrets, log groups and image repositories: what moto drops of them, or all of it."""

from __future__ import annotations

import contextlib
import json
from typing import Any, ClassVar

from botocore.exceptions import ClientError
from moto.core.common_models import CloudFormationModel

from .api import Properties
from .resource import ApiResource


class Secret(ApiResource, CloudFormationModel):
    """A Secrets Manager secret, given or generated."""

    type_name: ClassVar[str] = "AWS::SecretsManager::Secret"
    name_property: ClassVar[str] = "Name"
    returns: ClassVar[frozenset[str]] = frozenset({"Id"})
    replaced_by: ClassVar[frozenset[str]] = frozenset({"Name"})

    def create(self) -> None:
        chosen = self.take("Description", "KmsKeyId", "Tags")
        self.take("Name", "SecretString", "GenerateSecretString")
        parameters = {"Name": self.name, "SecretString": self._value(), **chosen}
        self._made(self.call("secretsmanager", "CreateSecret", parameters))

    def find(self) -> bool:
        with contextlib.suppress(ClientError):
            self._made(self.call("secretsmanager", "DescribeSecret", {"SecretId": self.name}))
        return bool(self.values)

    def _made(self, described: Properties) -> None:
        self.physical_resource_id = described["ARN"]
        self.values = {"Id": described["ARN"]}

    def update(self, before: Properties) -> None:
        """The value changes only where the template's does: keys added since must survive."""
        parameters = {"SecretId": self.physical_resource_id, **self.take("Description", "KmsKeyId")}
        if self.changed(before, "SecretString") or self.changed(before, "GenerateSecretString"):
            parameters["SecretString"] = self._value()
        self.call("secretsmanager", "UpdateSecret", parameters)

    def remove(self) -> None:
        parameters = {"SecretId": self.physical_resource_id, "ForceDeleteWithoutRecovery": True}
        self.call("secretsmanager", "DeleteSecret", parameters)

    def _value(self) -> str:
        if "SecretString" in self.properties:
            return str(self.properties["SecretString"])
        wanted = dict(self.properties.get("GenerateSecretString", {}))
        template = wanted.pop("SecretStringTemplate", None)
        key = wanted.pop("GenerateStringKey", None)
        answer = self.call("secretsmanager", "GetRandomPassword", wanted)
        password = str(answer["RandomPassword"])
        return password if template is None else json.dumps({**json.loads(template), key: password})


class LogGroup(ApiResource, CloudFormationModel):
    """A log group with its retention."""

    type_name: ClassVar[str] = "AWS::Logs::LogGroup"
    name_property: ClassVar[str] = "LogGroupName"
    returns: ClassVar[frozenset[str]] = frozenset({"Arn"})
    replaced_by: ClassVar[frozenset[str]] = frozenset({"LogGroupName"})

    def create(self) -> None:
        chosen = self.take("KmsKeyId", "LogGroupClass", "Tags")
        parameters = {"logGroupName": self.name, **chosen}
        self.take("LogGroupName", "RetentionInDays")
        self.call("logs", "CreateLogGroup", parameters)
        self._made()
        self._put_retention()

    def find(self) -> bool:
        answer = self.call("logs", "DescribeLogGroups", {"logGroupNamePrefix": self.name})
        if self.name in [group["logGroupName"] for group in answer["logGroups"]]:
            self._made()
        return bool(self.values)

    def _made(self) -> None:
        self.physical_resource_id = self.name
        arn = f"arn:aws:logs:{self.region}:{self.account}:log-group:{self.name}:*"
        self.values = {"Arn": arn}

    def update(self, before: Properties) -> None:
        self._put_retention()
        if self.changed(before, "KmsKeyId"):
            key = self.take("KmsKeyId")
            operation = "AssociateKmsKey" if key else "DisassociateKmsKey"
            self.call("logs", operation, {"logGroupName": self.name, **key})

    def remove(self) -> None:
        self.call("logs", "DeleteLogGroup", {"logGroupName": self.name})

    def _put_retention(self) -> None:
        days = self.properties.get("RetentionInDays")
        if days:
            parameters = {"logGroupName": self.name, "retentionInDays": days}
            self.call("logs", "PutRetentionPolicy", parameters)


class Repository(ApiResource, CloudFormationModel):
    """An image repository with immutability, scanning, encryption, lifecycle and its policy."""

    type_name: ClassVar[str] = "AWS::ECR::Repository"
    name_property: ClassVar[str] = "RepositoryName"
    returns: ClassVar[frozenset[str]] = frozenset({"Arn", "RepositoryUri"})
    replaced_by: ClassVar[frozenset[str]] = frozenset({"EncryptionConfiguration", "RepositoryName"})

    def create(self) -> None:
        chosen = self.take(
            "EncryptionConfiguration", "ImageScanningConfiguration", "ImageTagMutability", "Tags"
        )
        # ECR's names are lower case; the name that CloudFormation makes up is too.
        self.name = self.name.lower()
        parameters = {"repositoryName": self.name, **chosen}
        made = self.call("ecr", "CreateRepository", parameters)["repository"]
        self.take("RepositoryName", "EmptyOnDelete", "LifecyclePolicy", "RepositoryPolicyText")
        self._made(made)
        self._put_policies()

    def find(self) -> bool:
        with contextlib.suppress(ClientError):
            answer = self.call("ecr", "DescribeRepositories", {"repositoryNames": [self.name]})
            self._made(answer["repositories"][0])
        return bool(self.values)

    def _made(self, described: Properties) -> None:
        self.physical_resource_id = self.name
        self.values = {
            "Arn": described["repositoryArn"],
            "RepositoryUri": described["repositoryUri"],
        }

    def update(self, before: Properties) -> None:
        name = {"repositoryName": self.name}
        mutability = self.properties.get("ImageTagMutability", "MUTABLE")
        scanning = self.properties.get("ImageScanningConfiguration", {"scanOnPush": False})
        parameters = {**name, "imageTagMutability": mutability}
        self.call("ecr", "PutImageTagMutability", parameters)
        parameters = {**name, "imageScanningConfiguration": scanning}
        self.call("ecr", "PutImageScanningConfiguration", parameters)
        self._put_policies()

    def remove(self) -> None:
        force = str(self.properties.get("EmptyOnDelete", False)).lower() == "true"
        self.call("ecr", "DeleteRepository", {"repositoryName": self.name, "force": force})

    def _put_policies(self) -> None:
        name = {"repositoryName": self.name}
        lifecycle = self.properties.get("LifecyclePolicy", {}).get("LifecyclePolicyText")
        if lifecycle:
            parameters = {**name, "lifecyclePolicyText": lifecycle}
            self.call("ecr", "PutLifecyclePolicy", parameters)
        policy = self.properties.get("RepositoryPolicyText")
        if policy:
            parameters = {**name, "policyText": _text(policy)}
            self.call("ecr", "SetRepositoryPolicy", parameters)


def _text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document)
