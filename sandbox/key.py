"""API keys: made here, shown once, stored as hashes in the deployed secret."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from .state import SandboxError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
STACK = "llm-on-ecs-{stage}-inference"
OUTPUT = "ApiKeysSecretArn"


def new_key() -> str:
    """`sk-` and 43 characters that hold 256 random bits."""
    return f"sk-{secrets.token_urlsafe(32)}"


def key_hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def add_key(client: Any, secret_arn: str, name: str, *, replace: bool = False) -> str:
    """Store the hash of a new key under `name`; the key itself is only returned."""
    if not NAME.fullmatch(name):
        raise SandboxError(
            f"A key's name has 1 to 64 letters, digits, dots, dashes or underscores: got {name!r}; "
            "choose another one."
        )
    stored = _stored_keys(client, secret_arn)
    known = [item["name"] for item in stored]
    if name in known and not replace:
        raise SandboxError(
            f"There is a key named {name} already (keys: {', '.join(known)}); choose another name."
        )
    key = new_key()
    kept = [item for item in stored if item["name"] != name]
    document = json.dumps({"keys": [*kept, {"name": name, "sha256": key_hash(key)}]})
    client.put_secret_value(SecretId=secret_arn, SecretString=document)
    return key


def holds_key(client: Any, secret_arn: str, key: str) -> bool:
    """Whether the secret accepts this key."""
    return key_hash(key) in {item["sha256"] for item in _stored_keys(client, secret_arn)}


def _stored_keys(client: Any, secret_arn: str) -> list[dict[str, str]]:
    try:
        text = client.get_secret_value(SecretId=secret_arn)["SecretString"]
        keys: list[dict[str, str]] = json.loads(text)["keys"]
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise SandboxError(
            f'The secret {secret_arn} does not hold {{"keys": [...]}}; put that into it, or name '
            "the secret of the stage's inference stack."
        ) from error
    return keys


def find_secret(stage: str) -> str:
    """The ARN in the outputs of the stage's stack, wherever the AWS settings point."""
    name = STACK.format(stage=stage)
    try:
        (stack,) = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except (BotoCoreError, ClientError) as error:
        raise SandboxError(
            f"AWS did not describe the stack {name}: {error}; deploy the stage first, and set "
            "AWS_PROFILE and AWS_REGION to where it is."
        ) from error
    outputs = {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", [])}
    if OUTPUT not in outputs:
        raise SandboxError(f"The stack {name} has no output {OUTPUT}; deploy the stage again.")
    return outputs[OUTPUT]


def make_key(name: str, *, stage: str, secret_arn: str | None) -> str:
    """A new key for the stage's endpoint, in the sandbox or in AWS."""
    arn = secret_arn or find_secret(stage)
    try:
        return add_key(boto3.client("secretsmanager"), arn, name)
    except (BotoCoreError, ClientError) as error:
        raise SandboxError(
            f"Secrets Manager refused: {error}; check the ARN, AWS_REGION and your permissions."
        ) from error
