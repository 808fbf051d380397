"""The keys that one program makes are those that the other knows."""

import asyncio
from datetime import UTC, datetime

import pytest

from sandbox.key import add_key
from sandbox.terms import REQUESTS_AT_MOST, TOKENS_AT_MOST, Terms
from service.authentication import Identity, KeyLimits
from service.errors import ExpiredApiKey
from service.keys import KeyRing
from tests.sandbox.test_key import Secrets

NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC)


def authenticated(secrets: Secrets, key: str, *, now: datetime) -> Identity:
    ring = KeyRing(lambda: secrets.text, now=lambda: now)
    assert asyncio.run(ring.load())
    return asyncio.run(ring.authenticate(f"Bearer {key}"))


@pytest.mark.parametrize("limits", [(None, None), (1, 1), (REQUESTS_AT_MOST, TOKENS_AT_MOST)])
def test_key_that_was_made_is_known_by_its_name_and_limits(
    limits: tuple[int | None, int | None],
) -> None:
    requests, tokens = limits
    secrets = Secrets()
    made = Terms(requests_per_minute=requests, tokens_per_minute=tokens)
    key = add_key(secrets, "arn", "ann", terms=made)
    wanted = KeyLimits(requests_per_minute=requests, tokens_per_minute=tokens)
    assert authenticated(secrets, key, now=NEW_YEAR) == Identity(
        "ann", wanted if any(limits) else None
    )


def test_key_that_was_made_with_a_date_is_refused_after_it() -> None:
    secrets = Secrets()
    key = add_key(secrets, "arn", "ann", terms=Terms(expires=NEW_YEAR))
    with pytest.raises(ExpiredApiKey, match="2027-01-01 at 00:00 UTC"):
        authenticated(secrets, key, now=NEW_YEAR)
