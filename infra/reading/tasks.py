"""Task definitions and their containers."""

import re
from typing import Final, Literal

from infra.reading.functions import function_of
from infra.reading.node import Node
from infra.reading.stack import Resource, Stack

TASK: Final = "AWS::ECS::TaskDefinition"
OF_SECRETS_MANAGER: Final = "AWS::SecretsManager::Secret"
OF_PARAMETER_STORE: Final = "AWS::SSM::Parameter"
# A secret that is named without its ARN. Parameters lie in folders: /app/db/password.
NAME: Final = re.compile(r"/?[\w.-]+(/[\w.-]+)*")

Store = Literal["secretsmanager", "ssm"]


def task_definitions(stack: Stack) -> list[Resource]:
    """The task definitions of a stack."""
    return stack.resources(TASK)


def fargate_tasks(stack: Stack) -> list[Resource]:
    """Those that are to be checked for Fargate when they are registered."""
    return [task for task in task_definitions(stack) if on_fargate(task)]


def on_fargate(task: Resource) -> bool:
    """Whether ECS holds a task definition to what Fargate can do."""
    return any(item.text() == "FARGATE" for item in task["RequiresCompatibilities"].items())


def containers(task: Resource) -> list[Node]:
    """The containers that the template shows."""
    return task["ContainerDefinitions"].items()


def container_names(task: Resource) -> set[str] | None:
    """The containers' names; None where one of them is unknown."""
    listed = task["ContainerDefinitions"].all_items()
    names = [item["Name"].text() for item in listed or []]
    return None if listed is None or None in names else {name for name in names if name}


def container_named(task: Resource, name: str | None) -> Node | None:
    """The container of this name."""
    return next((item for item in containers(task) if item["Name"].text() == name), None)


def is_essential(container: Node) -> bool:
    """Whether its end is the task's end."""
    return container["Essential"].flag(absent=True) is not False


def mapped_ports(container: Node) -> set[int] | None:
    """The container's ports; None where one of them is unknown."""
    listed = container["PortMappings"].all_items()
    ports = [item["ContainerPort"].number() for item in listed or []]
    if listed is None or None in ports:
        return None
    return {int(port) for port in ports if port is not None}


def log_option(container: Node, option: str) -> Node:
    """An option of the container's log driver."""
    return container["LogConfiguration"]["Options"][option]


def logs_to_cloudwatch(container: Node) -> bool:
    """Whether its log goes to CloudWatch by the awslogs driver."""
    return container["LogConfiguration"]["LogDriver"].text() == "awslogs"


def text_of(node: Node) -> str:
    """What is known of a text, with a gap where a part is not."""
    return "".join(part if isinstance(part, str) else "\0" for part in node.parts())


def is_in_ecr(image: Node) -> bool:
    """Whether an image lies in a private repository of ECR."""
    mentioned = any(resource.type == "AWS::ECR::Repository" for resource in image.mentions())
    return mentioned or ".dkr.ecr." in text_of(image)


def secrets(container: Node) -> list[Node]:
    """What ECS reads from Secrets Manager or the Parameter Store when the container starts."""
    named = [*container["Secrets"].items(), *container["LogConfiguration"]["SecretOptions"].items()]
    registry = container["RepositoryCredentials"]["CredentialsParameter"]
    return [*(item["ValueFrom"] for item in named), *([registry] if registry.exists else [])]


def store_of(secret: Node) -> Store | None:
    """Who keeps a secret; None where that is unknown.

    A mere name is a parameter's, but where it is of a registry's credentials, which are no
    parameter: docs: API_Secret, API_RepositoryCredentials. Where it is but the default of a
    template's parameter, it may as well stand for the ARN that somebody will give.
    """
    kinds, text = {resource.type for resource in secret.mentions()}, text_of(secret)
    if OF_SECRETS_MANAGER in kinds or ":secretsmanager:" in text:
        return "secretsmanager"
    if OF_PARAMETER_STORE in kinds or ":ssm:" in text:
        return "ssm"
    if not NAME.fullmatch(text) or function_of(secret.raw)[0] == "Ref":
        return None
    return "secretsmanager" if "RepositoryCredentials" in secret.path else "ssm"
