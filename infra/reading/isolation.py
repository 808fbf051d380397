"""The ways out that a service's tasks have, and what they call by themselves."""

from collections.abc import Iterator

from infra.reading.networking import Way, subnets, way_out
from infra.reading.node import Node
from infra.reading.stack import Resource, Stack
from infra.reading.tasks import containers, is_in_ecr, logs_to_cloudwatch, secrets, text_of


def ways(stack: Stack, network: Node) -> tuple[set[Way | None], list[Resource]]:
    """The ways out of a network's subnets, and the subnets; nothing unless all are known."""
    known = subnets(network) or []
    return {way_out(stack, subnet) for subnet in known}, known


def needed(service: Resource, task: Resource) -> Iterator[str]:
    """The services of AWS, as their endpoints are called, that a task calls by itself."""
    if service["EnableExecuteCommand"].flag():
        yield "ssmmessages"
    for container in containers(task):
        if is_in_ecr(container["Image"]):
            yield from ("ecr.api", "ecr.dkr", "s3")
        if logs_to_cloudwatch(container):
            yield "logs"
        for secret in secrets(container):
            kinds = {resource.type for resource in secret.mentions()}
            if "AWS::SecretsManager::Secret" in kinds or ":secretsmanager:" in text_of(secret):
                yield "secretsmanager"
            elif "AWS::SSM::Parameter" in kinds or ":ssm:" in text_of(secret):
                yield "ssm"
