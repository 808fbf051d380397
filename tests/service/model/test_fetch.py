"""Weights from a network that fails: whole and verified, or one sentence and no file."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest

from service.model import fetch as module
from service.model.digest import file_digest
from service.model.errors import ModelError
from service.model.fetch import fetch, signed_address
from tests.service.model.storage import Storage, storage_at

BODY = bytes(range(256)) * 20_000
SHA256 = hashlib.sha256(BODY).hexdigest()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE_SECONDS", 0.01)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "model.gguf"


async def fetched(storage: Storage, target: Path, *, sha256: str = SHA256) -> str:
    async with storage_at(storage) as url:
        return await fetch(url, target, sha256=sha256, within_seconds=20, retry_seconds=10)


async def refused(storage: Storage, target: Path, *, seconds: float, sha256: str = SHA256) -> str:
    async with storage_at(storage) as url:
        with pytest.raises(ModelError) as error:
            await fetch(url, target, sha256=sha256, within_seconds=seconds)
    assert list(target.parent.iterdir()) == []
    return str(error.value)


async def test_a_body_is_written_whole_and_its_hash_told(target: Path) -> None:
    assert await fetched(Storage(BODY), target) == SHA256
    assert file_digest(target) == SHA256
    assert list(target.parent.iterdir()) == [target]


async def test_failures_that_pass_are_tried_again(target: Path) -> None:
    storage = Storage(BODY, 503, 403, "short")
    assert await fetched(storage, target) == SHA256
    assert storage.requests == 4


async def test_another_content_than_was_named_is_refused_at_once(target: Path) -> None:
    storage = Storage(BODY)
    told = await refused(storage, target, seconds=20, sha256="0" * 64)
    assert f"got SHA-256 {SHA256}, not {'0' * 64}; " in told
    assert storage.requests == 1


async def test_what_is_not_there_is_not_waited_for(target: Path) -> None:
    storage = Storage(BODY, 404)
    assert "got HTTP status 404; see that the file is there" in await refused(
        storage, target, seconds=20
    )
    assert storage.requests == 1


async def test_failures_that_do_not_pass_end_at_the_deadline_with_the_last_reason(
    target: Path,
) -> None:
    told = await refused(Storage(BODY, *[503] * 1000), target, seconds=2)
    assert "could not be fetched in time; the last try ended with: HTTP status 503; " in told


async def test_a_body_that_never_ends_ends_at_the_deadline(target: Path) -> None:
    assert "could not be fetched in time" in await refused(
        Storage(BODY, "stall"), target, seconds=0.5
    )


async def test_a_fetch_that_is_cancelled_leaves_no_file(target: Path) -> None:
    storage = Storage(BODY, "stall")
    async with storage_at(storage) as url:
        task = asyncio.create_task(fetch(url, target, sha256=SHA256, within_seconds=20))
        await storage.stalled.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert list(target.parent.iterdir()) == []


async def test_progress_counts_to_the_length_of_the_body(target: Path) -> None:
    steps: list[tuple[int, int | None]] = []
    async with storage_at(Storage(BODY)) as url:
        await fetch(
            url,
            target,
            sha256=None,
            within_seconds=20,
            on_progress=lambda done, total: steps.append((done, total)),
        )
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert steps[-1] == (len(BODY), len(BODY))


@pytest.fixture
def role(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "of-a-test")


@pytest.mark.usefixtures("role")
def test_an_object_is_asked_for_in_its_own_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    signed = signed_address("s3://models/own model.gguf")
    assert signed.startswith("https://models.s3.eu-west-1.amazonaws.com/own%20model.gguf?")
    assert "%2Feu-west-1%2Fs3%2F" in signed
