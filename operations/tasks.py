"""What a service's Fargate tasks cost: how many there are at each level, and how large they are."""

import json
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, Final

from infra.container_env import ServiceMetric
from operations.capacity import tasks_by_provider
from operations.charges import HOURS, Charge
from operations.stage import Resource, Template

SERVICE: Final = "AWS::ECS::Service"
SCALABLE_TARGET: Final = "AWS::ApplicationAutoScaling::ScalableTarget"

FREE_DISK_GIB: Final = 20
"""Of each Fargate task: https://aws.amazon.com/fargate/pricing/"""

ARM: Final = "ARM64"
TASKS: Final = {"FARGATE": "task", "FARGATE_SPOT": "task on Spot at half price"}
"""By capacity provider. AWS moves the price of Spot, mostly below half (prices.toml)."""


class Level(StrEnum):
    """How many tasks run all month.

    Idle: none, because somebody or a schedule set the count to 0. What then costs is there whether
    or not anybody asks. Minimum and maximum: the bounds of the service's scaling; of its schedules
    only the highest counts, because what they lower is between the minimum and idle.
    """

    IDLE = "idle"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"


def task_charges(service: Resource, template: Template, level: Level) -> Iterator[Charge]:
    """What a service's tasks cost, and what they ask of AWS by themselves; none where none runs."""
    count = task_count(service, template, level)
    definition = task_definition(service, template)
    for provider, tasks in tasks_by_provider(service, count).items():
        yield from _sizes(definition, provider, tasks)
    if count:
        yield from _disk(definition, count)
        yield from _metrics(service, definition)
        yield from _reads(definition, count)


def _sizes(definition: Mapping[str, Any], provider: str, tasks: int) -> Iterator[Charge]:
    vcpus, gigabytes = vcpus_of(definition), int(definition["Memory"]) / 1024
    kind = f"{provider.lower()}{'_arm' if processors_of(definition) == ARM else ''}"
    name = TASKS.get(provider, "task of another kind")
    yield Charge(f"{name} ({vcpus:g} vCPUs)", tasks, f"{kind}_vcpu_hour", vcpus * HOURS)
    yield Charge(f"{name} ({gigabytes:g} GB)", tasks, f"{kind}_gb_hour", gigabytes * HOURS)


def _disk(definition: Mapping[str, Any], tasks: int) -> Iterator[Charge]:
    disk = int(definition.get("EphemeralStorage", {}).get("SizeInGiB", FREE_DISK_GIB))
    if disk > FREE_DISK_GIB:
        what = f"task's disk ({disk} GiB)"
        yield Charge(what, tasks, "fargate_disk_gb_hour", (disk - FREE_DISK_GIB) * HOURS)


def _metrics(service: Resource, definition: Mapping[str, Any]) -> Iterator[Charge]:
    """Those that all tasks write together, and those of ECS's that are asked for in more detail."""
    if environment_of(definition).get("LLM_METRICS_NAMESPACE"):
        yield Charge("metric that tasks write", len(ServiceMetric), "custom_metric_month", 1)
    asked = service.properties.get("Monitoring", {}).get("MetricConfigurations", ())
    for item in asked:
        detailed = len(item["MetricNames"])
        yield Charge(
            f"{item['ResolutionSeconds']}-second metric", detailed, "custom_metric_month", 1
        )


def _reads(definition: Mapping[str, Any], tasks: int) -> Iterator[Charge]:
    """Each task reads the API keys again and again, whoever asks."""
    environment = environment_of(definition)
    if "keys" in (environment.get("LLM_REST_AUTH"), environment.get("LLM_GRPC_AUTH")):
        reads = HOURS * 3600 / int(environment["LLM_KEYS_POLL_SECONDS"])
        yield Charge("task's reads of the API keys", tasks, "secret_read", reads)


def task_count(service: Resource, template: Template, level: Level) -> int:
    """How many tasks run at this level; a deploy leaves the desired count alone."""
    if level is Level.IDLE:
        return 0
    if "DesiredCount" in service.properties:
        return int(service.properties["DesiredCount"])
    target = _scalable_target(service, template)
    if target is None:
        return 1  # what ECS runs where nothing says a number
    if level is Level.MINIMUM:
        return int(target["MinCapacity"])
    scheduled = [action["ScalableTargetAction"] for action in target.get("ScheduledActions", ())]
    return max(int(bounds.get("MaxCapacity", 0)) for bounds in (target, *scheduled))


def _scalable_target(service: Resource, template: Template) -> dict[str, Any] | None:
    for body in template["Resources"].values():
        if body["Type"] == SCALABLE_TARGET:
            properties: dict[str, Any] = body["Properties"]
            if f'"{service.logical_id}"' in json.dumps(properties["ResourceId"]):
                return properties
    return None


def task_definition(service: Resource, template: Template) -> dict[str, Any]:
    """The properties of what the service runs."""
    reference = service.properties["TaskDefinition"]["Ref"]
    properties: dict[str, Any] = template["Resources"][reference]["Properties"]
    return properties


def vcpus_of(definition: Mapping[str, Any]) -> float:
    """Of one task: Fargate's unit is a 1024th."""
    return int(definition["Cpu"]) / 1024


def processors_of(definition: Mapping[str, Any]) -> str:
    """X86_64, which Fargate takes where nothing is said, or ARM64."""
    return str(definition.get("RuntimePlatform", {}).get("CpuArchitecture", "X86_64"))


def environment_of(definition: Mapping[str, Any]) -> dict[str, Any]:
    """The container's variables; a value may be one of CloudFormation's functions."""
    return {
        item["Name"]: item["Value"]
        for container in definition.get("ContainerDefinitions", ())
        for item in container.get("Environment", ())
    }
