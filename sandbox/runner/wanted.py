"""What the deployed services ask for, read through the AWS APIs as the ECS agent would be told."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import boto3

# ECS's and the load balancer's own defaults where a template sets nothing.
DEFAULT_DEREGISTRATION_SECONDS = 300
DEFAULT_STOP_SECONDS = 30


@dataclass(frozen=True)
class TargetCheck:
    """A target group's health check."""

    grpc: bool
    path: str
    codes: str
    interval_seconds: float
    timeout_seconds: float
    healthy_count: int
    unhealthy_count: int

    def accepts(self, code: int) -> bool:
        """Whether the matcher ("200", "200,202", "200-299", "0") covers `code`."""
        for part in self.codes.split(","):
            first, _, last = part.partition("-")
            if int(first) <= code <= int(last or first):
                return True
        return False


@dataclass(frozen=True)
class Target:
    """A target group that the service's tasks are registered with."""

    arn: str
    container_port: int
    check: TargetCheck
    deregistration_seconds: float

    @property
    def transport(self) -> str:
        return "grpc" if self.check.grpc else "http"


@dataclass(frozen=True)
class ContainerCheck:
    """The health check of a container definition."""

    command: tuple[str, ...]
    interval_seconds: float
    timeout_seconds: float
    retries: int
    start_seconds: float


@dataclass(frozen=True)
class TaskSpec:
    """A revision of a task definition: its one container and how it is run."""

    arn: str
    image: str
    environment: dict[str, str]
    secrets: dict[str, str]
    ports: tuple[int, ...]
    check: ContainerCheck | None
    stop_seconds: float
    container: dict[str, Any] = field(repr=False)
    task: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Deployment:
    id: str
    task_definition: str


