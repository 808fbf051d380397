"""AWS::ApiGateway and VPC links: moto's CloudFormation drops most of what an API is made of."""

from __future__ import annotations

from typing import Any, ClassVar

from moto.core.common_models import CloudFormationModel

from .api import Properties
from .resource import ApiResource

SERVICE = "apigateway"
METHOD_SETTINGS = {
    "DataTraceEnabled": "logging/dataTrace",
    "LoggingLevel": "logging/loglevel",
    "MetricsEnabled": "metrics/enabled",
    "ThrottlingBurstLimit": "throttling/burstLimit",
    "ThrottlingRateLimit": "throttling/rateLimit",
}


def replace(path: str, value: Any) -> dict[str, str]:
    """A patch operation, of which all of this API's updates are made."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return {"op": "replace", "path": path, "value": text}


class RestApi(ApiResource, CloudFormationModel):
    """A REST API without resources."""

    type_name: ClassVar[str] = "AWS::ApiGateway::RestApi"
    name_property: ClassVar[str] = "Name"
    returns: ClassVar[frozenset[str]] = frozenset({"RestApiId", "RootResourceId"})

    def create(self) -> None:
        chosen = self.take(
            *("Description", "DisableExecuteApiEndpoint", "EndpointAccessMode"),
            *("EndpointConfiguration", "SecurityPolicy", "Tags"),
        )
        self.take("Name")
        made = self.call(SERVICE, "CreateRestApi", {"Name": self.name, **chosen})
        self.physical_resource_id = made["id"]
        root = self._root()
        self.values = {"RestApiId": made["id"], "RootResourceId": root}

    def update(self, before: Properties) -> None:
        changes = [
            replace(f"/{key[0].lower()}{key[1:]}", value)
            for key, value in self.take("Description", "Name").items()
        ]
        parameters = {"RestApiId": self.physical_resource_id, "PatchOperations": changes}
        self.call(SERVICE, "UpdateRestApi", parameters)

    @property
    def tagged_as(self) -> str:
        return f"arn:aws:apigateway:{self.region}::/restapis/{self.physical_resource_id}"

    def remove(self) -> None:
        self.call(SERVICE, "DeleteRestApi", {"RestApiId": self.physical_resource_id})

    def _root(self) -> str:
        answer = self.call(SERVICE, "GetResources", {"RestApiId": self.physical_resource_id})
        (root,) = [item["id"] for item in answer["items"] if item["path"] == "/"]
        return str(root)


class Resource(ApiResource, CloudFormationModel):
    """A path of an API."""

    type_name: ClassVar[str] = "AWS::ApiGateway::Resource"
    returns: ClassVar[frozenset[str]] = frozenset({"ResourceId"})
    replaced_by: ClassVar[frozenset[str]] = frozenset({"ParentId", "PathPart", "RestApiId"})

    def create(self) -> None:
        chosen = self.take("ParentId", "PathPart", "RestApiId")
        self.physical_resource_id = self.call(SERVICE, "CreateResource", chosen)["id"]
        self.values = {"ResourceId": self.physical_resource_id}

    def remove(self) -> None:
        identity = {"ResourceId": self.physical_resource_id, **self.take("RestApiId")}
        self.call(SERVICE, "DeleteResource", identity)


class Method(ApiResource, CloudFormationModel):
    """A method with its integration."""

    type_name: ClassVar[str] = "AWS::ApiGateway::Method"
    replaced_by: ClassVar[frozenset[str]] = frozenset({"HttpMethod", "ResourceId", "RestApiId"})

    def create(self) -> None:
        self.physical_resource_id = "|".join(self.take(*sorted(self.replaced_by)).values())
        self._put()

    def update(self, before: Properties) -> None:
        self._put()

    def remove(self) -> None:
        self.call(SERVICE, "DeleteMethod", self.take(*self.replaced_by))

    def _put(self) -> None:
        identity = self.take(*self.replaced_by)
        chosen = self.take("ApiKeyRequired", "AuthorizationType", "RequestParameters")
        self.call(SERVICE, "PutMethod", {**identity, **chosen})
        integration = self.take("Integration").get("Integration")
        if integration:
            self.call(SERVICE, "PutIntegration", {**identity, **integration})


class Deployment(ApiResource, CloudFormationModel):
    """A snapshot of an API; CloudFormation makes another for each change."""

    type_name: ClassVar[str] = "AWS::ApiGateway::Deployment"
    returns: ClassVar[frozenset[str]] = frozenset({"DeploymentId"})
    replaced_by: ClassVar[frozenset[str]] = frozenset({"DeploymentCanarySettings", "RestApiId"})

    def create(self) -> None:
        made = self.call(SERVICE, "CreateDeployment", self.take("Description", "RestApiId"))
        self.physical_resource_id = made["id"]
        self.values = {"DeploymentId": made["id"]}

    def remove(self) -> None:
        identity = {"DeploymentId": self.physical_resource_id, **self.take("RestApiId")}
        self.call(SERVICE, "DeleteDeployment", identity)


class Stage(ApiResource, CloudFormationModel):
    """A deployment under a name, with its request limits and its access log."""

    type_name: ClassVar[str] = "AWS::ApiGateway::Stage"
    replaced_by: ClassVar[frozenset[str]] = frozenset({"RestApiId", "StageName"})

    def create(self) -> None:
        chosen = self.take("DeploymentId", "Description", "RestApiId", "StageName", "Tags")
        self.call(SERVICE, "CreateStage", chosen)
        self.physical_resource_id = chosen["StageName"]
        self._patch(self._settings())

    def update(self, before: Properties) -> None:
        deployment = replace("/deploymentId", self.properties["DeploymentId"])
        self._patch([deployment, *self._settings()])

    @property
    def tagged_as(self) -> str:
        api, stage = self.properties["RestApiId"], self.properties["StageName"]
        return f"arn:aws:apigateway:{self.region}::/restapis/{api}/stages/{stage}"

    def remove(self) -> None:
        self.call(SERVICE, "DeleteStage", self.take("RestApiId", "StageName"))

    def _settings(self) -> list[dict[str, str]]:
        log = self.take("AccessLogSetting").get("AccessLogSetting", {})
        changes = [
            replace(f"/accessLogSettings/{key[0].lower()}{key[1:]}", value)
            for key, value in log.items()
        ]
        for setting in self.take("MethodSettings").get("MethodSettings", []):
            scope = f"{setting['ResourcePath']}/{setting['HttpMethod']}"
            changes += [
                replace(f"{scope}/{path}", setting[key])
                for key, path in METHOD_SETTINGS.items()
                if key in setting
            ]
        return changes

    def _patch(self, changes: list[dict[str, str]]) -> None:
        parameters = {**self.take("RestApiId", "StageName"), "PatchOperations": changes}
        self.call(SERVICE, "UpdateStage", parameters)


class VpcLink(ApiResource, CloudFormationModel):
    """An API's way into a VPC, of the second version."""

    type_name: ClassVar[str] = "AWS::ApiGatewayV2::VpcLink"
    name_property: ClassVar[str] = "Name"
    returns: ClassVar[frozenset[str]] = frozenset({"VpcLinkId"})
    replaced_by: ClassVar[frozenset[str]] = frozenset({"SecurityGroupIds", "SubnetIds"})

    def create(self) -> None:
        chosen = self.take("SecurityGroupIds", "SubnetIds", "Tags")
        self.take("Name")
        made = self.call("apigatewayv2", "CreateVpcLink", {"Name": self.name, **chosen})
        self.physical_resource_id = made["VpcLinkId"]
        self.values = {"VpcLinkId": made["VpcLinkId"]}

    def update(self, before: Properties) -> None:
        identity = {"VpcLinkId": self.physical_resource_id}
        self.call("apigatewayv2", "UpdateVpcLink", {**identity, **self.take("Name")})

    @property
    def tagged_as(self) -> str:
        return f"arn:aws:apigateway:{self.region}::/vpclinks/{self.physical_resource_id}"

    def remove(self) -> None:
        self.call("apigatewayv2", "DeleteVpcLink", {"VpcLinkId": self.physical_resource_id})
