"""What Fargate does not do, though a task definition may ask for it."""

from collections.abc import Iterator
from typing import Final

from infra.reading.node import Node
from infra.reading.rule import Finding, Rule
from infra.reading.stack import Resource, Stack
from infra.reading.tasks import containers, fargate_tasks

REFERENCE: Final = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference"


class FargateTimeouts(Rule):
    """StopTimeout and StartTimeout."""

    id = "E9501"
    shortdesc = "Fargate's start and stop timeouts are 2 to 120 seconds"
    description = "ECS refuses a task definition for Fargate with a timeout beyond 120 seconds."
    source_url = f"{REFERENCE}/API_ContainerDefinition.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for task in fargate_tasks(stack):
            for container in containers(task):
                for key in ("StopTimeout", "StartTimeout"):
                    seconds = container[key].number()
                    if seconds is not None and not 2 <= seconds <= 120:
                        yield Finding(
                            container[key],
                            f"{key} on Fargate is 2 to 120 seconds",
                            seconds,
                            "set 120 or less: what has to end later is waited for by the target "
                            "group's deregistration delay, before ECS stops the task",
                        )


class FargateLacks(Rule):
    """Parameters that ECS refuses for Fargate."""

    id = "E9502"
    shortdesc = "A Fargate task asks for nothing that only a host of one's own has"
    description = "ECS refuses a task definition for Fargate that asks for what only a host has."
    source_url = (
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html"
    )

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for task in fargate_tasks(stack):
            for name, node, remedy in _asked(task):
                if node.exists and node.flag() is not False:
                    wrong = f"{name} is not to be had on Fargate"
                    yield Finding(node, wrong, node.text() or "a value", remedy)


def _asked(task: Resource) -> Iterator[tuple[str, Node, str]]:
    """What a task asks for in vain: its name and place, and what to do instead."""
    yield "IpcMode", task["IpcMode"], "remove it"
    if task["PidMode"].text() == "host":
        yield "PidMode host", task["PidMode"], "remove it, or set task"
    for volume in task["Volumes"].items():
        host, docker = volume["Host"]["SourcePath"], volume["DockerVolumeConfiguration"]
        yield "a host's path", host, "remove it: the volume is then empty at first"
        yield "a Docker volume", docker, "use a bind mount, EFS or an EBS volume"
    for container in containers(task):
        for key in ("Privileged", "DockerSecurityOptions"):
            yield key, container[key], "remove it"
        linux = container["LinuxParameters"]
        for key in ("Devices", "SharedMemorySize", "MaxSwap", "Swappiness"):
            yield key, linux[key], "remove it"
        for item in linux["Capabilities"]["Add"].items():
            if item.text() not in (None, "SYS_PTRACE"):
                yield "this capability", item, "remove it: SYS_PTRACE alone can be added"
        for item in container["ResourceRequirements"].items():
            if item["Type"].text() == "GPU":
                yield "a GPU", item["Type"], "run the task on Managed Instances or EC2"


class EphemeralStorage(Rule):
    """The disk of a task."""

    id = "E9503"
    shortdesc = "A Fargate task's ephemeral storage is 21 to 200 GiB"
    description = "ECS refuses another size; 20 GiB is what a task has that does not ask."
    source_url = f"{REFERENCE}/API_EphemeralStorage.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for task in fargate_tasks(stack):
            size = task["EphemeralStorage"]["SizeInGiB"]
            gib = size.number()
            if gib is not None and not 21 <= gib <= 200:
                wrong = "ephemeral storage is 21 to 200 GiB"
                yield Finding(size, wrong, gib, "leave it out for 20 GiB, or choose 21 to 200")
