"""API keys: known by their SHA-256 hashes, read from a file or from Secrets Manager."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from service.authentication import bearer
from service.errors import NotAuthenticated

CONNECT_SECONDS = 5

log = logging.getLogger("service.keys")


class StoredKey(BaseModel):
    """A key as it is stored: its name, and the SHA-256 of the key in lower-case hex."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(min_length=1)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class StoredKeys(BaseModel):
    """The document in the file or the secret. Unknown fields are for newer versions."""

    keys: tuple[StoredKey, ...]


KeySource = Callable[[], str]


class KeyRing:
    """Says whose key a caller sent. Empty until loaded, and then it refuses everyone."""

    def __init__(self, source: KeySource) -> None:
        self._source = source
        self._names: Mapping[str, str] = {}

    def replace(self, keys: StoredKeys) -> None:
        self._names = {key.sha256: key.name for key in keys.keys}

    async def authenticate(self, authorization: str | None) -> str:
        """The name of the key in an `authorization` header's value; raises NotAuthenticated."""
        digest = hashlib.sha256(bearer(authorization, what="API key").encode()).hexdigest()
        name = None
        for stored, owner in self._names.items():  # all of them, so that time tells nothing
            if hmac.compare_digest(stored, digest):
                name = owner
        if name is None:
            raise NotAuthenticated(
                "This API key is not known here; check it, or ask for a new one."
            )
        return name

    async def load(self) -> bool:
        """Reads the document once; whether it worked. A failure is logged and cuts nobody off."""
        try:
            self.replace(StoredKeys.model_validate_json(await asyncio.to_thread(self._source)))
        except ValidationError as wrong:
            # Not the text of the error: it quotes the document.
            log.error(
                "keys not loaded: the document is not valid", extra={"count": wrong.error_count()}
            )
        except Exception as failed:  # at the edge: whatever the file system or AWS answers
            log.error("keys not loaded", extra={"reason": str(failed)})
        else:
            return True
        return False


def key_source(location: str) -> KeySource:
    """What reads the document at `file:<path>` or `secretsmanager:<secret's ARN>`; it may block."""
    kind, _, place = location.partition(":")
    if kind == "file":
        return Path(place).read_text
    if kind == "secretsmanager":
        return lambda: read_secret(place)
    raise ValueError(f"got {location!r}; give file:<path> or secretsmanager:<secret's ARN>")


def read_secret(arn: str) -> str:
    import boto3  # here, because only this source needs it and it takes a third of a second
    from botocore.config import Config

    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=CONNECT_SECONDS,
        retries={"total_max_attempts": 1},  # the next poll is the retry
    )
    region = arn.split(":")[3]
    client = boto3.client("secretsmanager", region_name=region, config=config)
    answer: str = client.get_secret_value(SecretId=arn)["SecretString"]
    return answer
