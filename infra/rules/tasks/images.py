"""Images: who may pull them, and for which processor they are."""

import re
from collections.abc import Iterator
from typing import Final

from infra.reading.node import Node
from infra.reading.permissions import lacks, role_of
from infra.reading.rule import Finding, Rule
from infra.reading.stack import Stack
from infra.reading.tasks import (
    containers,
    fargate_tasks,
    is_in_ecr,
    logs_to_cloudwatch,
    secrets,
    text_of,
)

EXECUTION_ROLE: Final = (
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html"
)
ARCHITECTURE: Final = re.compile(r"(?:^|[/:_.-])(arm64|aarch64|amd64|x86_64)(?=$|[/:_.@-])")


class ExecutionRole(Rule):
    """Tasks that need an execution role."""

    id = "E9516"
    shortdesc = "A Fargate task that pulls, logs or reads secrets has an execution role"
    description = "Without the role ECS refuses the task definition, or no task starts."
    source_url = EXECUTION_ROLE

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for task in fargate_tasks(stack):
            needs = {need for container in containers(task) for need in _needs(container)}
            if needs and not task["ExecutionRoleArn"].exists:
                wrong = f"the task needs an execution role ({', '.join(sorted(needs))})"
                remedy = "set ExecutionRoleArn to a role with AmazonECSTaskExecutionRolePolicy"
                yield Finding(task["ExecutionRoleArn"], wrong, None, remedy)


def _needs(container: Node) -> Iterator[str]:
    """What ECS does for a container in the name of the execution role."""
    if is_in_ecr(container["Image"]):
        yield "its image lies in ECR"
    if logs_to_cloudwatch(container):
        yield "it logs to CloudWatch"
    if secrets(container):
        yield "it names secrets"


class ImagePermission(Rule):
    """Pulling from ECR."""

    id = "E9517"
    shortdesc = "The execution role may pull the task's image from ECR"
    description = "A repository's policy cannot allow the login: the role must, or no task starts."
    source_url = EXECUTION_ROLE

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for task in fargate_tasks(stack):
            role = role_of(task["ExecutionRoleArn"])
            if role is None or not lacks(stack, role, "ecr:GetAuthorizationToken"):
                continue
            for container in containers(task):
                if is_in_ecr(container["Image"]):
                    wrong = "the execution role may not ecr:GetAuthorizationToken for the image"
                    remedy = "allow it, for example by AmazonECSTaskExecutionRolePolicy"
                    yield Finding(container["Image"], wrong, role.logical_id, remedy)


class ImageArchitecture(Rule):
    """Images whose name tells their processor."""

    id = "W9518"
    shortdesc = "An image named for a processor runs on that processor"
    description = "An image for another processor ends at once with `exec format error`."
    source_url = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-arm64.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for task in fargate_tasks(stack):
            wanted = task["RuntimePlatform"]["CpuArchitecture"].text(absent="X86_64")
            for container in containers(task):
                named = ARCHITECTURE.findall(text_of(container["Image"]))
                found = {"ARM64" if name in ("arm64", "aarch64") else "X86_64" for name in named}
                if wanted is not None and found and wanted not in found:
                    wrong = f"the image is named for another processor than the task's {wanted}"
                    remedy = "set RuntimePlatform.CpuArchitecture to the image's"
                    yield Finding(container["Image"], wrong, named[0], remedy)
