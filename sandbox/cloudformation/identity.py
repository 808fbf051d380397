"""AWS::IAM roles, policies and providers: moto's CloudFormation ignores most of their updates."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from moto.core.common_models import CloudFormationModel

from .api import Properties
from .resource import ApiResource


class Role(ApiResource, CloudFormationModel):
    """A role with its trust, inline and managed policies."""

    type_name: ClassVar[str] = "AWS::IAM::Role"
    name_property: ClassVar[str] = "RoleName"
    returns: ClassVar[frozenset[str]] = frozenset({"Arn", "RoleId"})
    replaced_by: ClassVar[frozenset[str]] = frozenset({"Path", "RoleName"})

    def create(self) -> None:
        self.name = self.name[:64]  # IAM's limit; CloudFormation shortens the names it makes up
        chosen = self.take(
            "Path", "Description", "MaxSessionDuration", "PermissionsBoundary", "Tags"
        )
        trust = json.dumps(self.take("AssumeRolePolicyDocument")["AssumeRolePolicyDocument"])
        parameters = {**chosen, "RoleName": self.name, "AssumeRolePolicyDocument": trust}
        role = self.call("iam", "CreateRole", parameters)["Role"]
        self.take("RoleName", "Policies", "ManagedPolicyArns")
        self.physical_resource_id = self.name
        self.values = {"Arn": role["Arn"], "RoleId": role["RoleId"]}
        self._put_policies({})

    def update(self, before: Properties) -> None:
        role = {"RoleName": self.name}
        trust = json.dumps(self.properties["AssumeRolePolicyDocument"])
        self.call("iam", "UpdateAssumeRolePolicy", {**role, "PolicyDocument": trust})
        chosen = self.take("Description", "MaxSessionDuration")
        if chosen:
            self.call("iam", "UpdateRole", {**role, **chosen})
        if self.changed(before, "PermissionsBoundary"):
            boundary = self.take("PermissionsBoundary")
            verb = "Put" if boundary else "Delete"
            self.call("iam", f"{verb}RolePermissionsBoundary", {**role, **boundary})
        self._put_policies(before)

    def remove(self) -> None:
        self._drop_policies(self.properties)
        self.call("iam", "DeleteRole", {"RoleName": self.name})

    def _put_policies(self, before: Properties) -> None:
        self._drop_policies(before)
        role = {"RoleName": self.name}
        for policy in self.properties.get("Policies", []):
            document = json.dumps(policy["PolicyDocument"])
            named = {"PolicyName": policy["PolicyName"], "PolicyDocument": document}
            self.call("iam", "PutRolePolicy", {**role, **named})
        for arn in self.properties.get("ManagedPolicyArns", []):
            self.call("iam", "AttachRolePolicy", {**role, "PolicyArn": arn})

    def _drop_policies(self, properties: Properties) -> None:
        role = {"RoleName": self.name}
        for policy in properties.get("Policies", []):
            parameters = {**role, "PolicyName": policy["PolicyName"]}
            self.call("iam", "DeleteRolePolicy", parameters)
        for arn in properties.get("ManagedPolicyArns", []):
            self.call("iam", "DetachRolePolicy", {**role, "PolicyArn": arn})


class Policy(ApiResource, CloudFormationModel):
    """An inline policy of the roles it names."""

    type_name: ClassVar[str] = "AWS::IAM::Policy"
    returns: ClassVar[frozenset[str]] = frozenset({"Id"})

    def create(self) -> None:
        self.physical_resource_id = self.name
        self.values = {"Id": self.name}
        self._put(self.take("PolicyName", "PolicyDocument", "Roles"))

    def update(self, before: Properties) -> None:
        self._drop(before)
        self._put(self.properties)

    def remove(self) -> None:
        self._drop(self.properties)

    def _put(self, properties: Properties) -> None:
        document = json.dumps(properties["PolicyDocument"])
        for role in self._roles(properties):
            parameters = {"RoleName": role, "PolicyName": properties["PolicyName"]}
            self.call("iam", "PutRolePolicy", {**parameters, "PolicyDocument": document})

    def _drop(self, properties: Properties) -> None:
        for role in self._roles(properties):
            parameters = {"RoleName": role, "PolicyName": properties["PolicyName"]}
            self.call("iam", "DeleteRolePolicy", parameters)

    def _roles(self, properties: Properties) -> list[Any]:
        return list(properties.get("Roles", []))


class OidcProvider(ApiResource, CloudFormationModel):
    """An identity provider, such as GitHub, whose tokens roles trust."""

    type_name: ClassVar[str] = "AWS::IAM::OIDCProvider"
    returns: ClassVar[frozenset[str]] = frozenset({"Arn"})
    replaced_by: ClassVar[frozenset[str]] = frozenset({"Url"})

    def create(self) -> None:
        chosen = self.take("Url", "ThumbprintList", "ClientIdList", "Tags")
        answer = self.call("iam", "CreateOpenIDConnectProvider", chosen)
        self.physical_resource_id = answer["OpenIDConnectProviderArn"]
        self.values = {"Arn": self.physical_resource_id}

    def remove(self) -> None:
        provider = {"OpenIDConnectProviderArn": self.physical_resource_id}
        self.call("iam", "DeleteOpenIDConnectProvider", provider)
