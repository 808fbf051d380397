import asyncio
import hashlib
import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from service import authentication
from service.authentication import Identity, KeyLimits, poll
from service.errors import ExpiredApiKey, NotAuthenticated
from service.keys import KeyRing, key_source
from tests.soon import SOON

NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def entry(name: str, key: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "sha256": hashlib.sha256(key.encode()).hexdigest(), **fields}


def document(**keys: str) -> str:
    return json.dumps({"keys": [entry(name, key) for name, key in keys.items()]})


async def ring_of(text: str, **arguments: Any) -> KeyRing:
    ring = KeyRing(lambda: text, **arguments)
    assert await ring.load()
    return ring


async def ring_of_entries(*entries: dict[str, Any], **arguments: Any) -> KeyRing:
    return await ring_of(json.dumps({"keys": entries}), **arguments)


async def test_known_key_is_answered_with_its_name() -> None:
    ring = await ring_of(document(ann="sk-a", bob="sk-b"))
    assert await ring.authenticate("Bearer sk-b") == Identity("bob")
    assert await ring.authenticate("bearer  sk-a ") == Identity("ann")


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic sk-a", "sk-a"])
async def test_header_without_a_bearer_token_is_refused(header: str | None) -> None:
    ring = await ring_of(document(ann="sk-a"))
    with pytest.raises(NotAuthenticated, match="No API key"):
        await ring.authenticate(header)


async def test_wrong_key_is_refused_and_not_repeated_in_the_message() -> None:
    ring = await ring_of(document(ann="sk-a"))
    with pytest.raises(NotAuthenticated) as refused:
        await ring.authenticate("Bearer sk-guess")
    assert "sk-guess" not in refused.value.message


async def test_stored_hash_is_no_key() -> None:
    ring = await ring_of(document(ann="sk-a"))
    with pytest.raises(NotAuthenticated):
        await ring.authenticate("Bearer " + hashlib.sha256(b"sk-a").hexdigest())


async def test_without_a_stored_key_everyone_is_refused() -> None:
    ring = await ring_of('{"keys": []}')
    with pytest.raises(NotAuthenticated):
        await ring.authenticate("Bearer anything")


async def test_key_is_refused_from_its_date_on_and_the_answer_says_so() -> None:
    now = NEW_YEAR - SECOND
    ring = await ring_of_entries(
        entry("ann", "sk-a", expires="2027-01-01T02:00:00+02:00"), now=lambda: now
    )
    assert await ring.authenticate("Bearer sk-a") == Identity("ann")
    now = NEW_YEAR
    with pytest.raises(ExpiredApiKey) as refused:
        await ring.authenticate("Bearer sk-a")
    assert refused.value.message == (
        "The API key `ann` expired on 2027-01-01 at 00:00 UTC; ask for a new one."
    )


async def test_key_that_has_expired_ends_no_other_of_its_name() -> None:
    ring = await ring_of_entries(
        entry("ann", "sk-new"), entry("ann", "sk-old", expires="2020-01-01T00:00:00Z")
    )
    assert await ring.authenticate("Bearer sk-new") == Identity("ann")
    with pytest.raises(ExpiredApiKey):
        await ring.authenticate("Bearer sk-old")


async def test_limits_come_with_the_name() -> None:
    ring = await ring_of_entries(
        entry("ann", "sk-a", requests_per_minute=60, tokens_per_minute=10_000),
        entry("bob", "sk-b", tokens_per_minute=7),
        entry("eve", "sk-e"),
    )
    ann = KeyLimits(requests_per_minute=60, tokens_per_minute=10_000)
    assert await ring.authenticate("Bearer sk-a") == Identity("ann", ann)
    assert await ring.authenticate("Bearer sk-b") == Identity("bob", KeyLimits(tokens_per_minute=7))
    assert await ring.authenticate("Bearer sk-e") == Identity("eve", None)


async def test_keys_of_one_name_have_one_limit_the_lower() -> None:
    ring = await ring_of_entries(
        entry("ann", "sk-old", requests_per_minute=60, tokens_per_minute=5),
        entry("ann", "sk-new", requests_per_minute=90),
        entry("ann", "sk-free"),
    )
    shared = Identity("ann", KeyLimits(requests_per_minute=60, tokens_per_minute=5))
    for key in ("sk-old", "sk-new", "sk-free"):
        assert await ring.authenticate(f"Bearer {key}") == shared


async def test_listener_hears_the_limits_at_each_read_that_worked() -> None:
    heard: list[Mapping[str, KeyLimits]] = []
    documents = iter(
        [
            json.dumps({"keys": [entry("ann", "sk-a", tokens_per_minute=5), entry("b", "sk-b")]}),
            "broken",
            document(ann="sk-a"),
        ]
    )
    ring = KeyRing(lambda: next(documents), on_change=heard.append)
    assert [await ring.load() for _ in range(3)] == [True, False, True]
    assert heard == [{"ann": KeyLimits(tokens_per_minute=5)}, {}]


