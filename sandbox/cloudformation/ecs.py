"""AWS::ECS: clusters, task definitions and services with all that moto's CloudFormation drops."""

from __future__ import annotations

from typing import ClassVar

from moto.cloudformation.exceptions import ValidationError
from moto.core.common_models import CloudFormationModel

from ..control_plane import deployments, state
from .api import Properties
from .resource import ApiResource

CLUSTER_PROPERTIES = (
    "ClusterName",
    "ClusterSettings",
    "Configuration",
    "CapacityProviders",
    "DefaultCapacityProviderStrategy",
    "ServiceConnectDefaults",
    "Tags",
)
# UpdateService has no parameter for these.
CREATION_ONLY = ("LaunchType", "DeploymentController")


class Cluster(ApiResource, CloudFormationModel):
    """Keeps Container Insights and the capacity providers."""

    type_name: ClassVar[str] = "AWS::ECS::Cluster"
    name_property: ClassVar[str] = "ClusterName"
    returns: ClassVar[frozenset[str]] = frozenset({"Arn"})
    replaced_by: ClassVar[frozenset[str]] = frozenset({"ClusterName"})

    def create(self) -> None:
        parameters = self.take(*CLUSTER_PROPERTIES)
        settings = parameters.pop("ClusterSettings", None)
        parameters |= {"settings": settings} if settings else {}
        parameters["ClusterName"] = self.name
        cluster = self.call("ecs", "CreateCluster", parameters)["cluster"]
        self.physical_resource_id = self.name
        self.values = {"Arn": cluster["clusterArn"]}

    def update(self, before: Properties) -> None:
        chosen = self.take("Configuration", "ServiceConnectDefaults")
        settings = self.properties.get("ClusterSettings", [])
        self.call("ecs", "UpdateCluster", {"cluster": self.name, "settings": settings, **chosen})
        providers = {
            "capacityProviders": self.properties.get("CapacityProviders", []),
            "defaultCapacityProviderStrategy": self.properties.get(
                "DefaultCapacityProviderStrategy", []
            ),
        }
        self.call("ecs", "PutClusterCapacityProviders", {"cluster": self.name, **providers})

    def remove(self) -> None:
        self.call("ecs", "DeleteCluster", {"cluster": self.name})


class CapacityProviders(ApiResource, CloudFormationModel):
    """The cluster's capacity providers, which CDK writes as a resource of their own."""

    type_name: ClassVar[str] = "AWS::ECS::ClusterCapacityProviderAssociations"
    replaced_by: ClassVar[frozenset[str]] = frozenset({"Cluster"})

    def create(self) -> None:
        self.physical_resource_id = self.take("Cluster")["Cluster"]
        self._put(self.take("CapacityProviders", "DefaultCapacityProviderStrategy"))

    def update(self, before: Properties) -> None:
        self._put(self.take("CapacityProviders", "DefaultCapacityProviderStrategy"))

    def remove(self) -> None:
        self._put({"CapacityProviders": [], "DefaultCapacityProviderStrategy": []})

    def _put(self, providers: Properties) -> None:
        cluster = {"cluster": self.physical_resource_id}
        self.call("ecs", "PutClusterCapacityProviders", {**cluster, **providers})


class TaskDefinition(ApiResource, CloudFormationModel):
    """A revision of a family; every change but one of tags makes a new revision."""

    type_name: ClassVar[str] = "AWS::ECS::TaskDefinition"
    returns: ClassVar[frozenset[str]] = frozenset({"TaskDefinitionArn"})
    replaced_by: ClassVar[frozenset[str]] = frozenset(
        {
            "ContainerDefinitions",
            "Cpu",
            "EnableFaultInjection",
            "EphemeralStorage",
            "ExecutionRoleArn",
            "Family",
            "InferenceAccelerators",
            "IpcMode",
            "Memory",
            "NetworkMode",
            "PidMode",
            "PlacementConstraints",
            "ProxyConfiguration",
            "RequiresCompatibilities",
            "RuntimePlatform",
            "TaskRoleArn",
            "Volumes",
        }
    )

    def create(self) -> None:
        parameters = self.take(*self.replaced_by, "Tags")
        parameters["Family"] = self.properties.get("Family", self.name)
        parameters["Volumes"] = [_api_volume(item) for item in parameters.get("Volumes", [])]
        answer = self.call("ecs", "RegisterTaskDefinition", parameters)
        self.physical_resource_id = answer["taskDefinition"]["taskDefinitionArn"]
        self.values = {"TaskDefinitionArn": self.physical_resource_id}

    def remove(self) -> None:
        name = {"taskDefinition": self.physical_resource_id}
        self.call("ecs", "DeregisterTaskDefinition", name)


def _api_volume(volume: Properties) -> Properties:
    """CloudFormation and the API spell one key of an EFS volume differently."""
    efs = dict(volume.get("EFSVolumeConfiguration", {}))
    if "FilesystemId" in efs:
        efs["fileSystemId"] = efs.pop("FilesystemId")
    return {**volume, **({"efsVolumeConfiguration": efs} if efs else {})}


class Service(ApiResource, CloudFormationModel):
    """A service with its load balancers, capacity, network and rollout settings.

    Where a runner is attached, create and update wait for the rollout as CloudFormation does, and
    fail when the circuit breaker stops it.
    """

    type_name: ClassVar[str] = "AWS::ECS::Service"
    name_property: ClassVar[str] = "ServiceName"
    returns: ClassVar[frozenset[str]] = frozenset({"Name", "ServiceArn"})
    replaced_by: ClassVar[frozenset[str]] = frozenset(
        {"Cluster", "Role", "SchedulingStrategy", "ServiceName"}
    )
    takes_all: ClassVar[bool] = True

    def create(self) -> None:
        parameters = {**self.properties, "ServiceName": self.name}
        # "Defaults to 1 when not specified": AWS::ECS::Service, DesiredCount. The scalable target
        # then raises it to its minimum.
        parameters.setdefault("DesiredCount", 1)
        service = self.call("ecs", "CreateService", parameters)["service"]
        self.physical_resource_id = service["serviceArn"]
        self.values = {"Name": self.name, "ServiceArn": service["serviceArn"]}
        self._wait()

    def update(self, before: Properties) -> None:
        fixed = [key for key in CREATION_ONLY if self.changed(before, key)]
        if fixed:
            raise ValidationError(
                message=f"{self.type_name}: ECS cannot change {', '.join(fixed)} of a service; "
                "run `make down`, then `make up`"
            )
        self.call("ecs", "UpdateService", {**self.properties, **self._address()}, loose=True)
        self._wait()

    def remove(self) -> None:
        self.call("ecs", "DeleteService", {**self._address(), "force": True})

    def _wait(self) -> None:
        service = state.find_service(self.account, self.region, self.physical_resource_id)
        identity = str(service.deployments[0]["id"])
        deployments.wait_for_rollout(service, identity, cancelled=self.cancelled)

    def _address(self) -> Properties:
        return {"cluster": self.properties.get("Cluster", "default"), "service": self.name}
