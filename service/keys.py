"""API keys: known by their SHA-256 hashes, read from a file or from Secrets Manager."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
)
from pydantic_core import PydanticCustomError

from service.authentication import Identity, KeyLimits, bearer
from service.errors import ExpiredApiKey, NotAuthenticated

CONNECT_SECONDS = 5
PLACES_LOGGED = 5  # of what is wrong with a document

log = logging.getLogger("service.keys")


class StoredKey(BaseModel):
    """A key as it is stored: its name, and the SHA-256 of the key in lower-case hex.

    Where it has them, the moment from which it is refused (ISO 8601, with its zone) and the most
    that its name may ask of one task in a minute.
    """

    model_config = ConfigDict(frozen=True, strict=True)

    name: str = Field(min_length=1)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    expires: AwareDatetime | None = None
    requests_per_minute: int | None = Field(None, ge=1, le=1_000_000)
    tokens_per_minute: int | None = Field(None, ge=1, le=1_000_000_000)


def each_once(keys: tuple[StoredKey, ...]) -> tuple[StoredKey, ...]:
    first: dict[str, int] = {}
    for place, key in enumerate(keys):
        if (earlier := first.setdefault(key.sha256, place)) != place:
            # All that is logged of it is its type: see `places`.
            kind = f"same_sha256_in_{earlier}_and_{place}"
            raise PydanticCustomError(kind, "a key stands here twice")
    return keys


class StoredKeys(BaseModel):
    """The document in the file or the secret. Unknown fields are for newer versions.

    Entries of the same name are keys of one holder: they share one quota. A key stands there once:
    of two entries nobody could say whose name, date and limits are its.
    """

    keys: Annotated[tuple[StoredKey, ...], AfterValidator(each_once)]


KeySource = Callable[[], str]
Listener = Callable[[Mapping[str, KeyLimits]], None]
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


class KeyRing:
    """Says whose key a caller sent. Empty until loaded, and then it refuses everyone.

    `on_change` hears the limits of all names that have some, each time the keys were read.
    """

    def __init__(
        self,
        source: KeySource,
        *,
        on_change: Listener = lambda limits: None,
        now: Clock = utc_now,
    ) -> None:
        self._source = source
        self._on_change = on_change
        self._now = now
        self._keys: tuple[StoredKey, ...] = ()
        self._limits: Mapping[str, KeyLimits] = {}

    def replace(self, keys: StoredKeys) -> None:
        self._keys = keys.keys
        self._limits = limits_by_name(keys.keys)
        self._on_change(self._limits)

    async def authenticate(self, authorization: str | None) -> Identity:
        """Whose key it is in an `authorization` header's value; raises NotAuthenticated."""
        digest = hashlib.sha256(bearer(authorization, what="API key").encode()).hexdigest()
        found = None
        for stored in self._keys:  # all of them, so that time tells nothing
            if hmac.compare_digest(stored.sha256, digest):
                found = stored
        if found is None:
            raise NotAuthenticated(
                "This API key is not known here; check it, or ask for a new one."
            )
        if found.expires is not None and found.expires <= self._now():
            raise ExpiredApiKey(found.name, expired=found.expires)
        return Identity(found.name, self._limits.get(found.name))

    async def load(self) -> bool:
        """Reads the document once; whether it worked. A failure is logged and cuts nobody off.

        One wrong entry fails the whole document: half of it would cut off who is in the other.
        """
        try:
            self.replace(StoredKeys.model_validate_json(await asyncio.to_thread(self._source)))
        except ValidationError as wrong:
            # Not the text of the error: it quotes the document.
            log.error(
                "keys not loaded: the document is not valid",
                extra={"count": wrong.error_count(), "places": places(wrong)},
            )
        except Exception as failed:  # at the edge: whatever the file system or AWS answers
            log.error("keys not loaded", extra={"reason": str(failed)})
        else:
            return True
        return False


def limits_by_name(keys: Iterable[StoredKey]) -> dict[str, KeyLimits]:
    """The limits of each name that has some; where its entries differ, the lower ones."""
    found: dict[str, KeyLimits] = {}
    for key in keys:
        if key.requests_per_minute is None and key.tokens_per_minute is None:
            continue
        others = found.get(key.name, KeyLimits())
        found[key.name] = KeyLimits(
            requests_per_minute=lower(others.requests_per_minute, key.requests_per_minute),
            tokens_per_minute=lower(others.tokens_per_minute, key.tokens_per_minute),
        )
    return found


def lower(one: int | None, other: int | None) -> int | None:
    return min((limit for limit in (one, other) if limit is not None), default=None)


def places(wrong: ValidationError) -> list[str]:
    """Where the document breaks which rule: `keys.2.expires: timezone_aware`. Quotes nothing."""
    errors = wrong.errors(include_url=False, include_input=False, include_context=False)
    return [
        f"{'.'.join(map(str, error['loc']))}: {error['type']}" for error in errors[:PLACES_LOGGED]
    ]


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
