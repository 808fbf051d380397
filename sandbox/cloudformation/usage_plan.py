"""AWS::ApiGateway's usage plans and keys, which moto's CloudFormation lacks."""

from __future__ import annotations

from typing import ClassVar

from moto.core.common_models import CloudFormationModel

from .resource import ApiResource

SERVICE = "apigateway"


class UsagePlan(ApiResource, CloudFormationModel):
    """What each key may ask of the stages of APIs."""

    type_name: ClassVar[str] = "AWS::ApiGateway::UsagePlan"
    name_property: ClassVar[str] = "UsagePlanName"
    returns: ClassVar[frozenset[str]] = frozenset({"Id"})

    def create(self) -> None:
        chosen = self.take("ApiStages", "Description", "Quota", "Tags", "Throttle")
        self.take("UsagePlanName")
        made = self.call(SERVICE, "CreateUsagePlan", {"Name": self.name, **chosen})
        self.physical_resource_id = made["id"]
        self.values = {"Id": made["id"]}

    @property
    def tagged_as(self) -> str:
        return f"arn:aws:apigateway:{self.region}::/usageplans/{self.physical_resource_id}"

    def remove(self) -> None:
        self.call(SERVICE, "DeleteUsagePlan", {"UsagePlanId": self.physical_resource_id})


class ApiKey(ApiResource, CloudFormationModel):
    """A key of API Gateway's own."""

    type_name: ClassVar[str] = "AWS::ApiGateway::ApiKey"
    name_property: ClassVar[str] = "Name"
    returns: ClassVar[frozenset[str]] = frozenset({"APIKeyId"})
    replaced_by: ClassVar[frozenset[str]] = frozenset({"GenerateDistinctId", "Name", "Value"})

    def create(self) -> None:
        chosen = self.take("Description", "Enabled", "StageKeys", "Tags", "Value")
        chosen |= self.take("GenerateDistinctId")
        self.take("Name")
        made = self.call(SERVICE, "CreateApiKey", {"Name": self.name, **chosen})
        self.physical_resource_id = made["id"]
        self.values = {"APIKeyId": made["id"]}

    @property
    def tagged_as(self) -> str:
        return f"arn:aws:apigateway:{self.region}::/apikeys/{self.physical_resource_id}"

    def remove(self) -> None:
        self.call(SERVICE, "DeleteApiKey", {"ApiKey": self.physical_resource_id})


class UsagePlanKey(ApiResource, CloudFormationModel):
    """A key's place in a plan."""

    type_name: ClassVar[str] = "AWS::ApiGateway::UsagePlanKey"
    returns: ClassVar[frozenset[str]] = frozenset({"Id"})
    replaced_by: ClassVar[frozenset[str]] = frozenset({"KeyId", "KeyType", "UsagePlanId"})

    def create(self) -> None:
        chosen = self.take(*self.replaced_by)
        self.call(SERVICE, "CreateUsagePlanKey", chosen)
        self.physical_resource_id = f"{chosen['KeyId']}:{chosen['UsagePlanId']}"
        self.values = {"Id": self.physical_resource_id}

    def remove(self) -> None:
        self.call(SERVICE, "DeleteUsagePlanKey", self.take("KeyId", "UsagePlanId"))
