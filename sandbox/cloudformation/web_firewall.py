"""AWS::WAFv2, which moto's CloudFormation lacks."""

from __future__ import annotations

from typing import ClassVar

from moto.core.common_models import CloudFormationModel

from .api import Properties
from .resource import ApiResource

SERVICE = "wafv2"
CHANGEABLE = (
    *("AssociationConfig", "CaptchaConfig", "ChallengeConfig", "CustomResponseBodies"),
    *("DefaultAction", "Description", "Rules", "TokenDomains", "VisibilityConfig"),
)


class WebAcl(ApiResource, CloudFormationModel):
    """A web ACL with its rules."""

    type_name: ClassVar[str] = "AWS::WAFv2::WebACL"
    name_property: ClassVar[str] = "Name"
    returns: ClassVar[frozenset[str]] = frozenset({"Arn", "Id"})
    replaced_by: ClassVar[frozenset[str]] = frozenset({"Name", "Scope"})

    def create(self) -> None:
        chosen = self.take("Scope", "Tags", *CHANGEABLE)
        self.take("Name")
        made = self.call(SERVICE, "CreateWebACL", {"Name": self.name, **chosen})["Summary"]
        self.values = {"Arn": made["ARN"], "Id": made["Id"]}
        self.physical_resource_id = f"{self.name}|{made['Id']}|{chosen['Scope']}"

    def update(self, before: Properties) -> None:
        self.call(SERVICE, "UpdateWebACL", {**self._lock(), **self.take(*CHANGEABLE)})

    def remove(self) -> None:
        self.call(SERVICE, "DeleteWebACL", self._lock())

    def _lock(self) -> Properties:
        """The identity with the token without which a change is refused."""
        identity = {"Name": self.name, "Id": self.values["Id"], **self.take("Scope")}
        return {**identity, "LockToken": self.call(SERVICE, "GetWebACL", identity)["LockToken"]}


class WebAclAssociation(ApiResource, CloudFormationModel):
    """What a web ACL protects."""

    type_name: ClassVar[str] = "AWS::WAFv2::WebACLAssociation"
    replaced_by: ClassVar[frozenset[str]] = frozenset({"ResourceArn", "WebACLArn"})

    def create(self) -> None:
        chosen = self.take("ResourceArn", "WebACLArn")
        self.call(SERVICE, "AssociateWebACL", chosen)
        self.physical_resource_id = "|".join(chosen.values())

    def remove(self) -> None:
        self.call(SERVICE, "DisassociateWebACL", self.take("ResourceArn"))


class LoggingConfiguration(ApiResource, CloudFormationModel):
    """Where a web ACL logs to, what, and what it leaves out."""

    type_name: ClassVar[str] = "AWS::WAFv2::LoggingConfiguration"
    replaced_by: ClassVar[frozenset[str]] = frozenset({"ResourceArn"})

    def create(self) -> None:
        self._put()
        self.physical_resource_id = self.properties["ResourceArn"]

    def update(self, before: Properties) -> None:
        self._put()

    def remove(self) -> None:
        self.call(SERVICE, "DeleteLoggingConfiguration", self.take("ResourceArn"))

    def _put(self) -> None:
        chosen = self.take("LogDestinationConfigs", "LoggingFilter", "RedactedFields")
        configuration = {**self.take("ResourceArn"), **chosen}
        self.call(SERVICE, "PutLoggingConfiguration", {"LoggingConfiguration": configuration})
