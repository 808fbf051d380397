"""AWS::Lambda functions that run an image, and their URLs. Nothing invokes them here."""

from __future__ import annotations

from typing import ClassVar

from moto.core.common_models import CloudFormationModel

from .api import Properties
from .resource import ApiResource

CONFIGURATION = (
    "Description",
    "Environment",
    "EphemeralStorage",
    "LoggingConfig",
    "MemorySize",
    "Role",
    "Timeout",
    "TracingConfig",
)
SERVICE = "lambda"
NAME_LENGTH = 64
"""Lambda's limit; CloudFormation shortens the names it makes up."""


class Function(ApiResource, CloudFormationModel):
    """A function made of an image."""

    type_name: ClassVar[str] = "AWS::Lambda::Function"
    name_property: ClassVar[str] = "FunctionName"
    returns: ClassVar[frozenset[str]] = frozenset({"Arn"})
    replaced_by: ClassVar[frozenset[str]] = frozenset({"FunctionName", "PackageType"})

    def create(self) -> None:
        self.name = self.name[:NAME_LENGTH]
        chosen = self.take("Architectures", "Code", "PackageType", "Tags", *CONFIGURATION)
        self.take("FunctionName", "ReservedConcurrentExecutions")
        parameters = {**chosen, "FunctionName": self.name}
        made = self.call(SERVICE, "CreateFunction", parameters)
        self.physical_resource_id = self.name
        self.values = {"Arn": made["FunctionArn"]}
        self._reserve()

    def update(self, before: Properties) -> None:
        function = {"FunctionName": self.name}
        if self.changed(before, "Code") or self.changed(before, "Architectures"):
            code = {**self.properties["Code"], **self.take("Architectures")}
            self.call(SERVICE, "UpdateFunctionCode", {**function, **code})
        self.call(SERVICE, "UpdateFunctionConfiguration", {**function, **self.take(*CONFIGURATION)})
        self._reserve()

    def remove(self) -> None:
        self.call(SERVICE, "DeleteFunction", {"FunctionName": self.name})

    def _reserve(self) -> None:
        function = {"FunctionName": self.name}
        reserved = self.take("ReservedConcurrentExecutions")
        if reserved:
            self.call(SERVICE, "PutFunctionConcurrency", {**function, **reserved})
        else:
            self.call(SERVICE, "DeleteFunctionConcurrency", function)


class Url(ApiResource, CloudFormationModel):
    """The URL of a function."""

    type_name: ClassVar[str] = "AWS::Lambda::Url"
    returns: ClassVar[frozenset[str]] = frozenset({"FunctionArn", "FunctionUrl"})
    replaced_by: ClassVar[frozenset[str]] = frozenset({"Qualifier", "TargetFunctionArn"})

    def create(self) -> None:
        made = self.call(SERVICE, "CreateFunctionUrlConfig", self._parameters())
        self.physical_resource_id = made["FunctionArn"]
        self.values = {key: made[key] for key in ("FunctionArn", "FunctionUrl")}

    def update(self, before: Properties) -> None:
        self.call(SERVICE, "UpdateFunctionUrlConfig", self._parameters())

    def remove(self) -> None:
        function = {"FunctionName": self.properties["TargetFunctionArn"]}
        self.call(SERVICE, "DeleteFunctionUrlConfig", {**function, **self.take("Qualifier")})

    def _parameters(self) -> Properties:
        chosen = self.take("AuthType", "Cors", "InvokeMode", "Qualifier")
        return {**chosen, "FunctionName": self.take("TargetFunctionArn")["TargetFunctionArn"]}
