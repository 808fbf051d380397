"""What the containers of a task must be to each other, and to the task's size."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from infra.reading.node import Node
from infra.reading.rule import Finding, Rule
from infra.reading.stack import Resource, Stack
from infra.reading.tasks import (
    container_named,
    container_names,
    containers,
    is_essential,
    task_definitions,
)

REFERENCE: Final = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference"
# docs: API_HealthCheck
HEALTH_CHECK: Final = {
    "Interval": (5, 300),
    "Timeout": (2, 60),
    "Retries": (1, 10),
    "StartPeriod": (0, 300),
}


class ContainerNames(Rule):
    """Container names."""

    id = "E9504"
    shortdesc = "No two containers of a task have the same name"
    description = "ECS refuses a task definition in which a container's name occurs twice."
    source_url = f"{REFERENCE}/API_ContainerDefinition.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for task in task_definitions(stack):
            seen: set[str] = set()
            for container in containers(task):
                name = container["Name"].text()
                if name is not None and name in seen:
                    wrong = "two containers of a task have the same name"
                    yield Finding(container["Name"], wrong, name, "rename one of them")
                seen.add(name or "")


class ContainerSizes(Rule):
    """Memory and CPU of containers, against those of the task."""

    id = "E9505"
    shortdesc = "A task's containers fit into its CPU and memory"
    description = "ECS refuses containers that reserve more than their task has."
    source_url = f"{REFERENCE}/API_ContainerDefinition.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for task in task_definitions(stack):
            for container in containers(task):
                soft, hard = container["MemoryReservation"].number(), container["Memory"].number()
                if soft is not None and hard is not None and soft > hard:
                    wrong = f"a container's reservation is at most its memory of {hard:.0f} MiB"
                    place = container["MemoryReservation"]
                    yield Finding(place, wrong, soft, "lower it, or raise Memory")
            yield from self._too_large(task, "Cpu", "Cpu", "CPU units")
            yield from self._too_large(task, "Memory", "MemoryReservation", "MiB")

    def _too_large(self, task: Resource, key: str, reserved: str, unit: str) -> Iterator[Finding]:
        size = task[key].number()
        wanted = [
            container[reserved if container[reserved].exists else key].number(absent=0)
            for container in containers(task)
        ]
        total = sum(number or 0 for number in wanted)
        if size is not None and total > size:
            wrong = f"the containers' {key} adds up to at most the task's {size:.0f} {unit}"
            place = task["ContainerDefinitions"]
            yield Finding(place, wrong, total, f"lower them, or raise the task's {key}")


class HealthCheckValues(Rule):
    """A container's own health check."""

    id = "E9506"
    shortdesc = "A container's health check has a form and times that ECS takes"
    description = "ECS refuses a health check whose command or times it cannot use."
    source_url = f"{REFERENCE}/API_HealthCheck.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for task in task_definitions(stack):
            for container in containers(task):
                yield from self._of(container["HealthCheck"])

    def _of(self, check: Node) -> Iterator[Finding]:
        first = [item.text() for item in check["Command"].items()][:1]
        if first and first[0] not in (None, "CMD", "CMD-SHELL", "NONE"):
            remedy = "make CMD or CMD-SHELL an item of its own before it"
            yield Finding(
                check["Command"], "a health check begins with CMD or CMD-SHELL", first[0], remedy
            )
        for key, (low, high) in HEALTH_CHECK.items():
            number = check[key].number()
            if number is not None and not low <= number <= high:
                wrong = f"{key} of a container's health check is {low} to {high}"
                yield Finding(check[key], wrong, number, f"choose {low} to {high}")


class Dependencies(Rule):
    """DependsOn between containers."""

    id = "E9507"
    shortdesc = "A container waits only for what another one can become"
    description = (
        "ECS refuses a container that waits for one which is not there, for the health of one "
        "without a health check, or for the end of an essential one."
    )
    source_url = f"{REFERENCE}/API_ContainerDependency.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for task in task_definitions(stack):
            for container in containers(task):
                for dependency in container["DependsOn"].items():
                    yield from self._of(task, dependency)

    def _of(self, task: Resource, dependency: Node) -> Iterator[Finding]:
        place, condition = dependency["ContainerName"], dependency["Condition"].text()
        name, names = place.text(), container_names(task)
        other = container_named(task, name)
        if names is not None and name is not None and name not in names:
            wrong = "a container waits for one that the task does not have"
            yield Finding(place, wrong, name, f"name one of {', '.join(sorted(names))}")
        if other is None:
            return
        if condition == "HEALTHY" and not other["HealthCheck"].exists:
            wrong = "a container waits for the health of one that has no HealthCheck"
            yield Finding(place, wrong, name, "give that one a HealthCheck, or wait for START")
        if condition in ("COMPLETE", "SUCCESS") and is_essential(other):
            wrong = "a container waits for the end of an essential one"
            yield Finding(place, wrong, name, "set that one's Essential to false")


class PortTwice(Rule):
    """Containers of a task that share one network interface."""

    id = "E9508"
    shortdesc = "No two containers of an awsvpc task map the same port"
    description = "ECS refuses it: the containers of such a task share one network interface."
    source_url = "https://github.com/aws/amazon-ecs-agent/issues/1220"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for task in task_definitions(stack):
            if task["NetworkMode"].text() not in ("awsvpc", "host"):
                continue
            seen: Counter[tuple[float | None, str | None]] = Counter()
            for container in containers(task):
                for mapping in container["PortMappings"].items():
                    port = mapping["ContainerPort"].number()
                    key = (port, mapping["Protocol"].text(absent="tcp"))
                    seen[key] += 1
                    if port is not None and key[1] is not None and seen[key] == 2:
                        place = mapping["ContainerPort"]
                        wrong = "two containers that share a network interface map the same port"
                        yield Finding(place, wrong, port, "choose another port for one of them")


class MountPoints(Rule):
    """Mount points and the volumes that they mount."""

    id = "E9509"
    shortdesc = "A mount point names a volume of its task"
    description = "ECS refuses a mount point whose volume the task definition does not have."
    source_url = f"{REFERENCE}/API_MountPoint.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for task in task_definitions(stack):
            listed = task["Volumes"].all_items()
            names = {volume["Name"].text() for volume in listed or []}
            if listed is None or None in names:
                continue
            for container in containers(task):
                for mount in container["MountPoints"].items():
                    name = mount["SourceVolume"].text()
                    if name is not None and name not in names:
                        wrong = "a mount point names a volume that the task does not have"
                        yield Finding(mount["SourceVolume"], wrong, name, "add it to Volumes")
