import asyncio
import hashlib
import json
import logging
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from service import authentication
from service.authentication import poll
from service.errors import NotAuthenticated
from service.keys import KeyRing, key_source


def document(**keys: str) -> str:
    stored = [
        {"name": name, "sha256": hashlib.sha256(key.encode()).hexdigest()}
        for name, key in keys.items()
    ]
    return json.dumps({"keys": stored})


async def ring_of(text: str) -> KeyRing:
    ring = KeyRing(lambda: text)
    await ring.load()
    return ring


async def test_known_key_is_answered_with_its_name() -> None:
    ring = await ring_of(document(ann="sk-a", bob="sk-b"))
    assert await ring.authenticate("Bearer sk-b") == "bob"
    assert await ring.authenticate("bearer  sk-a ") == "ann"


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


@pytest.mark.parametrize("broken", ["", "[]", "{", '{"keys": [{"name": "x", "sha256": "short"}]}'])
async def test_broken_document_keeps_the_last_good_keys_and_is_not_logged(
    broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    documents = iter([document(ann="sk-a"), broken])
    ring = KeyRing(lambda: next(documents))
    await ring.load()
    with caplog.at_level(logging.ERROR):
        assert not await ring.load()
    assert await ring.authenticate("Bearer sk-a") == "ann"
    assert "keys not loaded" in caplog.text
    assert "short" not in caplog.text


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
    await asyncio.wait_for(loaded.wait(), 2)
    assert await ring.authenticate("Bearer sk-a") == "ann"
    polling.cancel()


async def knows(ring: KeyRing, key: str) -> None:
    async with asyncio.timeout(2):
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
    assert await ring.authenticate("Bearer sk-a") == "ann"
