"""API keys: made here, shown once, stored as hashes in the deployed secret."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from .state import SandboxError
from .terms import Terms

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
STACK = "llm-on-ecs-{stage}-inference"
OUTPUT = "ApiKeysSecretArn"
COLUMNS = ("name", "expires (UTC)", "requests/min", "tokens/min")
NO_TERMS = Terms()

Stored = dict[str, Any]


def new_key() -> str:
    """`sk-` and 43 characters that hold 256 random bits."""
    return f"sk-{secrets.token_urlsafe(32)}"


def key_hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def add_key(
    client: Any, secret_arn: str, name: str, *, terms: Terms = NO_TERMS, replace: bool = False
) -> str:
    """Store the hash of a new key under `name`; the key itself is only returned."""
    if not NAME.fullmatch(name):
        raise SandboxError(
            f"A key's name has 1 to 64 letters, digits, dots, dashes or underscores: got {name!r}; "
            "choose another one."
        )
    document = read_document(client, secret_arn)
    known = [item["name"] for item in document["keys"]]
    if name in known and not replace:
        raise SandboxError(
            f"There is a key named {name} already (keys: {', '.join(known)}); choose another name."
        )
    key = new_key()
    kept = [item for item in document["keys"] if item["name"] != name]
    made = {"name": name, "sha256": key_hash(key)} | terms.stored()
    write_document(client, secret_arn, document | {"keys": [*kept, made]})
    return key


def remove_key(client: Any, secret_arn: str, name: str) -> None:
    """Take every key of this name away."""
    document = read_document(client, secret_arn)
    kept = [item for item in document["keys"] if item["name"] != name]
    if len(kept) == len(document["keys"]):
        known = ", ".join(item["name"] for item in kept) or "none"
        raise SandboxError(f"There is no key named {name} (keys: {known}); name one of these.")
    write_document(client, secret_arn, document | {"keys": kept})


def table(client: Any, secret_arn: str, *, now: datetime) -> str:
    """Names, dates and limits of the keys; never a hash."""
    rows = [COLUMNS] + [row(item, now=now) for item in read_document(client, secret_arn)["keys"]]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, cells, widths)).rstrip() for cells in rows)
    return "\n".join(lines)


def row(item: Stored, *, now: datetime) -> tuple[str, ...]:
    limits = (item.get("requests_per_minute"), item.get("tokens_per_minute"))
    return (
        item["name"],
        shown_expiry(item.get("expires"), now=now),
        *(str(limit or "-") for limit in limits),
    )


def shown_expiry(stored: Any, *, now: datetime) -> str:
    if stored is None:
        return "never"
    try:
        until = datetime.fromisoformat(stored)
        return f"{until.astimezone(UTC):%Y-%m-%d %H:%M}{'' if now < until else ', expired'}"
    except (TypeError, ValueError):  # a service refuses it, and all that is new beside it
        return f"{stored!r}: no time with a zone"


def holds_key(client: Any, secret_arn: str, key: str) -> bool:
    """Whether the secret accepts this key."""
    return key_hash(key) in {item["sha256"] for item in read_document(client, secret_arn)["keys"]}


def read_document(client: Any, secret_arn: str) -> Stored:
    try:
        text = client.get_secret_value(SecretId=secret_arn)["SecretString"]
        document: Stored = json.loads(text)
        _ = [(item["name"], item["sha256"]) for item in document["keys"]]
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise SandboxError(
            f'The secret {secret_arn} does not hold {{"keys": [...]}}; put that into it, or name '
            "the secret of the stage's inference stack."
        ) from error
    return document


def write_document(client: Any, secret_arn: str, document: Stored) -> None:
    client.put_secret_value(SecretId=secret_arn, SecretString=json.dumps(document))


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


@contextmanager
def secrets_manager() -> Iterator[Any]:
    """A client whose refusals are sentences for the person at the terminal."""
    try:
        yield boto3.client("secretsmanager")
    except (BotoCoreError, ClientError) as error:
        raise SandboxError(
            f"Secrets Manager refused: {error}; check the ARN, AWS_REGION and your permissions."
        ) from error