@dataclass(frozen=True)
class WantedService:
    """A service as ECS describes it."""

    arn: str
    name: str
    cluster: str
    desired: int
    primary: Deployment
    active: tuple[Deployment, ...]
    targets: tuple[Target, ...]
    minimum_percent: int
    maximum_percent: int
    breaker: bool
    grace_seconds: float

    @property
    def fewest(self) -> int:
        """Healthy tasks that a rollout keeps: ECS rounds minimumHealthyPercent up."""
        return math.ceil(self.desired * self.minimum_percent / 100)

    @property
    def most(self) -> int:
        """Tasks that a rollout may run: ECS rounds maximumPercent down."""
        return max(self.desired * self.maximum_percent // 100, 1)


class Reader:
    """Reads the services of all clusters; keeps what cannot change."""

    def __init__(self) -> None:
        self._ecs = boto3.client("ecs")
        self._elb = boto3.client("elbv2")
        self._scaling = boto3.client("application-autoscaling")
        self._secrets = boto3.client("secretsmanager")
        self._specs: dict[str, TaskSpec] = {}

    def services(self) -> list[WantedService]:
        """Every active service, raised to its scalable target's minimum."""
        found = []
        for cluster in self._ecs.list_clusters()["clusterArns"]:
            arns = self._ecs.list_services(cluster=cluster)["serviceArns"]
            if arns:
                described = self._ecs.describe_services(cluster=cluster, services=arns)
                found += [dict(item) for item in described["services"]]
        return [self._service(item) for item in found if item["status"] == "ACTIVE"]

    def spec(self, arn: str) -> TaskSpec:
        if arn not in self._specs:
            answer = self._ecs.describe_task_definition(taskDefinition=arn)
            self._specs[arn] = task_spec(dict(answer["taskDefinition"]))
        return self._specs[arn]

    def secret_values(self, spec: TaskSpec) -> dict[str, str]:
        """The container's secrets, read at task start only, as ECS does."""
        return {
            name: self._secrets.get_secret_value(SecretId=source)["SecretString"]
            for name, source in spec.secrets.items()
        }

    def _service(self, item: dict[str, Any]) -> WantedService:
        rollout = item.get("deploymentConfiguration", {})
        deployments = [Deployment(d["id"], d["taskDefinition"]) for d in item["deployments"]]
        return WantedService(
            arn=item["serviceArn"],
            name=item["serviceName"],
            cluster=item["clusterArn"],
            desired=self._scale(item),
            primary=deployments[0],
            active=tuple(deployments[1:]),
            targets=tuple(self._target(entry) for entry in item.get("loadBalancers", [])),
            minimum_percent=rollout.get("minimumHealthyPercent", 100),
            maximum_percent=rollout.get("maximumPercent", 200),
            breaker=rollout.get("deploymentCircuitBreaker", {}).get("enable", False),
            grace_seconds=item.get("healthCheckGracePeriodSeconds", 0),
        )

    def _scale(self, item: dict[str, Any]) -> int:
        """Hold the desired count in the scalable target's bounds, as Auto Scaling does."""
        cluster = item["clusterArn"].rpartition("/")[2]
        resource = f"service/{cluster}/{item['serviceName']}"
        targets = self._scaling.describe_scalable_targets(
            ServiceNamespace="ecs", ResourceIds=[resource]
        )["ScalableTargets"]
        desired = int(item["desiredCount"])
        if not targets:
            return desired
        bounded = min(max(desired, targets[0]["MinCapacity"]), targets[0]["MaxCapacity"])
        if bounded != desired:
            names = {"cluster": item["clusterArn"], "service": item["serviceName"]}
            self._ecs.update_service(**names, desiredCount=bounded)
        return bounded

    def _target(self, entry: dict[str, Any]) -> Target:
        arn = entry["targetGroupArn"]
        group = self._elb.describe_target_groups(TargetGroupArns=[arn])["TargetGroups"][0]
        listed = self._elb.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
        attributes = {item["Key"]: item["Value"] for item in listed}
        delay = attributes.get("deregistration_delay.timeout_seconds")
        return Target(
            arn=arn,
            container_port=entry["containerPort"],
            check=_target_check(dict(group)),
            deregistration_seconds=float(delay or DEFAULT_DEREGISTRATION_SECONDS),
        )


def _target_check(group: dict[str, Any]) -> TargetCheck:
    grpc = group.get("ProtocolVersion") == "GRPC"
    matcher = group.get("Matcher", {})
    return TargetCheck(
        grpc=grpc,
        path=group.get("HealthCheckPath") or "/",
        codes=matcher.get("GrpcCode", "12") if grpc else matcher.get("HttpCode", "200"),
        interval_seconds=float(group["HealthCheckIntervalSeconds"]),
        timeout_seconds=float(group["HealthCheckTimeoutSeconds"]),
        healthy_count=int(group["HealthyThresholdCount"]),
        unhealthy_count=int(group["UnhealthyThresholdCount"]),
    )


def task_spec(task: dict[str, Any]) -> TaskSpec:
    """The spec of a described task definition; the sandbox runs one container per task."""
    containers = task["containerDefinitions"]
    if len(containers) != 1:
        raise ValueError(
            f"{task['family']}: the sandbox runs one container per task: got {len(containers)}"
        )
    container = containers[0]
    return TaskSpec(
        arn=task["taskDefinitionArn"],
        image=container["image"],
        environment={item["name"]: item["value"] for item in container["environment"]},
        secrets={item["name"]: item["valueFrom"] for item in container.get("secrets", [])},
        ports=tuple(item["containerPort"] for item in container["portMappings"]),
        check=_container_check(container.get("healthCheck")),
        stop_seconds=container.get("stopTimeout", DEFAULT_STOP_SECONDS),
        container=container,
        task=task,
    )


def _container_check(check: dict[str, Any] | None) -> ContainerCheck | None:
    if check is None:
        return None
    return ContainerCheck(
        command=tuple(check["command"]),
        interval_seconds=check.get("interval", 30),
        timeout_seconds=check.get("timeout", 5),
        retries=check.get("retries", 3),
        start_seconds=check.get("startPeriod", 0),
    )