async def test_document_of_a_newer_version_is_read() -> None:
    text = json.dumps({"keys": [entry("ann", "sk-a", team="blue")], "version": 2})
    assert await (await ring_of(text)).authenticate("Bearer sk-a") == Identity("ann")


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"expires": "2027-01-01T00:00:00"}, "keys.1.expires: timezone_aware"),
        ({"expires": "2027-01-01"}, "keys.1.expires: datetime_parsing"),
        ({"expires": 1798761600}, "keys.1.expires: datetime_type"),
        ({"requests_per_minute": 0}, "keys.1.requests_per_minute: greater_than_equal"),
        ({"requests_per_minute": 1_000_001}, "keys.1.requests_per_minute: less_than_equal"),
        ({"tokens_per_minute": "60"}, "keys.1.tokens_per_minute: int_type"),
        ({"tokens_per_minute": True}, "keys.1.tokens_per_minute: int_type"),
    ],
)
async def test_wrong_entry_keeps_the_last_good_keys_and_its_place_is_logged(
    fields: dict[str, Any], place: str, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = json.dumps({"keys": [entry("bob", "sk-b"), entry("ann", "sk-new", **fields)]})
    documents = iter([document(ann="sk-a"), wrong])
    ring = KeyRing(lambda: next(documents))
    assert [await ring.load() for _ in range(2)] == [True, False]
    assert await ring.authenticate("Bearer sk-a") == Identity("ann")
    with pytest.raises(NotAuthenticated):
        await ring.authenticate("Bearer sk-b")
    (record,) = caplog.records
    assert (vars(record)["count"], vars(record)["places"]) == (1, [place])


async def test_key_that_stands_in_a_document_twice_keeps_the_last_good_keys(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whichever of the two entries counted, it might be the one that was to be replaced."""
    twice = [
        entry("ann", "sk-a"),
        entry("bob", "sk-b"),
        entry("eve", "sk-a", expires="2020-01-01T00:00:00Z"),
    ]
    documents = iter([document(ann="sk-a"), json.dumps({"keys": twice})])
    ring = KeyRing(lambda: next(documents))
    assert [await ring.load() for _ in range(2)] == [True, False]
    assert await ring.authenticate("Bearer sk-a") == Identity("ann")
    (record,) = caplog.records
    assert vars(record)["places"] == ["keys: same_sha256_in_0_and_2"]


@pytest.mark.parametrize("broken", ["", "[]", "{", '{"keys": [{"name": "x", "sha256": "short"}]}'])
async def test_broken_document_keeps_the_last_good_keys_and_is_not_logged(
    broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    documents = iter([document(ann="sk-a"), broken])
    ring = KeyRing(lambda: next(documents))
    await ring.load()
    with caplog.at_level(logging.ERROR):
        assert not await ring.load()
    assert await ring.authenticate("Bearer sk-a") == Identity("ann")
    assert "keys not loaded" in caplog.text
    assert "short" not in "".join(str(vars(record)) for record in caplog.records)


async def test_polling_picks_up_a_new_key_and_drops_a_removed_one(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text(document(ann="sk-a"))
    ring = KeyRing(key_source(f"file:{file}"))
    polling = asyncio.create_task(poll([ring], every_seconds=0.01, on_first_load=lambda: None))
    await knows(ring, "sk-a")
    file.write_text(document(bob="sk-b"))
    await knows(ring, "sk-b")
    with pytest.raises(NotAuthenticated):
        await ring.authenticate("Bearer sk-a")
    polling.cancel()


async def test_source_that_fails_at_first_is_asked_again_before_the_task_is_ready(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(authentication, "FIRST_RETRY_SECONDS", 0.01)
    answers = iter(["broken", "broken", document(ann="sk-a")])
    ring, loaded = KeyRing(lambda: next(answers)), asyncio.Event()
    polling = asyncio.create_task(poll([ring], every_seconds=60, on_first_load=loaded.set))
    await asyncio.wait_for(loaded.wait(), SOON)
    assert await ring.authenticate("Bearer sk-a") == Identity("ann")
    polling.cancel()


async def knows(ring: KeyRing, key: str) -> None:
    async with asyncio.timeout(SOON):
        while True:
            try:
                await ring.authenticate(f"Bearer {key}")
            except NotAuthenticated:
                await asyncio.sleep(0.005)
            else:
                return


async def test_missing_file_refuses_everyone_and_says_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ring = KeyRing(key_source(f"file:{tmp_path}/none.json"))
    assert not await ring.load()
    assert "keys not loaded" in caplog.text
    with pytest.raises(NotAuthenticated):
        await ring.authenticate("Bearer x")


async def test_keys_are_read_from_secrets_manager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        secret = boto3.client("secretsmanager").create_secret(
            Name="keys", SecretString=document(ann="sk-a")
        )
        ring = KeyRing(key_source(f"secretsmanager:{secret['ARN']}"))
        assert await ring.load()
    assert await ring.authenticate("Bearer sk-a") == Identity("ann")
