"""Secrets of containers: where they stand, and who may read them."""

import re
from collections.abc import Iterator
from typing import Final

from infra.reading.functions import function_of, named
from infra.reading.node import Node
from infra.reading.permissions import lacks, role_of
from infra.reading.rule import Finding, Rule
from infra.reading.stack import Resource, Stack
from infra.reading.tasks import (
    OF_SECRETS_MANAGER,
    Store,
    containers,
    secrets,
    store_of,
    task_definitions,
    text_of,
)

NAME: Final = re.compile(
    r"(^|_)(PASSWORD|PASSWD|PASSPHRASE|SECRET|SECRET_?KEY|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY)$",
    re.IGNORECASE,
)
# Not a secret itself, but where to find it, or a switch.
HARMLESS: Final = re.compile(r"|true|false|[0-9.]+|(arn:|https?://|/).*", re.IGNORECASE)
DYNAMIC: Final = ("{{resolve:secretsmanager:", "{{resolve:ssm-secure:")
READING: Final[dict[Store, str]] = {
    "secretsmanager": "secretsmanager:GetSecretValue",
    "ssm": "ssm:GetParameters",
}


class SecretShadowed(Rule):
    """A name that is both a secret and a variable."""

    id = "E9513"
    shortdesc = "A secret's name is no environment variable's"
    description = "ECS refuses a container that sets the same name in Environment and Secrets."
    source_url = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for task in task_definitions(stack):
            for container in containers(task):
                names = {item["Name"].text() for item in container["Environment"].items()}
                for secret in container["Secrets"].items():
                    name = secret["Name"].text()
                    if name is not None and name in names:
                        wrong = "a name is set in Environment and in Secrets"
                        yield Finding(secret["Name"], wrong, name, "remove one of them")


class SecretInVariable(Rule):
    """Secrets in plain environment variables."""

    id = "W9514"
    shortdesc = "No environment variable holds a secret"
    description = (
        "Whoever may describe the task definition reads its variables; they stay in its old "
        "revisions, and a changed secret does not reach them."
    )
    source_url = (
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html"
    )

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for task in task_definitions(stack):
            for container in containers(task):
                for variable in container["Environment"].items():
                    if self._is_secret(variable):
                        wrong = "an environment variable holds a secret that anybody may read who "
                        wrong += "may describe the task"
                        remedy = "put it into Secrets Manager and name it in Secrets"
                        name = variable["Name"].text()
                        yield Finding(variable["Value"], wrong, name, remedy)

    @staticmethod
    def _is_secret(variable: Node) -> bool:
        value, name = variable["Value"], variable["Name"].text() or ""
        if any(start in text_of(value) for start in DYNAMIC) or _is_hidden(value):
            return True
        text = value.text()
        return bool(NAME.search(name)) and text is not None and not HARMLESS.fullmatch(text)


def _is_hidden(value: Node) -> bool:
    """Whether it is a parameter that CloudFormation shows nobody."""
    function, name = function_of(value.raw)
    parameter = value.stack.template.context.parameters.get(name) if function == "Ref" else None
    return parameter is not None and bool(parameter.no_echo)


class SecretPermission(Rule):
    """What ECS reads in the name of the execution role before a container starts."""

    id = "E9515"
    shortdesc = "The execution role may read the secrets that the task names"
    description = "Without the permission no task starts: ECS cannot read the secret."
    source_url = (
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html"
    )

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for task in task_definitions(stack):
            role = role_of(task["ExecutionRoleArn"])
            for container in containers(task):
                for secret in secrets(container) if role else []:
                    yield from self._of(stack, role, secret)

    @staticmethod
    def _of(stack: Stack, role: Resource | None, secret: Node) -> Iterator[Finding]:
        for action in _actions(secret, role):
            if role is not None and lacks(stack, role, action):
                wrong = f"the execution role may not {action}, which a secret needs"
                yield Finding(secret, wrong, role.logical_id, "allow it on that secret")


def _actions(secret: Node, role: Resource | None) -> Iterator[str]:
    """What reading a secret takes; nothing where its kind is unknown."""
    store = store_of(secret)
    if store is not None:
        yield READING[store]
    for resource in secret.mentions():
        of_ours = resource.type == OF_SECRETS_MANAGER
        key = resource["KmsKeyId"].resource("AWS::KMS::Key") if of_ours else None
        # A key's own policy can let the role in as well.
        if key and role and role.logical_id not in named(key["KeyPolicy"].raw):
            yield "kms:Decrypt"
